/* The bytes of card.h in turn, whether they are compressed or not. */
#ifndef PIXELS_H
#define PIXELS_H

#include <stddef.h>
#include <stdint.h>

#ifdef CARD_CODEC
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
