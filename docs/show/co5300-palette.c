void show_card(void)
{
    static const uint8_t columns[] = {$left_high, $left_low, $right_high, $right_low};
    static const uint8_t rows[] = {$top_high, $top_low, $bottom_high, $bottom_low};
    for (uint8_t i = 0; i < CARD_COLORS; i++) {
        const uint32_t color = card_palette[i];
        const uint8_t rgb[] = {(uint8_t)(color >> 16), (uint8_t)(color >> 8), (uint8_t)color};
        command(0x70 + i); data(rgb, 3);
    }
    command(0x2A); data(columns, 4); command(0x2B); data(rows, 4);
    command(0x2C); data(card_pixels, CARD_BYTES);
}
