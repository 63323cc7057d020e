void show_card(void)
{
    static const uint8_t write = $write, zero = 0;
    chip(1);  /* active high */
    data(&write, 1);
    data(card_pixels, CARD_BYTES);
    data(&zero, 1);
    chip(0);
}
