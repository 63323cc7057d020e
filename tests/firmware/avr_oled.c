/*
 * ATmega328P: a picture in flash to an SSD1306 of 128 x 64 pixels, by I2C, or by SPI with BUS_SPI
 * (port B: 0 data or command, 1 reset, 2 select).
 */
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/pgmspace.h>
#include <avr/sleep.h>

#include "card.h"

#define BITPLANE_READ(address) pgm_read_byte(address)
#include "pixels.h"

#define DATA 0x40
#define COMMAND 0x00
#define RUN 16u /* bytes sent at a time */

#ifdef BUS_SPI
static void open(uint8_t kind)
{
    PORTB = kind == DATA ? 0x03 : 0x02;
}

static void put(uint8_t byte)
{
    SPDR = byte;
    while (!(SPSR & (1 << SPIF))) {
    }
}

static void close(void)
{
    PORTB = 0x06;
}

static void setup(void)
{
    DDRB = 0x2F;
    PORTB = 0x04; /* reset */
    PORTB = 0x06;
    SPCR = (1 << SPE) | (1 << MSTR);
}
#else
#define ADDRESS 0x3C

static void step(uint8_t what)
{
    TWCR = (uint8_t)(what | (1 << TWINT) | (1 << TWEN));
    while (!(TWCR & (1 << TWINT))) {
    }
}

static void put(uint8_t byte)
{
    TWDR = byte;
    step(0);
}

static void open(uint8_t kind)
{
    step(1 << TWSTA);
    put(ADDRESS << 1);
    put(kind);
}

static void close(void)
{
    TWCR = (1 << TWINT) | (1 << TWSTO) | (1 << TWEN);
    while (TWCR & (1 << TWSTO)) {
    }
}

static void setup(void)
{
    TWBR = 12;
}
#endif

static void command(uint8_t byte)
{
    open(COMMAND);
    put(byte);
    close();
}

int main(void)
{
    /* Horizontal addressing of the whole memory, not inverted, from memory, on. */
    static const uint8_t commands[] PROGMEM = {
        0x20, 0, 0x21, 0, CARD_WIDTH - 1, 0x22, 0, CARD_HEIGHT / 8 - 1, 0xA6, 0xA4, 0xAF
    };
    uint8_t run[RUN];
    uint16_t i, sent;

    setup();
    for (i = 0; i < sizeof commands; i++)
        command(pgm_read_byte(&commands[i]));
    open_pixels();
    for (sent = 0; sent < CARD_BYTES; sent += RUN) {
        read_pixels(run, RUN);
        open(DATA);
        for (i = 0; i < RUN; i++)
            put(run[i]);
        close();
    }
    cli();
    sleep_mode(); /* without interrupts: the simulator ends here */
    return 0;
}
