void show_card(void)
{
    command(0x20);  /* horizontal addressing */
    command(0x80); command(0x40);  /* X and Y at 0 */
    data(card_pixels, CARD_BYTES);
}
