/*
 * Startup: a stack, `show`, then the word DONE on the serial line whose data register is UART.
 * Of several processors the first one goes on.
 */
#include "start.h"

#define STACK_BYTES 4096

void start(void);
uint8_t stack[STACK_BYTES] __attribute__((aligned(16)));

#if defined(__ARM_ARCH_7M__)
struct vectors {
    const void *stack;
    void (*reset)(void);
};
extern const struct vectors vectors;
const struct vectors vectors __attribute__((section(".vectors"), used)) = {
    stack + STACK_BYTES, start
};
#elif defined(__m68k__)
__asm__(".globl _start\n_start: lea stack+4096, %sp\n jsr start\n");
#else
#if __ARM_ARCH >= 7
#define PARK "mrc p15, 0, r0, c0, c0, 5\n ands r0, r0, #3\n1: wfene\n bne 1b\n"
#else
#define PARK
#endif
__asm__(".globl _start\n_start: " PARK " ldr sp, =stack+4096\n bl start\n.ltorg\n");
#endif

void start(void)
{
    const char *word;

    show();
    for (word = "DONE"; *word; word++)
        REG8(UART) = (uint8_t)*word;
    for (;;) {
    }
}
