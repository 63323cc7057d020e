/* bitplane pack: see bitplane_pack.h.
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
 */
#include "bitplane_pack.h"

enum { RLE = 1, G5 = 7 }; /* codecs that look back at pixels and at rows, not at bytes */
enum { HEADER_BYTES = 40, CHECKED_FROM = 12, FOUND_BYTES = 8, ENTRY_BYTES = 64 };

static uint16_t half(const uint8_t *at) { return (uint16_t)((uint16_t)at[1] << 8 | at[0]); }

static uint32_t word(const uint8_t *at) { return half(at) | (uint32_t)half(at + 2) << 16; }

/* Polynomial 0x04C11DB7 reflected, four bits at a time. */
static uint32_t crc32_of(uint32_t crc, uint8_t byte)
{
    static const uint32_t table[16] = {
        0x00000000u, 0x1DB71064u, 0x3B6E20C8u, 0x26D930ACu, 0x76DC4190u, 0x6B6B51F4u,
        0x4DB26158u, 0x5005713Cu, 0xEDB88320u, 0xF00F9344u, 0xD6D6A3E8u, 0xCB61B38Cu,
        0x9B64C2B0u, 0x86D3D2D4u, 0xA00AE278u, 0xBDBDF21Cu,
    };
    crc = table[(crc ^ byte) & 15] ^ crc >> 4;
    return table[(crc ^ byte >> 4) & 15] ^ crc >> 4;
}

static uint32_t checksum(const uint8_t *data, uint32_t bytes)
{
    uint32_t crc = 0xFFFFFFFFu;
    while (bytes-- > 0) crc = crc32_of(crc, *data++);
    return ~crc;
}

/* Whether `count` parts of `bytes` each from `start` on end by `end`. */
static int fits(uint32_t start, uint32_t count, uint32_t bytes, uint32_t end)
{
    return start <= end && count <= (end - start) / bytes;
}

int bitplane_pack_open(struct bitplane_pack *pack, const void *data, size_t size)
{
    const uint8_t *file = (const uint8_t *)data;

    if (size < HEADER_BYTES) return 0;
    if (file[0] != 'B' || file[1] != 'P' || file[2] != 'P' || file[3] != 'K') return 0;
    if (half(file + 4) != 1 || half(file + 6) != HEADER_BYTES) return 0;
    if (half(file + 20) != ENTRY_BYTES) return 0;
    pack->data = file;
    pack->bytes = word(file + 12);
    pack->assets = word(file + 16);
    pack->lookup = word(file + 24);
    pack->entries = word(file + 28);
    pack->names = word(file + 32);
    pack->index_bytes = word(file + 36);
    if (pack->bytes > size || pack->index_bytes > pack->bytes) return 0;
    if (pack->index_bytes < HEADER_BYTES || pack->names > pack->index_bytes) return 0;
    if (!fits(pack->lookup, pack->assets, FOUND_BYTES, pack->index_bytes)) return 0;
    if (!fits(pack->entries, pack->assets, ENTRY_BYTES, pack->index_bytes)) return 0;
    /* Every name ends where the names end, at the latest. */
    return pack->assets == 0 || file[pack->index_bytes - 1] == 0;
}

int bitplane_pack_check(const struct bitplane_pack *pack)
{
    const uint8_t *start = pack->data + CHECKED_FROM;
    return checksum(start, pack->index_bytes - CHECKED_FROM) == word(pack->data + 8);
}

/* The name that begins somewhere, or NULL if no name can. */
static const uint8_t *name_at(const struct bitplane_pack *pack, uint32_t offset)
{
    if (offset < pack->names || offset >= pack->index_bytes) return NULL;
    return pack->data + offset;
}

static const uint8_t *entry_of(const struct bitplane_pack *pack, uint32_t number)
{
    if (number >= pack->assets) return NULL;
    return pack->data + pack->entries + (size_t)number * ENTRY_BYTES;
}

static int is_called(const struct bitplane_pack *pack, uint32_t number, const char *name)
{
    const uint8_t *entry = entry_of(pack, number);
    const uint8_t *own = entry == NULL ? NULL : name_at(pack, word(entry));
    if (own == NULL) return 0;
    while (*own != 0 && *own == (uint8_t)*name) {
        own++;
        name++;
    }
    return *own == (uint8_t)*name;
}

static const uint8_t *found(const struct bitplane_pack *pack, uint32_t place)
{
    return pack->data + pack->lookup + (size_t)place * FOUND_BYTES;
}

uint32_t bitplane_pack_find(const struct bitplane_pack *pack, const char *name)
{
    uint32_t crc = 0xFFFFFFFFu, low = 0, high = pack->assets;
    const char *at;

    for (at = name; *at != 0; at++) crc = crc32_of(crc, (uint8_t)*at);
    crc = ~crc;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (word(found(pack, middle)) < crc)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < pack->assets && word(found(pack, low)) == crc; low++) {
        uint32_t number = word(found(pack, low) + 4);
        if (is_called(pack, number, name)) return number;
    }
    return BITPLANE_PACK_NONE;
}

/* Some bytes of the file; 0 if it does not have them. */
static int part(const struct bitplane_pack *pack, const uint8_t *where, const uint8_t **data,
                uint32_t *bytes)
{
    uint32_t offset = word(where);
    *bytes = word(where + 4);
    if (!fits(offset, *bytes, 1, pack->bytes)) return 0;
    *data = *bytes == 0 ? NULL : pack->data + offset;
    return 1;
}

/* As bitplane_unpack.h has it. */
static uint16_t parameter_of(const struct bitplane_asset *asset)
{
    if (asset->codec == RLE) return asset->unit;
    return asset->codec == G5 ? (uint16_t)(asset->stride * 8) : asset->window;
}

int bitplane_pack_get(const struct bitplane_pack *pack, uint32_t number,
                      struct bitplane_asset *asset)
{
    const uint8_t *entry = entry_of(pack, number);

    if (entry == NULL || name_at(pack, word(entry)) == NULL) return 0;
    if (!part(pack, entry + 36, &asset->palette, &asset->palette_bytes)) return 0;
    if (!part(pack, entry + 48, &asset->pixels, &asset->pixels_bytes)) return 0;
    asset->name = (const char *)name_at(pack, word(entry));
    asset->codec = entry[4];
    asset->unit = entry[5];
    asset->window = half(entry + 6);
    asset->width = word(entry + 8);
    asset->height = word(entry + 12);
    asset->scan = entry[16];
    asset->bits = entry[17];
    asset->align = half(entry + 18);
    asset->flags = entry[20];
    asset->holds = entry[21];
    asset->grid = entry[22];
    asset->entry_bytes = entry[23];
    asset->colors = word(entry + 24);
    asset->transparent = word(entry + 28);
    asset->stride = word(entry + 32);
    asset->palette_crc32 = word(entry + 44);
    asset->pixels_crc32 = word(entry + 56);
    asset->plain_bytes = word(entry + 60);
    asset->parameter = parameter_of(asset);
    return 1;
}

int bitplane_asset_check(const struct bitplane_asset *asset)
{
    return checksum(asset->pixels, asset->pixels_bytes) == asset->pixels_crc32 &&
           checksum(asset->palette, asset->palette_bytes) == asset->palette_crc32;
}
