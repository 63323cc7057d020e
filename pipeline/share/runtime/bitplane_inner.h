/* bitplane inner: what the decoders share; nothing for others. License (0BSD): bitplane_stream.h. */
#ifndef BITPLANE_INNER_H
#define BITPLANE_INNER_H

#include "bitplane_stream.h"

static inline size_t bitplane_least(size_t a, size_t b) { return a < b ? a : b; }

/* Starts a window; 0 where its size is no power of two. */
static inline int bitplane_open(struct bitplane_window *w, uint8_t *bytes, size_t size) {
    w->bytes = bytes;
    w->mask = size - 1u;
    w->at = 0;
    return size != 0 && (size & (size - 1u)) == 0;
}

/* The window is where all of the output goes. */
static inline void bitplane_open_all(struct bitplane_window *w, uint8_t *out) {
    w->bytes = out;
    w->mask = ~(size_t)0;
    w->at = 0;
}

static inline void bitplane_put(struct bitplane_window *w, uint8_t *out, uint8_t byte) {
    w->bytes[(size_t)w->at++ & w->mask] = byte;
    *out = byte;
}

/* Whether there are bytes that far back. */
static inline int bitplane_reaches(const struct bitplane_window *w, uint16_t distance) {
    return distance != 0 && distance <= w->at && (size_t)distance - 1u <= w->mask;
}

/* Gives bytes again; the window may hold some of them only once the first were given. */
static inline void bitplane_again(struct bitplane_window *w, uint8_t *out, size_t count,
                                  uint16_t distance) {
    size_t to = (size_t)w->at, from = to - distance;
    w->at += (uint32_t)count;
    while (count-- > 0) {
        uint8_t byte = w->bytes[from++ & w->mask];
        w->bytes[to++ & w->mask] = byte;
        *out++ = byte;
    }
}

static inline void bitplane_start_bits(struct bitplane_bits *b, const uint8_t *data, size_t size) {
    b->data = data;
    b->end = data + size;
    b->rest = b->left = b->over = 0;
}

/* Nothing more comes of this stream. */
static inline void bitplane_stop_bits(struct bitplane_bits *b) {
    b->data = b->end;
    b->left = 0;
    b->over = 1;
}

/* The next whole byte; bits that are left of another stay where they are. */
static inline uint8_t bitplane_next(struct bitplane_bits *b) {
    if (b->data == b->end) {
        b->over = 1;
        return 0xFFu;
    }
    return BITPLANE_READ(b->data++);
}

/* The next bit; 1 behind the end, so that nobody waits for one for ever. */
static inline uint8_t bitplane_bit(struct bitplane_bits *b) {
    uint8_t bit;
    if (b->left == 0) {
        b->rest = bitplane_next(b);
        b->left = 8;
    }
    bit = b->rest >> 7;
    b->rest = (uint8_t)(b->rest << 1);
    b->left--;
    return bit;
}

/* A number of up to 16 bits. */
static inline uint16_t bitplane_number(struct bitplane_bits *b, uint8_t count) {
    uint16_t value = 0;
    while (count > b->left) {
        value = (uint16_t)((unsigned)value << b->left | (unsigned)b->rest >> (8u - b->left));
        count = (uint8_t)(count - b->left);
        b->rest = bitplane_next(b);
        b->left = 8;
    }
    value = (uint16_t)((unsigned)value << count | (unsigned)b->rest >> (8u - count));
    b->rest = (uint8_t)(b->rest << count);
    b->left = (uint8_t)(b->left - count);
    return value;
}

#endif
