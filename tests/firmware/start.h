/* What all firmware here shares: registers, and the startup in start.c. */
#ifndef START_H
#define START_H

#include <stdint.h>

#define REG8(address) (*(volatile uint8_t *)(address))
#define REG16(address) (*(volatile uint16_t *)(address))
#define REG32(address) (*(volatile uint32_t *)(address))

/* Puts the picture of card.h on the screen. */
void show(void);

#endif
