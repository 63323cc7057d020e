/* LM3S811EVB: I2C to an SSD0303, 96 x 16 pixels in 2 pages. */
#include "card.h"
#include "start.h"

#define CLOCKS 0x400FE104u
#define I2C 0x40020000u
#define ADDRESS 0x3Du
#define START 2u
#define STOP 4u
#define RUN 1u
#define COMMAND 0x80u
#define DATA 0x40u
#define FIRST_COLUMN 36u /* the glass shows 96 of 132 */

static void put(uint32_t byte, uint32_t how)
{
    REG32(I2C + 0x08) = byte;
    REG32(I2C + 0x04) = how | RUN;
    while (REG32(I2C + 0x04) & 1u) {
    }
}

static void command(uint32_t byte)
{
    REG32(I2C) = ADDRESS << 1;
    put(COMMAND, START);
    put(byte, STOP);
}

void show(void)
{
    static const uint8_t commands[] = {0xA6, 0xA4, 0xAF}; /* not inverted, from memory, on */
    uint32_t i, page;

    REG32(CLOCKS) |= 0x1000u;
    REG32(I2C + 0x20) = 0x10u; /* master */
    REG32(I2C + 0x0C) = 1u;
    for (i = 0; i < sizeof commands; i++)
        command(commands[i]);
    for (page = 0; page < CARD_HEIGHT / 8u; page++) {
        command(0xB0u + page);
        command(FIRST_COLUMN & 15u);
        command(0x10u | FIRST_COLUMN >> 4);
        REG32(I2C) = ADDRESS << 1;
        put(DATA, START);
        for (i = 0; i < CARD_WIDTH; i++)
            put(card_pixels[page * CARD_WIDTH + i], i + 1u == CARD_WIDTH ? STOP : 0u);
    }
}
