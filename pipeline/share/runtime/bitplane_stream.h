/* bitplane stream: what all decoders have in common.
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
 * C99 or C++; no allocation, no recursion, no variables beside those of the caller, nothing of the
 * C library. Streams are read through BITPLANE_READ alone. With BITPLANE_PROGMEM defined on AVR
 * they lie in flash; define BITPLANE_READ(address) yourself where they lie elsewhere.
 */
#ifndef BITPLANE_STREAM_H
#define BITPLANE_STREAM_H

#include <stddef.h>
#include <stdint.h>

#ifndef BITPLANE_READ
#if defined(__AVR__) && defined(BITPLANE_PROGMEM)
#include <avr/pgmspace.h>
#define BITPLANE_READ(address) pgm_read_byte(address)
#else
#define BITPLANE_READ(address) (*(address))
#endif
#endif

/* What is left of a stream. */
struct bitplane_input {
    const uint8_t *data, *end;
};

/* The same, read in bits from the highest on: `left` ones, the highest of `rest`. */
struct bitplane_bits {
    const uint8_t *data, *end;
    uint8_t rest, left, over;
};

/* The last bytes that were given; mask + 1 is a power of two. */
struct bitplane_window {
    uint8_t *bytes;
    size_t mask;
    uint32_t at; /* bytes given so far */
};

#endif
