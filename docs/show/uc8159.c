void show_card(void)
{
    static const uint8_t zero;
    command(0x10); data(card_pixels, CARD_BYTES);
    command(0x04); wait();  /* power on */
    command(0x12); data(&zero, 1); wait();  /* refresh */
    command(0x02); data(&zero, 1); wait();  /* power off */
}
