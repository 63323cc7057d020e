void show_card(void)
{
    static const uint8_t write = 0x80, zero = 0;  /* 0xC0 while VCOM is 1 */
    chip(1);  /* active high */
    data(&write, 1);
    data(card_pixels, CARD_BYTES);
    data(&zero, 1);
    chip(0);
}
