void show_card(void)
{
    command(0x34); command(0x36);  /* extended commands, graphics on */
    for (uint8_t y = 0; y < CARD_HEIGHT; y++) {
        command(0x80 | (y & 31)); command(y < 32 ? 0x80 : 0x88);
        data(card_pixels + y * CARD_STRIDE, CARD_STRIDE);
    }
}
