/* bitplane rle; what it is and its license (0BSD) stand in bitplane_rle.h. */
#include "bitplane_rle.h"

#include "bitplane_inner.h"

void bitplane_rle_init(struct bitplane_rle *d, const uint8_t *data, size_t size, uint8_t unit) {
    d->in.data = data;
    d->in.end = data + size;
    d->pixel = data;
    d->left = 0;
    d->unit = unit;
    d->place = 0;
}

/* Takes the next control byte, and the pixel of a run; 0 where there is none. */
static int control(struct bitplane_rle *d) {
    size_t size = (size_t)(d->in.end - d->in.data);
    uint8_t byte, count;
    if (size == 0) return 0;
    byte = BITPLANE_READ(d->in.data++);
    for (count = 0; count < d->unit; count++) d->left = (uint16_t)(d->left + (byte & 0x7Fu));
    d->pixel = NULL;
    d->place = 0;
    if (byte >= 0x80u) return d->left != 0;
    if (size <= d->unit) d->left = 0;
    if (d->left == 0) return 0;
    d->pixel = d->in.data;
    d->in.data += d->unit;
    return 1;
}

static void run(struct bitplane_rle *d, uint8_t *out, size_t count) {
    uint8_t place = d->place;
    while (count-- > 0) {
        *out++ = BITPLANE_READ(d->pixel + place);
        if (++place == d->unit) place = 0;
    }
    d->place = place;
}

size_t bitplane_rle_read(struct bitplane_rle *d, uint8_t *out, size_t count) {
    size_t given = 0, part;
    while (given < count) {
        if (d->left == 0 && !control(d)) {
            d->in.data = d->in.end;
            break;
        }
        part = bitplane_least(d->left, count - given);
        if (d->pixel != NULL) {
            run(d, out + given, part);
        } else {
            size_t i;
            part = bitplane_least(part, (size_t)(d->in.end - d->in.data));
            if (part == 0) break;
            for (i = 0; i < part; i++) out[given + i] = BITPLANE_READ(d->in.data++);
        }
        d->left = (uint16_t)(d->left - part);
        given += part;
    }
    return given;
}

size_t bitplane_rle_all(const uint8_t *data, size_t size, uint8_t *out, size_t count,
                        uint8_t unit) {
    struct bitplane_rle d;
    bitplane_rle_init(&d, data, size, unit);
    return bitplane_rle_read(&d, out, count);
}
