/* bitplane heatshrink: unpacks the streams of heatshrink.
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
 * The window is exactly that of the stream: 256 bytes for `-w 8`, 2048 for `-w 11`. The lookahead is
 * that of `-l 4` where BITPLANE_LOOKAHEAD says nothing else.
 */
#ifndef BITPLANE_HEATSHRINK_H
#define BITPLANE_HEATSHRINK_H

#include "bitplane_stream.h"

#ifndef BITPLANE_LOOKAHEAD
#define BITPLANE_LOOKAHEAD 4
#endif

#ifdef __cplusplus
extern "C" {
#endif

struct bitplane_heatshrink {
    struct bitplane_bits in;
    struct bitplane_window window;
    uint16_t left, distance; /* bytes to give again, and from how far back */
    uint8_t reach;           /* bits of a distance */
};

/* Begins a stream. `window` holds the last `window_size` bytes, a power of two from 2 to 32768.
 * Both have to stay where they are. */
void bitplane_heatshrink_init(struct bitplane_heatshrink *d, const uint8_t *data, size_t size, uint8_t *window,
                              size_t window_size);

/* The next `count` bytes, into `out`. Returns how many there were: fewer only at the end of the
 * stream, or where it is damaged. */
size_t bitplane_heatshrink_read(struct bitplane_heatshrink *d, uint8_t *out, size_t count);

/* All of a picture at once; what was given before takes the place of the window. Returns as `read` does. */
size_t bitplane_heatshrink_all(const uint8_t *data, size_t size, uint8_t *out, size_t count,
                               size_t window_size);

#ifdef __cplusplus
}
#endif

#endif
