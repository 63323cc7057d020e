/* bitplane pack: finds pictures in a file NAME.pack that lies in memory.
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
 * C99; no allocation, no variables beside those of the caller, nothing of the C library. The file
 * is read byte by byte: any byte order and any alignment will do. Whatever it says, nothing outside
 * of what `open` was given is read. The format is described in bitplane's docs/pack.md.
 */
#ifndef BITPLANE_PACK_INCLUDED
#define BITPLANE_PACK_INCLUDED

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BITPLANE_PACK_NONE 0xFFFFFFFFu /* no such picture; no transparent entry */

/* An open pack; it stays valid as long as the file stays where it is. */
struct bitplane_pack {
    const uint8_t *data;
    uint32_t bytes, index_bytes;
    uint32_t assets; /* how many pictures it has */
    uint32_t lookup, entries, names;
};

/* One picture. `palette` and `pixels` point into the file; both are NULL where they are empty. */
struct bitplane_asset {
    const char *name; /* UTF-8 */
    const uint8_t *palette, *pixels;
    uint32_t palette_bytes, palette_crc32;
    uint32_t pixels_bytes, pixels_crc32; /* as they stand in the file */
    uint32_t plain_bytes; /* as the panel reads them; the same where codec is 0 */
    uint32_t width, height, stride;
    uint32_t colors, transparent;
    uint16_t align, window;
    uint16_t parameter; /* what bitplane_unpack_init takes beside the codec */
    uint8_t codec, unit, scan, bits, flags, holds, grid, entry_bytes;
};

/* Begin to read a pack of `size` bytes; what follows it there is ignored. 1, or 0 if it is none. */
int bitplane_pack_open(struct bitplane_pack *pack, const void *data, size_t size);

/* Whether the index is as it was written; takes as long as reading it. 1 or 0. */
int bitplane_pack_check(const struct bitplane_pack *pack);

/* The number of the picture of a name, or BITPLANE_PACK_NONE. */
uint32_t bitplane_pack_find(const struct bitplane_pack *pack, const char *name);

/* The picture of a number below `pack->assets`. 1, or 0 if there is none or the file is damaged. */
int bitplane_pack_get(const struct bitplane_pack *pack, uint32_t number,
                      struct bitplane_asset *asset);

/* Whether palette and pixels are as they were written; takes as long as reading them. 1 or 0. */
int bitplane_asset_check(const struct bitplane_asset *asset);

#ifdef __cplusplus
}
#endif

#endif
