void show_card(void)
{
    static const uint8_t update = 0xF7, zero[2];
    command(0x4E); data(zero, $counter); command(0x4F); data(zero, 2);
    command(0x24); data(card_pixels, CARD_BYTES / 2);  /* black */
    command(0x4E); data(zero, $counter); command(0x4F); data(zero, 2);
    command(0x26); data(card_pixels + CARD_BYTES / 2, CARD_BYTES / 2);  /* red */
    command(0x22); data(&update, 1); command(0x20); wait();
}
