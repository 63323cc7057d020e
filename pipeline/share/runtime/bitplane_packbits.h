/* bitplane packbits: unpacks PackBits, as TIFF 6.0 has them.
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
 * Runs of equal bytes; nothing is needed beside the state.
 */
#ifndef BITPLANE_PACKBITS_H
#define BITPLANE_PACKBITS_H

#include "bitplane_stream.h"

#ifdef __cplusplus
extern "C" {
#endif

struct bitplane_packbits {
    struct bitplane_input in;
    uint8_t left, run; /* bytes that the last control byte has still to give; whether all equal */
    uint8_t value;
};

/* Begins a stream, which has to stay where it is. */
void bitplane_packbits_init(struct bitplane_packbits *d, const uint8_t *data, size_t size);

/* The next `count` bytes, into `out`. Returns how many there were: fewer only at the end of the
 * stream, or where it is damaged. */
size_t bitplane_packbits_read(struct bitplane_packbits *d, uint8_t *out, size_t count);

/* All of a picture at once. Returns as `read` does. */
size_t bitplane_packbits_all(const uint8_t *data, size_t size, uint8_t *out, size_t count);

#ifdef __cplusplus
}
#endif

#endif
