/* MusicPal: an OLED of 128 x 64 pixels in 8 pages behind the LCD registers. */
#include "card.h"
#include "start.h"

#define MODE 0x9000C1ACu
#define DATA 0x9000C1C0u
#define COMMANDS 0x00104011u
#define PIXELS 0x00100011u

void show(void)
{
    uint32_t i, page;

    REG16(0x8000D008u) = 4u; /* brightness 7 of 7, on pins of two ports */
    REG16(0x8000D012u) = 3u;
    for (page = 0; page < CARD_HEIGHT / 8u; page++) {
        REG32(MODE) = COMMANDS;
        REG32(DATA) = 0xB0u + page;
        REG32(MODE) = PIXELS;
        for (i = 0; i < CARD_WIDTH; i++)
            REG32(DATA) = card_pixels[page * CARD_WIDTH + i];
    }
}
