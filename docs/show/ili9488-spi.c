void show_card(void)
{
    static const uint8_t columns[] = {$left_high, $left_low, $right_high, $right_low};
    static const uint8_t rows[] = {$top_high, $top_low, $bottom_high, $bottom_low};
    command(0x2A); data(columns, 4); command(0x2B); data(rows, 4);
    command(0x2C);
    for (size_t i = 0; i < CARD_BYTES; i++) {
        const uint32_t color = card_palette[card_pixels[i]];
        const uint8_t rgb[] = {(uint8_t)(color >> 16), (uint8_t)(color >> 8), (uint8_t)color};
        data(rgb, 3);
    }
}
