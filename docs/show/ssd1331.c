void show_card(void)
{
    command(0xA0); command($remap);  /* depth and order of colors */
    command(0x15); command(0); command(CARD_WIDTH - 1);
    command(0x75); command(0); command(CARD_HEIGHT - 1);
    data(card_pixels, CARD_BYTES);
}
