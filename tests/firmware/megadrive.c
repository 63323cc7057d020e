/* Mega Drive: a screen of tiles on plane A, 40 of them in a row, on a big-endian processor. */
#include "card.h"
#include "start.h"

#define DATA REG16(0xC00000u)
#define CONTROL REG16(0xC00004u)
#define COMMAND REG32(0xC00004u)
#define MAP 0xC000u

static void video_memory(uint32_t address)
{
    COMMAND = 0x40000000u | (address & 0x3FFFu) << 16 | address >> 14;
}

void show(void)
{
    /* Numbers and values of registers; both planes have the map, or one would show tile 0. */
    static const uint16_t registers[] = {
        0x8004, 0x8104, 0x8200 | MAP >> 10, 0x8400 | MAP >> 13, 0x8578, 0x8700, 0x8AFF, 0x8B00, 0x8C81,
        0x8D3C, 0x8F02, 0x9001, 0x9100, 0x9200
    };
    uint32_t i, x, y;

    for (i = 0; i < sizeof registers / sizeof registers[0]; i++)
        CONTROL = registers[i];
    COMMAND = 0xC0000000u; /* memory of colors */
    for (i = 0; i < CARD_COLORS; i++)
        DATA = card_palette[i];
    video_memory(0);
    for (i = 0; i < CARD_BYTES; i += 2u)
        DATA = (uint16_t)(card_pixels[i] << 8 | card_pixels[i + 1u]);
    i = 0;
    for (y = 0; y < CARD_HEIGHT / 8u; y++) {
        video_memory(MAP + 128u * y);
        for (x = 0; x < CARD_WIDTH / 8u; x++)
            DATA = (uint16_t)i++;
    }
    CONTROL = 0x8144; /* on */
}
