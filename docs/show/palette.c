void set_palette(const uint${word}_t *words, unsigned count);
extern uint8_t *frame;  /* $frame */

void show_card(void)
{
    set_palette(card_palette, CARD_COLORS);
    for (size_t i = 0; i < CARD_BYTES; i++)
        frame[i] = card_pixels[i];
}
