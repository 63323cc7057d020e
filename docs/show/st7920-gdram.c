void show_card(void)
{
    command(0x34); command(0x36);  /* extended commands, graphics on */
    for (uint8_t y = 0; y < 32; y++) {
        command(0x80 | y); command(0x80);
        data(card_pixels + y * 32, 32);
    }
}
