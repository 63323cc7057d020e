/* Unpacks the streams of streams.h row after row on QEMU's LM3S6965 board, run with -icount shift=0
 * -semihosting, and prints for each its CRC-32 and how many instructions it took. */
#include "bitplane_unpack.h"
#include "streams.h"

#define REG(address) (*(volatile uint32_t *)(address))
#define SYSTICK_CONTROL REG(0xE000E010u)
#define SYSTICK_LAST REG(0xE000E014u)
#define SYSTICK_NOW REG(0xE000E018u)
#define LOOPS 1000000u

static uint8_t window[32768], row[ROW], stack[4096] __attribute__((aligned(8)));
static struct bitplane_unpack unpack;

void start(void);
void *memset(void *to, int value, size_t size);

struct vectors {
    const void *stack;
    void (*reset)(void);
};
extern const struct vectors vectors;
const struct vectors vectors __attribute__((section(".vectors"), used)) = {stack + sizeof stack, start};

/* The compiler may call it, and there is no C library. */
void *memset(void *to, int value, size_t size)
{
    volatile uint8_t *byte = to;
    while (size-- > 0) *byte++ = (uint8_t)value;
    return to;
}

static void host(uint32_t what, const void *with)
{
    register uint32_t r0 __asm__("r0") = what;
    register const void *r1 __asm__("r1") = with;
    __asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
}

static void print(uint32_t value, char end)
{
    char text[10];
    for (unsigned i = 0; i < 8; i++) text[i] = "0123456789abcdef"[value >> (28u - 4u * i) & 15u];
    text[8] = end;
    text[9] = 0;
    host(4, text);
}

static uint32_t crc(uint32_t sum, const uint8_t *p, size_t size)
{
    while (size-- > 0) {
        sum ^= *p++;
        for (unsigned i = 0; i < 8; i++) sum = sum >> 1 ^ (0xEDB88320u & (0u - (sum & 1u)));
    }
    return sum;
}

static void loops(uint32_t count)
{
    __asm__ volatile("1: sub %0, #1\n cmp %0, #0\n bne 1b" : "+r"(count) : : "cc");
}

static uint32_t ticks_since(uint32_t then) { return (then - SYSTICK_NOW) & 0xFFFFFFu; }

static void measure(const struct stream *s)
{
    uint32_t sum = 0xFFFFFFFFu, ticks = 0, then;
    size_t left = BYTES;
    then = SYSTICK_NOW;
    bitplane_unpack_init(&unpack, s->codec, s->data, s->size, s->parameter, window, sizeof window);
    ticks = ticks_since(then);
    for (; left > 0; left -= ROW) {
        then = SYSTICK_NOW;
        if (bitplane_unpack_read(&unpack, row, ROW) != ROW) break;
        ticks += ticks_since(then);
        sum = crc(sum, row, ROW);
    }
    print(~sum, ' ');
    print(ticks, '\n');
}

void start(void)
{
    uint32_t then;
    SYSTICK_LAST = 0xFFFFFFu;
    SYSTICK_NOW = 0;
    SYSTICK_CONTROL = 5;
    then = SYSTICK_NOW;
    loops(LOOPS); /* of 3 instructions */
    print(3u * LOOPS, ' ');
    print(ticks_since(then), '\n');
    for (unsigned i = 0; i < sizeof streams / sizeof *streams; i++) measure(&streams[i]);
    host(0x18, (const void *)0x20026u);
    for (;;) {
    }
}
