/* bitplane zx0; what it is and its license (0BSD) stand in bitplane_zx0.h. */
#include "bitplane_zx0.h"

#include "bitplane_inner.h"

enum { NONE, LITERALS, MATCH };
enum { END = 256 };

static void start(struct bitplane_zx0 *d, const uint8_t *data, size_t size) {
    bitplane_start_bits(&d->in, data, size);
    d->left = 0;
    d->distance = 1;
    d->block = NONE;
}

void bitplane_zx0_init(struct bitplane_zx0 *d, const uint8_t *data, size_t size, uint8_t *window,
                       size_t window_size) {
    start(d, data, size);
    if (!bitplane_open(&d->window, window, window_size)) bitplane_stop_bits(&d->in);
}

/* Elias' gamma code, its two halves interlaced, from its first bit on: 1 ends it. What has 31
 * bits is past all sense. */
static uint32_t gamma_code(struct bitplane_zx0 *d, uint8_t bit, uint8_t flip) {
    uint32_t value = 1;
    while (!bit && value >> 30 == 0) {
        value = value << 1 | (uint32_t)(bitplane_bit(&d->in) ^ flip);
        bit = bitplane_bit(&d->in);
    }
    return value;
}

/* A match from a distance that is told, or the end; 0 there. */
static int far_match(struct bitplane_zx0 *d) {
    uint32_t high = gamma_code(d, bitplane_bit(&d->in), 1);
    uint8_t low;
    if (high >= END) return 0;
    low = bitplane_next(&d->in);
    d->distance = (uint16_t)((high << 7) - (low >> 1));
    d->left = gamma_code(d, low & 1u, 0) + 1u;
    d->block = MATCH;
    return 1;
}

/* Takes the next block's head; 0 where there is none. */
static int block(struct bitplane_zx0 *d) {
    if (d->block != NONE && bitplane_bit(&d->in)) {
        if (!far_match(d)) return 0;
    } else {
        d->left = gamma_code(d, bitplane_bit(&d->in), 0);
        d->block = d->block == LITERALS ? MATCH : LITERALS;
    }
    return !d->in.over && (d->block == LITERALS || bitplane_reaches(&d->window, d->distance));
}

size_t bitplane_zx0_read(struct bitplane_zx0 *d, uint8_t *out, size_t count) {
    size_t given = 0, part, i;
    while (given < count) {
        if (d->left == 0 && !block(d)) {
            d->left = 0;
            bitplane_stop_bits(&d->in);
            break;
        }
        part = d->left < count - given ? (size_t)d->left : count - given;
        if (d->block == MATCH) {
            bitplane_again(&d->window, out + given, part, d->distance);
        } else {
            part = bitplane_least(part, (size_t)(d->in.end - d->in.data));
            if (part == 0) break;
            for (i = 0; i < part; i++)
                bitplane_put(&d->window, out + given + i, BITPLANE_READ(d->in.data++));
        }
        d->left -= (uint32_t)part;
        given += part;
    }
    return given;
}

size_t bitplane_zx0_all(const uint8_t *data, size_t size, uint8_t *out, size_t count) {
    struct bitplane_zx0 d;
    start(&d, data, size);
    bitplane_open_all(&d.window, out);
    return bitplane_zx0_read(&d, out, count);
}
