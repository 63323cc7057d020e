void show_card(void)
{
    static const uint8_t update = $update;  /* with the waveform for grays loaded */
    command(0x24); data(card_pixels, CARD_BYTES / 2);
    command(0x26); data(card_pixels + CARD_BYTES / 2, CARD_BYTES / 2);
    command(0x22); data(&update, 1); command(0x20); wait();
}
