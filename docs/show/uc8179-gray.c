void show_card(void)
{
    command(0x10); data(card_pixels, CARD_BYTES / 2);  /* with the waveform for grays loaded */
    command(0x13); data(card_pixels + CARD_BYTES / 2, CARD_BYTES / 2);
    command(0x12); wait();
}
