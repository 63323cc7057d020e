void show_card(void)
{
    static const uint8_t zero;
    for (unsigned half = 0; half < 2; half++) {
        chip(1u << half);
        command(0x10); data(card_pixels + half * (CARD_BYTES / 2), CARD_BYTES / 2);
    }
    chip(3);
    command(0x04); wait();  /* power on */
    command(0x12); data(&zero, 1); wait();  /* refresh */
    command(0x02); data(&zero, 1); wait();  /* power off */
}
