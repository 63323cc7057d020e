void show_card(void)
{
    static const uint8_t update = 0xF7;
    command(0x24);  /* the left half */
    for (unsigned y = 0; y < CARD_HEIGHT; y++)
        data(card_pixels + y * CARD_STRIDE, 50);
    command(0xA4);  /* the right half, of the other controller */
    for (unsigned y = 0; y < CARD_HEIGHT; y++)
        data(card_pixels + y * CARD_STRIDE + 49, 50);
    command(0x22); data(&update, 1); command(0x20); wait();
}
