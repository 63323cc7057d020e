/*
 * Runs a program for the ATmega328P on simavr with its SSD1306 of 128 x 64 pixels:
 * simavr_oled PROGRAM twi|spi SCREEN. SCREEN becomes a PGM picture, a byte a pixel.
 */
#include <stdio.h>
#include <string.h>

#include <simavr/parts/ssd1306_virt.h>
#include <simavr/sim_avr.h>
#include <simavr/sim_elf.h>

#define WIDTH 128
#define HEIGHT 64
#define MOST_STEPS 20000000ul

static int lit(const ssd1306_t *oled, int x, int y)
{
    return oled->vram[y / 8][x] >> y % 8 & 1;
}

static int write_screen(const ssd1306_t *oled, const char *path)
{
    FILE *file = fopen(path, "wb");
    int x, y;

    if (file == NULL)
        return 1;
    fprintf(file, "P5 %d %d 255\n", WIDTH, HEIGHT);
    for (y = 0; y < HEIGHT; y++)
        for (x = 0; x < WIDTH; x++)
            putc(lit(oled, x, y) ? 255 : 0, file);
    return fclose(file);
}

int main(int count, char **arguments)
{
    static elf_firmware_t program;
    static ssd1306_t oled;
    ssd1306_wiring_t wiring = {{'B', 2}, {'B', 0}, {'B', 1}};
    unsigned long steps;
    int state = cpu_Running;
    avr_t *avr = avr_make_mcu_by_name("atmega328p");

    if (count != 4 || avr == NULL || elf_read_firmware(arguments[1], &program) != 0)
        return 2;
    avr_init(avr);
    program.frequency = 16000000;
    avr_load_firmware(avr, &program);
    ssd1306_init(avr, &oled, WIDTH, HEIGHT);
    if (strcmp(arguments[2], "spi") == 0)
        ssd1306_connect(&oled, &wiring);
    else
        ssd1306_connect_twi(&oled, &wiring);
    for (steps = 0; state != cpu_Done && state != cpu_Crashed && steps < MOST_STEPS; steps++)
        state = avr_run(avr);
    if (state != cpu_Done || !ssd1306_get_flag(&oled, SSD1306_FLAG_DISPLAY_ON))
        return 3;
    return write_screen(&oled, arguments[3]);
}
