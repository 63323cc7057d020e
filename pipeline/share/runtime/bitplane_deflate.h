/* bitplane deflate: unpacks deflate without a header (RFC 1951).
 *
 * Copyright (C) the bitplane authors
 *
 * Permission to use, copy, modify, and/or distribute this software for any purpose with or
 * without fee is hereby granted.
 *
 * THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO THIS
 * SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE
 * AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT, INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES
 * WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN ACTION OF CONTRACT,
 * NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR
 * PERFORMANCE OF THIS SOFTWARE.
 *
 * SPDX-License-Identifier: 0BSD
 *
 * The window has to hold as many bytes as the stream looks back, a power of two.
 */
#ifndef BITPLANE_DEFLATE_H
#define BITPLANE_DEFLATE_H

#include "bitplane_stream.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A Huffman code: how many symbols have each length, how many of these are under 256, and the
 * symbols by length, then by value, without their bit 8. */
struct bitplane_codes {
    uint16_t counts[16], low[16];
};

struct bitplane_deflate {
    struct bitplane_input in;
    struct bitplane_window window;
    uint32_t held;           /* bits that were read too far */
    uint16_t left, distance; /* bytes to give, and from how far back; 0: as they are */
    uint8_t bits, block, last;
    struct bitplane_codes literals, distances;
    uint8_t literal_symbols[288], distance_symbols[32];
};

/* Begins a stream. `window` holds the last `window_size` bytes, a power of two up to 32768.
 * Both have to stay where they are. */
void bitplane_deflate_init(struct bitplane_deflate *d, const uint8_t *data, size_t size, uint8_t *window,
                           size_t window_size);

/* The next `count` bytes, into `out`. Returns how many there were: fewer only at the end of the
 * stream, or where it is damaged. */
size_t bitplane_deflate_read(struct bitplane_deflate *d, uint8_t *out, size_t count);

/* All of a picture at once; what was given before takes the place of the window. Returns as `read` does. */
size_t bitplane_deflate_all(const uint8_t *data, size_t size, uint8_t *out, size_t count);

#ifdef __cplusplus
}
#endif

#endif
