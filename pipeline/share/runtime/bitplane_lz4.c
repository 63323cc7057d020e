/* bitplane lz4; what it is and its license (0BSD) stand in bitplane_lz4.h. */
#include "bitplane_lz4.h"

#include "bitplane_inner.h"

enum { SHORTEST = 4, MORE = 15 };

static void start(struct bitplane_lz4 *d, const uint8_t *data, size_t size) {
    d->in.data = data;
    d->in.end = data + size;
    d->literals = d->left = 0;
    d->distance = 0;
    d->token = d->waits = 0;
}

void bitplane_lz4_init(struct bitplane_lz4 *d, const uint8_t *data, size_t size, uint8_t *window,
                       size_t window_size) {
    start(d, data, size);
    if (!bitplane_open(&d->window, window, window_size)) d->in.end = data;
}

/* A length whose first four bits are known; ends at the end, or when it is past all sense. */
static uint32_t length(struct bitplane_lz4 *d, uint8_t bits) {
    uint32_t sum = bits;
    uint8_t byte = 255;
    while (bits == MORE && byte == 255 && d->in.data != d->in.end && sum >> 31 == 0) {
        byte = BITPLANE_READ(d->in.data++);
        sum += byte;
    }
    return sum;
}

/* Takes what comes next, a token or the match behind literals; 0 where there is none. */
static int step(struct bitplane_lz4 *d) {
    size_t size = (size_t)(d->in.end - d->in.data);
    d->waits = !d->waits;
    if (d->waits) {
        if (size == 0) return 0;
        d->token = BITPLANE_READ(d->in.data++);
        d->literals = length(d, d->token >> 4);
        return 1;
    }
    if (size < 2) return 0;
    d->distance = BITPLANE_READ(d->in.data);
    d->distance |= (uint16_t)((uint16_t)BITPLANE_READ(d->in.data + 1) << 8);
    d->in.data += 2;
    d->left = length(d, d->token & 15u) + SHORTEST;
    return bitplane_reaches(&d->window, d->distance);
}

static size_t literals(struct bitplane_lz4 *d, uint8_t *out, size_t room) {
    size_t part = d->literals < room ? (size_t)d->literals : room, i;
    part = bitplane_least(part, (size_t)(d->in.end - d->in.data));
    for (i = 0; i < part; i++) bitplane_put(&d->window, out++, BITPLANE_READ(d->in.data++));
    d->literals -= (uint32_t)part;
    return part;
}

size_t bitplane_lz4_read(struct bitplane_lz4 *d, uint8_t *out, size_t count) {
    size_t given = 0, part;
    while (given < count) {
        if (d->literals != 0) {
            part = literals(d, out + given, count - given);
            if (part == 0) break;
        } else if (d->left != 0) {
            part = d->left < count - given ? (size_t)d->left : count - given;
            bitplane_again(&d->window, out + given, part, d->distance);
            d->left -= (uint32_t)part;
        } else {
            part = 0;
            if (!step(d)) {
                start(d, d->in.end, 0);
                break;
            }
        }
        given += part;
    }
    return given;
}

size_t bitplane_lz4_all(const uint8_t *data, size_t size, uint8_t *out, size_t count) {
    struct bitplane_lz4 d;
    start(&d, data, size);
    bitplane_open_all(&d.window, out);
    return bitplane_lz4_read(&d, out, count);
}
