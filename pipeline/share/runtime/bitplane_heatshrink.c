/* bitplane heatshrink; what it is and its license (0BSD) stand in bitplane_heatshrink.h. */
#include "bitplane_heatshrink.h"

#include "bitplane_inner.h"

static void start(struct bitplane_heatshrink *d, const uint8_t *data, size_t size,
                  size_t window_size) {
    bitplane_start_bits(&d->in, data, size);
    d->left = d->distance = 0;
    d->reach = 0;
    while (d->reach < 15u && (size_t)1 << d->reach < window_size) d->reach++;
    if (window_size != (size_t)1 << d->reach) bitplane_stop_bits(&d->in);
}

void bitplane_heatshrink_init(struct bitplane_heatshrink *d, const uint8_t *data, size_t size,
                              uint8_t *window, size_t window_size) {
    start(d, data, size, window_size);
    (void)bitplane_open(&d->window, window, window_size); /* its size was looked at above */
}

/* Bytes of a match, as many as there is room for. Zeros stand before the first byte. */
static size_t again(struct bitplane_heatshrink *d, uint8_t *out, size_t room) {
    size_t part = bitplane_least(d->left, room);
    if (d->distance > d->window.at) {
        bitplane_put(&d->window, out, 0);
        return 1;
    }
    bitplane_again(&d->window, out, part, d->distance);
    return part;
}

size_t bitplane_heatshrink_read(struct bitplane_heatshrink *d, uint8_t *out, size_t count) {
    size_t given = 0, part;
    while (given < count) {
        if (d->left == 0 && bitplane_bit(&d->in)) {
            uint8_t byte = (uint8_t)bitplane_number(&d->in, 8);
            if (d->in.over) break;
            bitplane_put(&d->window, out + given++, byte);
            continue;
        }
        if (d->left == 0) {
            d->distance = (uint16_t)(bitplane_number(&d->in, d->reach) + 1u);
            d->left = (uint16_t)(bitplane_number(&d->in, BITPLANE_LOOKAHEAD) + 1u);
            if (d->in.over) {
                d->left = 0;
                break;
            }
        }
        part = again(d, out + given, count - given);
        given += part;
        d->left = (uint16_t)(d->left - part);
    }
    return given;
}

size_t bitplane_heatshrink_all(const uint8_t *data, size_t size, uint8_t *out, size_t count,
                               size_t window_size) {
    struct bitplane_heatshrink d;
    start(&d, data, size, window_size);
    bitplane_open_all(&d.window, out);
    return bitplane_heatshrink_read(&d, out, count);
}
