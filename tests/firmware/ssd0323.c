/* LM3S6965EVB: SSI0 (PL022) to an SSD0323 of 128 x 64 pixels and 16 grays. */
#include "card.h"
#include "pixels.h"
#include "start.h"

#define CLOCKS 0x400FE104u
#define SSI 0x40008000u
#define PORT_C 0x40006000u /* bit 7: 1 data, 0 command */
#define PORT_D 0x40007000u /* bit 0: selects the display */
#define DIRECTION 0x400u
#define DIGITAL 0x51Cu

static void output(uint32_t port, uint32_t bit, uint32_t value)
{
    REG32(port + DIRECTION) |= bit;
    REG32(port + DIGITAL) |= bit;
    REG32(port + (bit << 2)) = value;
}

static void send(uint8_t byte)
{
    REG32(SSI + 0x08) = byte;
    while (!(REG32(SSI + 0x0C) & 4u)) { /* until a byte came back: this one has left */
    }
    (void)REG32(SSI + 0x08);
}

void show(void)
{
    /* The whole memory as the window, column by column of a row; then on. */
    static const uint8_t commands[] = {0x15, 0, 63, 0x75, 0, 63, 0xA0, 0x52, 0xAF};
    static uint8_t row[CARD_STRIDE];
    uint32_t i, y;

    REG32(CLOCKS) |= 0x10u;
    REG32(CLOCKS + 4u) |= 0x0Fu;
    output(PORT_D, 1u, 1u);
    REG32(SSI + 0x10) = 2u; /* clock divisor */
    REG32(SSI) = 7u;        /* 8 bits */
    REG32(SSI + 0x04) = 2u; /* on */
    output(PORT_C, 0x80u, 0u);
    for (i = 0; i < sizeof commands; i++)
        send(commands[i]);
    output(PORT_C, 0x80u, 0x80u);
    open_pixels();
    for (y = 0; y < CARD_HEIGHT; y++) {
        read_pixels(row, sizeof row);
        for (i = 0; i < sizeof row; i++)
            send(row[i]);
    }
}
