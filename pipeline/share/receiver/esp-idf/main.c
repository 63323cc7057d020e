/* A panel that takes pictures from `bitplane upload`, on ESP-IDF. Yours to change.
 * SPDX-License-Identifier: 0BSD
 *
 * Fill in panel_begin() with your panel's esp_lcd driver. The line is UART 1, so that the log on
 * UART 0 stays out of the way; set its pins. */
#include <string.h>

#include "driver/uart.h"
#include "esp_lcd_panel_ops.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"

#include "bitplane_panel.h"
#include "bitplane_receiver.h"

#define LINE UART_NUM_1
#define LINE_TX 17
#define LINE_RX 16
#define LINE_BAUD 921600

static uint8_t slots[BITPLANE_PANEL_SLOTS][BITPLANE_PANEL_BYTES + BITPLANE_RECORD];
static bitplane_receiver receiver;
static esp_lcd_panel_handle_t panel;

static void panel_begin(void)
{
    /* for example: spi_bus_initialize, esp_lcd_new_panel_io_spi, esp_lcd_new_panel_st7789(&panel) */
}

static int line_read(void *user)
{
    uint8_t byte;
    (void)user;
    return uart_read_bytes(LINE, &byte, 1, 0) == 1 ? byte : -1;
}

static void line_write(void *user, uint8_t byte)
{
    (void)user;
    uart_write_bytes(LINE, &byte, 1);
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
    (void)user;
    (void)size;
    return esp_lcd_panel_draw_bitmap(panel, 0, 0, BITPLANE_PANEL_WIDTH, BITPLANE_PANEL_HEIGHT,
                                     slots[slot]) == ESP_OK
               ? 0
               : 1;
}

void app_main(void)
{
    static const bitplane_io io = {line_read, line_write, store, show, NULL};
    uart_config_t settings = {0};
    settings.baud_rate = LINE_BAUD;
    settings.data_bits = UART_DATA_8_BITS;
    settings.parity = UART_PARITY_DISABLE;
    settings.stop_bits = UART_STOP_BITS_1;
    settings.flow_ctrl = UART_HW_FLOWCTRL_DISABLE;
    uart_driver_install(LINE, BITPLANE_PANEL_WINDOW * (BITPLANE_FRAME + 32), 0, 0, NULL, 0);
    uart_param_config(LINE, &settings);
    uart_set_pin(LINE, LINE_TX, LINE_RX, UART_PIN_NO_CHANGE, UART_PIN_NO_CHANGE);
    panel_begin();
    bitplane_start(&receiver, &bitplane_panel_data, &io);
    for (;;) {
        if (!bitplane_poll(&receiver)) vTaskDelay(1);
    }
}
