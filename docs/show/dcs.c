void show_card(void)
{
    static const uint8_t columns[] = {$left_high, $left_low, $right_high, $right_low};
    static const uint8_t rows[] = {$top_high, $top_low, $bottom_high, $bottom_low};
    static const uint8_t format = $format;
    command(0x3A); data(&format, 1);
    command(0x2A); data(columns, 4);
    command(0x2B); data(rows, 4);
    command(0x2C); data(card_pixels, CARD_BYTES);
}
