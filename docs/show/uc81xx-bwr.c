void show_card(void)
{
    command(0x04); wait();  /* power on */
    command(0x10); data(card_pixels, CARD_BYTES / 2);  /* black */
    command(0x13); data(card_pixels + CARD_BYTES / 2, CARD_BYTES / 2);  /* red */
    command(0x12); wait();
}
