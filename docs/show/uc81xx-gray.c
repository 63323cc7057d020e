void show_card(void)
{
    enum { PLANE_0 = 0x13, PLANE_1 = 0x10 };  /* 0x24 and 0x26 on SSD16xx */
    command(PLANE_0); data(card_pixels, CARD_BYTES / 2);  /* with the waveform for grays loaded */
    command(PLANE_1); data(card_pixels + CARD_BYTES / 2, CARD_BYTES / 2);
    command(0x12); wait();  /* 0x22, 0x20 on SSD16xx */
}
