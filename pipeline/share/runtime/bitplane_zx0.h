/* bitplane zx0: unpacks ZX0, version 2, compressed forwards.
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
#ifndef BITPLANE_ZX0_H
#define BITPLANE_ZX0_H

#include "bitplane_stream.h"

#ifdef __cplusplus
extern "C" {
#endif

struct bitplane_zx0 {
    struct bitplane_bits in;
    struct bitplane_window window;
    uint32_t left; /* bytes that the current block has still to give */
    uint16_t distance;
    uint8_t block; /* which kind it is */
};

/* Begins a stream. `window` holds the last `window_size` bytes, a power of two.
 * Both have to stay where they are. */
void bitplane_zx0_init(struct bitplane_zx0 *d, const uint8_t *data, size_t size, uint8_t *window,
                       size_t window_size);

/* The next `count` bytes, into `out`. Returns how many there were: fewer only at the end of the
 * stream, or where it is damaged. */
size_t bitplane_zx0_read(struct bitplane_zx0 *d, uint8_t *out, size_t count);

/* All of a picture at once; what was given before takes the place of the window. Returns as `read` does. */
size_t bitplane_zx0_all(const uint8_t *data, size_t size, uint8_t *out, size_t count);

#ifdef __cplusplus
}
#endif

#endif
