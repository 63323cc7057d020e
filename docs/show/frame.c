extern uint8_t *frame;  /* $frame */
void show_frame(void);

void show_card(void)
{
    for (size_t i = 0; i < CARD_BYTES; i++)
        frame[i] = card_pixels[i];
    show_frame();
}
