/*
 * The bytes of card.h in turn, whether they are compressed or not. With PACK those of the picture
 * `card` in a pack of PACK_BYTES there.
 */
#ifndef PIXELS_H
#define PIXELS_H

#include <stddef.h>
#include <stdint.h>

#if defined(PACK)
#include "bitplane_pack.h"
#include "bitplane_unpack.h"

static uint8_t window[4096];
static struct bitplane_unpack unpack;

static void open_pixels(void)
{
    struct bitplane_pack pack;
    struct bitplane_asset card;

    if (bitplane_pack_open(&pack, (const void *)PACK, PACK_BYTES) &&
        bitplane_pack_get(&pack, bitplane_pack_find(&pack, "card"), &card))
        bitplane_unpack_init(&unpack, card.codec, card.pixels, card.pixels_bytes,
                             card.window ? card.window : card.unit, window, sizeof window);
}

static void read_pixels(uint8_t *out, size_t count)
{
    bitplane_unpack_read(&unpack, out, count);
}
#elif defined(CARD_CODEC)
#include "bitplane_unpack.h"

#if defined(CARD_WINDOW)
#define PARAMETER CARD_WINDOW
#define WINDOW_BYTES CARD_WINDOW
#elif defined(CARD_UNIT)
#define PARAMETER CARD_UNIT
#else /* g5 has a row, with the bits that fill its last byte; others take nothing */
#define PARAMETER (8u * CARD_STRIDE)
#define WINDOW_BYTES CARD_STRIDE
#endif

#ifdef WINDOW_BYTES
static uint8_t window[WINDOW_BYTES];
#define WINDOW window, sizeof window
#else
#define WINDOW NULL, 0
#endif

static struct bitplane_unpack unpack;

static void open_pixels(void)
{
    bitplane_unpack_init(&unpack, CARD_CODEC, card_packed, CARD_PACKED, PARAMETER, WINDOW);
}

static void read_pixels(uint8_t *out, size_t count)
{
    bitplane_unpack_read(&unpack, out, count);
}
#else
#ifndef BITPLANE_READ
#define BITPLANE_READ(address) (*(address))
#endif

static const uint8_t *next_pixel;

static void open_pixels(void)
{
    next_pixel = card_pixels;
}

static void read_pixels(uint8_t *out, size_t count)
{
    while (count--)
        *out++ = BITPLANE_READ(next_pixel++);
}
#endif

#endif
