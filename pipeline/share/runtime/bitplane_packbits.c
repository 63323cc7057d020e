/* bitplane packbits; what it is and its license (0BSD) stand in bitplane_packbits.h. */
#include "bitplane_packbits.h"

#include "bitplane_inner.h"

enum { NOTHING = 128 };

void bitplane_packbits_init(struct bitplane_packbits *d, const uint8_t *data, size_t size) {
    d->in.data = data;
    d->in.end = data + size;
    d->left = 0;
    d->run = 0;
    d->value = 0;
}

/* Takes the next control byte, and the byte of a run; 0 where there is none. */
static int control(struct bitplane_packbits *d) {
    uint8_t byte;
    do {
        if (d->in.data == d->in.end) return 0;
        byte = BITPLANE_READ(d->in.data++);
    } while (byte == NOTHING);
    d->run = byte > NOTHING;
    if (!d->run) {
        d->left = (uint8_t)(byte + 1u);
        return 1;
    }
    if (d->in.data == d->in.end) return 0;
    d->value = BITPLANE_READ(d->in.data++);
    d->left = (uint8_t)(257u - byte);
    return 1;
}

size_t bitplane_packbits_read(struct bitplane_packbits *d, uint8_t *out, size_t count) {
    size_t given = 0, part;
    while (given < count) {
        if (d->left == 0 && !control(d)) break;
        part = bitplane_least(d->left, count - given);
        if (!d->run) part = bitplane_least(part, (size_t)(d->in.end - d->in.data));
        if (part == 0) break;
        d->left = (uint8_t)(d->left - part);
        given += part;
        while (part-- > 0) *out++ = d->run ? d->value : BITPLANE_READ(d->in.data++);
    }
    return given;
}

size_t bitplane_packbits_all(const uint8_t *data, size_t size, uint8_t *out, size_t count) {
    struct bitplane_packbits d;
    bitplane_packbits_init(&d, data, size);
    return bitplane_packbits_read(&d, out, count);
}
