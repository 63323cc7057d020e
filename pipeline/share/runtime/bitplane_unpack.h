/* bitplane unpack: all decoders behind one pair of functions.
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
 * A codec that is not wanted is left out, with its file, by defining BITPLANE_NO_RLE,
 * BITPLANE_NO_PACKBITS, BITPLANE_NO_LZ4, BITPLANE_NO_HEATSHRINK, BITPLANE_NO_ZX0,
 * BITPLANE_NO_DEFLATE or BITPLANE_NO_G5 for this file's users and for bitplane_unpack.c. */
#ifndef BITPLANE_UNPACK_H
#define BITPLANE_UNPACK_H

#include "bitplane_stream.h"

#ifndef BITPLANE_NO_RLE
#include "bitplane_rle.h"
#endif
#ifndef BITPLANE_NO_PACKBITS
#include "bitplane_packbits.h"
#endif
#ifndef BITPLANE_NO_LZ4
#include "bitplane_lz4.h"
#endif
#ifndef BITPLANE_NO_HEATSHRINK
#include "bitplane_heatshrink.h"
#endif
#ifndef BITPLANE_NO_ZX0
#include "bitplane_zx0.h"
#endif
#ifndef BITPLANE_NO_DEFLATE
#include "bitplane_deflate.h"
#endif
#ifndef BITPLANE_NO_G5
#include "bitplane_g5.h"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* The numbers that files have for codecs. */
enum bitplane_codec {
    BITPLANE_NONE,
    BITPLANE_RLE,
    BITPLANE_PACKBITS,
    BITPLANE_LZ4,
    BITPLANE_HEATSHRINK,
    BITPLANE_ZX0,
    BITPLANE_DEFLATE,
    BITPLANE_G5
};

struct bitplane_unpack {
    uint8_t codec;
    union {
        struct bitplane_input none;
#ifndef BITPLANE_NO_RLE
        struct bitplane_rle rle;
#endif
#ifndef BITPLANE_NO_PACKBITS
        struct bitplane_packbits packbits;
#endif
#ifndef BITPLANE_NO_LZ4
        struct bitplane_lz4 lz4;
#endif
#ifndef BITPLANE_NO_HEATSHRINK
        struct bitplane_heatshrink heatshrink;
#endif
#ifndef BITPLANE_NO_ZX0
        struct bitplane_zx0 zx0;
#endif
#ifndef BITPLANE_NO_DEFLATE
        struct bitplane_deflate deflate;
#endif
#ifndef BITPLANE_NO_G5
        struct bitplane_g5 g5;
#endif
    } of;
};

/* Bytes of window that a stream takes. `parameter`, here and below, is what a codec has to know.
 * rle: bytes of a pixel; lz4, heatshrink, zx0, deflate: bytes that the stream looks back, a power
 * of two; g5: pixels of a row with those that fill it up to whole bytes, 8 * NAME_STRIDE; others:
 * nothing. */
size_t bitplane_unpack_window(uint8_t codec, uint16_t parameter);

/* Begins a stream. `window` has `window_size` bytes; NULL and 0 do where none is taken. Stream and
 * window have to stay where they are. Returns 1, or 0 when the window is too small or the codec is
 * not there; then nothing can be read. */
int bitplane_unpack_init(struct bitplane_unpack *u, uint8_t codec, const uint8_t *data,
                         size_t size, uint16_t parameter, uint8_t *window, size_t window_size);

/* The next `count` bytes, into `out`. Returns how many there were: fewer only at the end of the
 * stream, or where it is damaged. */
size_t bitplane_unpack_read(struct bitplane_unpack *u, uint8_t *out, size_t count);

/* All of a picture at once, without a window. Returns as `read` does; 0 when the codec is not
 * there. */
size_t bitplane_unpack_all(uint8_t codec, const uint8_t *data, size_t size, uint16_t parameter,
                           uint8_t *out, size_t count);

#ifdef __cplusplus
}
#endif

#endif
