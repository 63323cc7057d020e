/*
 * Master System, and with GAME_GEAR that one, whose screen is the middle part: a picture of up to 448
 * tiles at its upper left corner.
 */
#include "card.h"

#define TABLE 0x3800u
#define SPRITES 0x3F00u
#define NO_MORE 0xD0u
#define COLORS 0xC000u /* of what follows: memory of the palette */
#define WRITE 0x4000u
#define BLANK (CARD_BYTES / 32u)

#ifdef GAME_GEAR
#define LEFT 6u
#define TOP 3u
#else
#define LEFT 0u
#define TOP 0u
#endif

__sfr __at(0xBE) DATA;
__sfr __at(0xBF) CONTROL;

void show(void);

/* Linked first, where the processor begins. */
void start(void) __naked
{
    __asm
    di
    im 1
    ld sp, #0xDFF0
    jp _show
    __endasm;
}

static void at(uint16_t address)
{
    CONTROL = (uint8_t)address;
    CONTROL = (uint8_t)(address >> 8);
}

static void load_palette(void)
{
    uint8_t i;

    at(COLORS);
    for (i = 0; i < CARD_COLORS; i++) {
        DATA = (uint8_t)card_palette[i];
#ifdef GAME_GEAR
        DATA = (uint8_t)(card_palette[i] >> 8);
#endif
    }
}

static void load_map(void)
{
    uint16_t i, tile = 0;
    uint8_t x, y;

    at(WRITE | TABLE);
    for (i = 0; i < 32u * 28u; i++) {
        DATA = (uint8_t)BLANK;
        DATA = (uint8_t)(BLANK >> 8);
    }
    for (y = 0; y < CARD_HEIGHT / 8u; y++) {
        at(WRITE | TABLE + ((y + TOP) * 32u + LEFT) * 2u);
        for (x = 0; x < CARD_WIDTH / 8u; x++) {
            DATA = (uint8_t)tile;
            DATA = (uint8_t)(tile++ >> 8);
        }
    }
}

void show(void)
{
    /* Values of the registers from 0 on: mode 4, off, the tables, no scrolling. */
    static const uint8_t registers[] = {0x04, 0x80, 0xFF, 0xFF, 0xFF, 0xFF, 0xFB, 0, 0, 0, 0xFF};
    uint16_t i;

    for (i = 0; i < sizeof registers; i++)
        at((uint16_t)(0x8000u | i << 8 | registers[i]));
    load_palette();
    at(WRITE);
    for (i = 0; i < CARD_BYTES; i++)
        DATA = card_pixels[i];
    for (i = 0; i < 32u; i++)
        DATA = 0;
    load_map();
    at(WRITE | SPRITES);
    DATA = NO_MORE;
    at(0x81C0u); /* on */
    for (;;)
        ;
}
