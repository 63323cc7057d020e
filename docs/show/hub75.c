extern const uint16_t gamma_of[256];  /* 8 bits to the lamps' 10 */
extern uint32_t back_buffer[];  /* the driver's */

void show_card(void)
{
    uint32_t words[256];
    for (unsigned i = 0; i < CARD_COLORS; i++) {
        const uint32_t color = card_palette[i];
        words[i] = (uint32_t)gamma_of[color >> 16 & 255] | (uint32_t)gamma_of[color >> 8 & 255] << 10
            | (uint32_t)gamma_of[color & 255] << 20;
    }
    for (size_t i = 0; i < CARD_BYTES; i++)
        back_buffer[i] = words[card_pixels[i]];
}
