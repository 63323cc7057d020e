/* Raspberry Pi: the VideoCore's frame buffer, asked for through its mailbox. */
#include "card.h"
#include "start.h"

#define MAILBOX 0x2000B880u
#define CHANNEL 8u
#define RGB_ORDER 1u

static volatile uint32_t message[512] __attribute__((aligned(16)));
static uint32_t used = 2;

/* A request with one or two words; gives where its first word, and the answer, is. */
static uint32_t ask(uint32_t tag, uint32_t words, uint32_t first, uint32_t second)
{
    uint32_t place = used + 3u;

    message[used] = tag;
    message[used + 1u] = 4u * words;
    message[used + 2u] = 0;
    message[place] = first;
    message[place + 1u] = second;
    used = place + words;
    return place;
}

static void ask_palette(void)
{
#if CARD_BITS == 8
    uint32_t i, place = ask(0x4800Bu, 2u + CARD_COLORS, 0, CARD_COLORS);

    for (i = 0; i < CARD_COLORS; i++)
        message[place + 2u + i] = card_palette[i];
#endif
}

static void send(void)
{
    message[used] = 0;
    message[0] = 4u * (used + 1u);
    message[1] = 0;
    REG32(MAILBOX + 0x20) = (uint32_t)(uintptr_t)message | CHANNEL;
    while (REG32(MAILBOX + 0x18) & 0x40000000u) {
    }
    (void)REG32(MAILBOX);
}

void show(void)
{
    uint32_t x, y, frame, pitch;
    uint8_t *to;

    ask(0x48003u, 2, CARD_WIDTH, CARD_HEIGHT);
    ask(0x48004u, 2, CARD_WIDTH, CARD_HEIGHT);
    ask(0x48005u, 1, CARD_BITS, 0);
    ask(0x48006u, 1, RGB_ORDER, 0);
    frame = ask(0x40001u, 2, 16, 0);
    pitch = ask(0x40008u, 1, 0, 0);
    ask_palette();
    send();
    to = (uint8_t *)(uintptr_t)(message[frame] & 0x3FFFFFFFu);
    for (y = 0; y < CARD_HEIGHT; y++)
        for (x = 0; x < CARD_STRIDE; x++)
            to[y * message[pitch] + x] = card_pixels[y * CARD_STRIDE + x];
}
