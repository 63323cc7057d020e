/* A panel that takes pictures from `bitplane upload`, without an operating system. Yours to change.
 * SPDX-License-Identifier: 0BSD
 *
 * For the LM3S6965 evaluation board: UART 0, and its OLED of 128x64 pixels with 16 grays (SSD0323,
 * on SSI 0). QEMU emulates both:
 *   qemu-system-arm -M lm3s6965evb -kernel main.elf -serial pty
 * Registers: LM3S6965 and SSD0323 data sheets. */
#include <stddef.h>

#include "bitplane_panel.h"
#include "bitplane_receiver.h"

#define REG(address) (*(volatile uint32_t *)(address))
#define RCGC1 REG(0x400FE104u)
#define RCGC2 REG(0x400FE108u)
#define PORTC 0x40006000u
#define PORTD 0x40007000u
#define SSI 0x40008000u
#define UART 0x4000C000u
#define DATA_OR_COMMAND 0x80u /* pin C7 */

extern uint32_t stack_top[], data_from[], data_start[], data_end[], bss_start[], bss_end[];
void reset(void);
void *memcpy(void *to, const void *from, size_t size);

static uint8_t slots[BITPLANE_PANEL_SLOTS][BITPLANE_PANEL_BYTES + BITPLANE_RECORD];
static bitplane_receiver receiver;

/* The compiler may call it too, and there is no C library. */
void *memcpy(void *to, const void *from, size_t size)
{
    uint8_t *t = (uint8_t *)to;
    const uint8_t *f = (const uint8_t *)from;
    while (size-- > 0) *t++ = *f++;
    return to;
}

static void panel_send(uint8_t byte)
{
    while (!(REG(SSI + 0x0Cu) & 2u)) {
    }
    REG(SSI + 0x08u) = byte;
    while (!(REG(SSI + 0x0Cu) & 4u)) { /* until it has gone */
    }
    (void)REG(SSI + 0x08u);
}

static void panel_commands(const uint8_t *bytes, unsigned size)
{
    REG(PORTC + (DATA_OR_COMMAND << 2)) = 0;
    for (unsigned i = 0; i < size; i++) panel_send(bytes[i]);
    REG(PORTC + (DATA_OR_COMMAND << 2)) = DATA_OR_COMMAND;
}

static void begin(void)
{
    static const uint8_t on[] = {0xA0, 0x52, 0xAF};
    RCGC1 |= 0x11u; /* clocks for SSI 0, UART 0 and ports A to D */
    RCGC2 |= 0x0Fu;
    REG(PORTC + 0x400u) |= DATA_OR_COMMAND;
    REG(PORTC + 0x51Cu) |= DATA_OR_COMMAND;
    REG(PORTD + 0x400u) |= 1u; /* D0 selects the panel */
    REG(PORTD + 0x51Cu) |= 1u;
    REG(PORTD + (1u << 2)) = 1u;
    REG(SSI + 0x04u) = 0;
    REG(SSI + 0x10u) = 2;
    REG(SSI) = 7;
    REG(SSI + 0x04u) = 2;
    REG(UART + 0x2Cu) = 0x70u; /* 8 bits, with FIFO */
    REG(UART + 0x30u) = 0x301u;
    panel_commands(on, sizeof on);
}

static int line_read(void *user)
{
    (void)user;
    return REG(UART + 0x18u) & 0x10u ? -1 : (int)(REG(UART) & 0xFFu);
}

static void line_write(void *user, uint8_t byte)
{
    (void)user;
    while (REG(UART + 0x18u) & 0x20u) {
    }
    REG(UART) = byte;
}

static int store(void *user, int what, uint8_t slot, uint32_t at, uint8_t *data, uint16_t size)
{
    uint8_t *place = slots[slot] + at;
    (void)user;
    memcpy(what == BITPLANE_PUT ? place : data, what == BITPLANE_PUT ? data : place, size);
    return 0;
}

static int show(void *user, uint8_t slot, uint32_t size)
{
    static const uint8_t whole[] = {0x15, 0, 63, 0x75, 0, 63}; /* columns, rows */
    (void)user;
    panel_commands(whole, sizeof whole);
    for (uint32_t i = 0; i < size; i++) panel_send(slots[slot][i]);
    return 0;
}

void reset(void)
{
    static const bitplane_io io = {line_read, line_write, store, show, NULL};
    uint32_t *from = data_from;
    for (uint32_t *to = data_start; to < data_end; to++) *to = *from++;
    for (uint32_t *to = bss_start; to < bss_end; to++) *to = 0;
    begin();
    bitplane_start(&receiver, &bitplane_panel_data, &io);
    for (;;) bitplane_poll(&receiver);
}

typedef union vector {
    const void *stack;
    void (*handler)(void);
} vector;

__attribute__((section(".vectors"), used)) static const vector vectors[2] = {{stack_top},
                                                                             {.handler = reset}};
