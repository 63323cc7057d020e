/* A panel that takes pictures from `bitplane upload`, on Zephyr. Yours to change.
 * SPDX-License-Identifier: 0BSD
 *
 * prj.conf: CONFIG_SERIAL=y CONFIG_UART_INTERRUPT_DRIVEN=y CONFIG_RING_BUFFER=y CONFIG_DISPLAY=y
 * The device tree chooses the line (zephyr,console; turn CONFIG_CONSOLE off) and the panel
 * (zephyr,display). */
#include <string.h>
#include <zephyr/device.h>
#include <zephyr/drivers/display.h>
#include <zephyr/drivers/uart.h>
#include <zephyr/kernel.h>
#include <zephyr/sys/ring_buffer.h>

#include "bitplane_panel.h"
#include "bitplane_receiver.h"

/* Room for as many frames as the panel says that it can take at once. */
RING_BUF_DECLARE(incoming, BITPLANE_PANEL_WINDOW * (BITPLANE_FRAME + 32u));

static const struct device *const line = DEVICE_DT_GET(DT_CHOSEN(zephyr_console));
static const struct device *const panel = DEVICE_DT_GET(DT_CHOSEN(zephyr_display));
static uint8_t slots[BITPLANE_PANEL_SLOTS][BITPLANE_PANEL_BYTES + BITPLANE_RECORD];
static bitplane_receiver receiver;

static void interrupt(const struct device *uart, void *user)
{
    uint8_t bytes[16];
    int came;
    (void)user;
    while (uart_irq_update(uart) && uart_irq_rx_ready(uart)) {
        came = uart_fifo_read(uart, bytes, sizeof bytes);
        if (came <= 0) break;
        ring_buf_put(&incoming, bytes, (uint32_t)came);
    }
}

static int line_read(void *user)
{
    uint8_t byte;
    (void)user;
    return ring_buf_get(&incoming, &byte, 1) == 1 ? byte : -1;
}

static void line_write(void *user, uint8_t byte)
{
    (void)user;
    uart_poll_out(line, byte);
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
    struct display_buffer_descriptor whole = {0};
    (void)user;
    whole.buf_size = size;
    whole.width = whole.pitch = BITPLANE_PANEL_WIDTH;
    whole.height = BITPLANE_PANEL_HEIGHT;
    return display_write(panel, 0, 0, &whole, slots[slot]);
}

int main(void)
{
    static const bitplane_io io = {line_read, line_write, store, show, NULL};
    if (!device_is_ready(line) || !device_is_ready(panel)) return 1;
    display_blanking_off(panel);
    uart_irq_callback_user_data_set(line, interrupt, NULL);
    uart_irq_rx_enable(line);
    bitplane_start(&receiver, &bitplane_panel_data, &io);
    for (;;) {
        if (!bitplane_poll(&receiver)) k_msleep(1);
    }
}
