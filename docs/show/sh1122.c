void show_card(void)
{
    for (uint8_t row = 0; row < CARD_HEIGHT; row++) {
        command(0xB0); command(row);
        command(0x00); command(0x10);  /* column 0 */
        data(card_pixels + row * CARD_STRIDE, CARD_STRIDE);
    }
}
