/* bitplane g5: unpacks Group5 of bitbank2: pixels of one bit in rows.
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
 * `width` is that of the stream, at most 65528: where a picture's rows are filled up to whole bytes,
 * with those bits. A set bit is white, and comes first from the highest on.
 */
#ifndef BITPLANE_G5_H
#define BITPLANE_G5_H

#include "bitplane_stream.h"

#ifdef __cplusplus
extern "C" {
#endif

struct bitplane_g5 {
    struct bitplane_bits in;
    uint8_t *row;
    uint16_t width, bytes, place; /* of a row: pixels, bytes, and those that were given */
    uint8_t long_run;             /* bits of a long run */
};

/* Begins a stream. `row` holds one row, (width + 7) / 8 bytes; it is `row_size` bytes long.
 * Both have to stay where they are. */
void bitplane_g5_init(struct bitplane_g5 *d, const uint8_t *data, size_t size, uint8_t *row,
                      size_t row_size, uint16_t width);

/* The next `count` bytes, into `out`. Returns how many there were: fewer only at the end of the
 * stream, or where it is damaged. */
size_t bitplane_g5_read(struct bitplane_g5 *d, uint8_t *out, size_t count);

/* All of a picture at once, without a row beside it; `count` is that of whole rows. Returns as `read` does. */
size_t bitplane_g5_all(const uint8_t *data, size_t size, uint8_t *out, size_t count,
                       uint16_t width);

#ifdef __cplusplus
}
#endif

#endif
