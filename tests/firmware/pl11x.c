/*
 * ARM PrimeCell PL110 and PL111 at CLCD. CONTROL is the offset of their control register, FLAGS
 * its bits for the kind of pixels and their order.
 */
#include "card.h"
#include "start.h"

#define ON 0x821u /* enabled, color TFT, powered */

#ifdef CARD_CODEC
#include "pixels.h"

static uint8_t frame[CARD_BYTES] __attribute__((aligned(8)));

static const uint8_t *pixels(void)
{
    open_pixels();
    read_pixels(frame, sizeof frame);
    return frame;
}
#else
static const uint8_t *pixels(void)
{
    return card_pixels;
}
#endif

void show(void)
{
#if CARD_BITS <= 8
    uint32_t i;

    for (i = 0; i < CARD_COLORS; i += 2) /* two to a word */
        REG32(CLCD + 0x200u + 2u * i) = card_palette[i] | (uint32_t)card_palette[i + 1u] << 16;
#endif
#ifdef MUX
    REG32(MUX) = 0; /* the board's wiring of 16-bit pixels: 5, 6 and 5 bits */
#endif
    REG32(CLCD) = (CARD_WIDTH / 16u - 1u) << 2;
    REG32(CLCD + 0x04) = CARD_HEIGHT - 1u;
    REG32(CLCD + 0x10) = (uint32_t)(uintptr_t)pixels();
    REG32(CLCD + CONTROL) = ON | FLAGS;
}
