/* Game Boy Advance: a background of tiles, of 16 or of 256 colors. Its memory takes no single bytes. */
#include "card.h"
#include "start.h"

#define DISPLAY 0x04000000u
#define BACKGROUND 0x04000008u
#define PALETTE 0x05000000u
#define TILES 0x06000000u
#define MAP 0x0600F000u
#define MAP_NUMBER (30u << 8)
#define COLORS_256 (1u << 7)

void show(void)
{
    uint32_t i, x, y;

    for (i = 0; i < CARD_COLORS; i++)
        REG16(PALETTE + 2u * i) = card_palette[i];
    for (i = 0; i < CARD_BYTES; i += 2u)
        REG16(TILES + i) = (uint16_t)(card_pixels[i] | card_pixels[i + 1u] << 8);
    i = 0;
    for (y = 0; y < CARD_HEIGHT / 8u; y++)
        for (x = 0; x < CARD_WIDTH / 8u; x++)
            REG16(MAP + 2u * (32u * y + x)) = (uint16_t)i++;
    REG16(BACKGROUND) = MAP_NUMBER | (CARD_BITS == 8 ? COLORS_256 : 0u);
    REG16(DISPLAY) = 0x0100u;
}
