/* Macintosh Quadra 800: its NuBus frame buffer of 640 x 480 pixels, on a big-endian CPU. */
#include "card.h"
#include "start.h"

#define FRAME 0xF9001000u
#define FRAME_STRIDE 0x400u
#define CONTROL 0xF9800000u
#define SERIAL_CONTROL 0x5000C022u

void show(void)
{
    uint32_t i, x, y;

    REG32(CONTROL + 0x200u) = 0; /* from the first entry on */
    for (i = 0; i < CARD_COLORS; i++) {
        REG8(CONTROL + 0x213u) = (uint8_t)(card_palette[i] >> 16);
        REG8(CONTROL + 0x213u) = (uint8_t)(card_palette[i] >> 8);
        REG8(CONTROL + 0x213u) = (uint8_t)card_palette[i];
    }
    for (y = 0; y < CARD_HEIGHT; y++)
        for (x = 0; x < CARD_STRIDE; x++)
            REG8(FRAME + y * FRAME_STRIDE + x) = card_pixels[y * CARD_STRIDE + x];
    REG8(SERIAL_CONTROL) = 5u; /* its transmitter on */
    REG8(SERIAL_CONTROL) = 0x6Au;
}
