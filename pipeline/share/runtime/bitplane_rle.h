/* bitplane rle: unpacks run lengths of whole pixels, as LVGL 9 has them.
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
 * `unit` is how many bytes a pixel takes, 1 to 4; 1 where a byte holds several pixels.
 */
#ifndef BITPLANE_RLE_H
#define BITPLANE_RLE_H

#include "bitplane_stream.h"

#ifdef __cplusplus
extern "C" {
#endif

struct bitplane_rle {
    struct bitplane_input in;
    const uint8_t *pixel; /* the one that is repeated; NULL: bytes follow as they are */
    uint16_t left;        /* bytes that the last control byte has still to give */
    uint8_t unit, place;
};

/* Begins a stream, which has to stay where it is. */
void bitplane_rle_init(struct bitplane_rle *d, const uint8_t *data, size_t size, uint8_t unit);

/* The next `count` bytes, into `out`. Returns how many there were: fewer only at the end of the
 * stream, or where it is damaged. */
size_t bitplane_rle_read(struct bitplane_rle *d, uint8_t *out, size_t count);

/* All of a picture at once. Returns as `read` does. */
size_t bitplane_rle_all(const uint8_t *data, size_t size, uint8_t *out, size_t count,
                        uint8_t unit);

#ifdef __cplusplus
}
#endif

#endif
