void show_card(void)
{
    static const uint8_t write = 0x80, zero = 0;  /* 0xC0 while VCOM is 1 */
    chip(1);  /* active high */
    data(&write, 1);
    for (unsigned line = 1; line <= CARD_HEIGHT; line++) {
        uint8_t number = 0;  /* low bit first */
        for (unsigned bit = 0; bit < 8; bit++)
            number |= (uint8_t)((line >> bit & 1) << (7 - bit));
        data(&number, 1); data(card_pixels + (line - 1) * CARD_STRIDE, CARD_STRIDE); data(&zero, 1);
    }
    data(&zero, 1); chip(0);
}
