/* SMDKC210: window 0 of the Exynos 4210's FIMD, with a palette of 24 bits. */
#include "card.h"
#include "start.h"

#define FIMD 0x11C00000u
#define PALETTE (FIMD + 0x2400u)
#define PALETTE_CONTROL (FIMD + 0x1A0u)
#define UPDATE 0x200u
#define RGB888 1u     /* for window 0 */
#define BYTE_SWAP (4u << 15) /* the first byte of a word is its left one */

#if CARD_BITS == 8
#define MODE 3u
#elif CARD_BITS == 4
#define MODE 2u
#else
#define MODE (CARD_BITS - 1u)
#endif

void show(void)
{
    uint32_t i;

    REG32(FIMD + 0x18) = (CARD_WIDTH - 1u) | (CARD_HEIGHT - 1u) << 11;
    REG32(FIMD + 0x40) = 0;
    REG32(FIMD + 0x44) = (CARD_WIDTH - 1u) << 11 | (CARD_HEIGHT - 1u);
    REG32(FIMD + 0xA0) = (uint32_t)(uintptr_t)card_pixels;
    REG32(FIMD + 0xD0) = (uint32_t)(uintptr_t)card_pixels + CARD_BYTES;
    REG32(FIMD + 0x100) = CARD_STRIDE;
    REG32(PALETTE_CONTROL) = UPDATE | RGB888;
    for (i = 0; i < CARD_COLORS; i++)
        REG32(PALETTE + 4u * i) = card_palette[i];
    REG32(PALETTE_CONTROL) = RGB888;
    REG32(FIMD + 0x20) = BYTE_SWAP | MODE << 2 | 1u;
    REG32(FIMD) = 3u;
}
