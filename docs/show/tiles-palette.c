void load_tiles(const uint8_t *tiles, size_t bytes);  /* your SDK's */
void set_map(unsigned column, unsigned row, unsigned tile);
void load_colors(const uint${word}_t *words, unsigned count);

void show_card(void)
{
    load_colors(card_palette, CARD_COLORS);
    load_tiles(card_pixels, CARD_BYTES);  /* to tile memory, from tile 0 */
    for (unsigned row = 0; row < CARD_HEIGHT / 8; row++)
        for (unsigned column = 0; column < CARD_WIDTH / 8; column++)
            set_map(column, row, row * (CARD_WIDTH / 8) + column);
}
