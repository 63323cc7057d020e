void show_card(void)
{
    command(0x04); wait();  /* power on */
    command(0x13); data(card_pixels, CARD_BYTES);
    command(0x12); wait();  /* refresh */
}
