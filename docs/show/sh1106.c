void show_card(void)
{
    for (uint8_t page = 0; page < CARD_HEIGHT / 8; page++) {
        command(0xB0 + page);
        command(0x00 | ($left & 15));  /* column, low half */
        command(0x10 | ($left >> 4));  /* and high half */
        data(card_pixels + page * CARD_STRIDE, CARD_WIDTH);
    }
}
