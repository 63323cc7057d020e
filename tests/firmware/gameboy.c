/*
 * Game Boy, and with COLOR its color model: a full screen of 360 tiles. A byte of the map names 256,
 * so the tiles are counted from the middle of their memory where the lower part of the screen begins.
 */
#include "card.h"

#define REG(address) (*(volatile uint8_t *)(address))
#define TILES ((volatile uint8_t *)0x8000u)
#define MAP ((volatile uint8_t *)0x9800u)
#define CONTROL REG(0xFF40u)
#define LINE REG(0xFF44u)
#define ON 0x81u
#define FROM_START 0x10u
#define SWITCH_LINE 80u

void show(void);

/* Linked first, where the cartridge's header jumps to. */
void start(void) __naked
{
    __asm
    ld sp, #0xDFFE
    jp _show
    __endasm;
}

#ifdef COLOR
static void load_palette(void)
{
    uint8_t i;

    REG(0xFF68u) = 0x80u; /* from the first byte on */
    for (i = 0; i < CARD_COLORS; i++) {
        REG(0xFF69u) = (uint8_t)card_palette[i];
        REG(0xFF69u) = (uint8_t)(card_palette[i] >> 8);
    }
}
#else
static void load_palette(void)
{
    REG(0xFF47u) = 0xE4u; /* shade 0 is light */
}
#endif

void show(void)
{
    uint16_t i;
    uint8_t x, y;

    while (LINE < 144u)
        ;
    CONTROL = 0;
    load_palette();
    for (i = 0; i < CARD_BYTES; i++)
        TILES[i] = card_pixels[i];
    i = 0;
    for (y = 0; y < CARD_HEIGHT / 8u; y++)
        for (x = 0; x < CARD_WIDTH / 8u; x++)
            MAP[y * 32u + x] = (uint8_t)i++;
    CONTROL = ON;
    for (;;) {
        while (LINE != 0)
            ;
        CONTROL = ON | FROM_START;
        while (LINE != SWITCH_LINE)
            ;
        CONTROL = ON;
    }
}
