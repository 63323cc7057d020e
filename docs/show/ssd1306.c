void show_card(void)
{
    command(0x20); command(0x00);  /* horizontal addressing */
    command(0x21); command($left); command($right);  /* columns */
    command(0x22); command(0); command(CARD_HEIGHT / 8 - 1);
    data(card_pixels, CARD_BYTES);
}
