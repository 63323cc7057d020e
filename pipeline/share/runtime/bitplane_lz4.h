/* bitplane lz4: unpacks a block of LZ4 (no frame).
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
#ifndef BITPLANE_LZ4_H
#define BITPLANE_LZ4_H

#include "bitplane_stream.h"

#ifdef __cplusplus
extern "C" {
#endif

struct bitplane_lz4 {
    struct bitplane_input in;
    struct bitplane_window window;
    uint32_t literals, left; /* bytes to give as they are, and again from the window */
    uint16_t distance;
    uint8_t token; /* whose low half waits for the literals' end */
    uint8_t waits;
};

/* Begins a stream. `window` holds the last `window_size` bytes, a power of two.
 * Both have to stay where they are. */
void bitplane_lz4_init(struct bitplane_lz4 *d, const uint8_t *data, size_t size, uint8_t *window,
                       size_t window_size);

/* The next `count` bytes, into `out`. Returns how many there were: fewer only at the end of the
 * stream, or where it is damaged. */
size_t bitplane_lz4_read(struct bitplane_lz4 *d, uint8_t *out, size_t count);

/* All of a picture at once; what was given before takes the place of the window. Returns as `read` does. */
size_t bitplane_lz4_all(const uint8_t *data, size_t size, uint8_t *out, size_t count);

#ifdef __cplusplus
}
#endif

#endif
