void show_card(void)
{
    static const uint8_t columns[] = {0, CARD_WIDTH - 1}, rows[] = {0, CARD_HEIGHT - 1};
    command(0x15); data(columns, 2);
    command(0x75); data(rows, 2);
    command(0x5C); data(card_pixels, CARD_BYTES);
}
