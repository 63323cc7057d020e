void show_card(void)
{
    command(0xA0); command(0x51);  /* even x in the high nibble */
    command(0x15); command(0); command(CARD_WIDTH / 2 - 1);  /* bytes of two pixels */
    command(0x75); command(0); command(CARD_HEIGHT - 1);
    data(card_pixels, CARD_BYTES);
}
