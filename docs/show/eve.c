void eve_write(uint32_t address, const uint8_t *bytes, size_t count);
void eve_display(uint32_t word);  /* adds to the display list */

void show_card(void)
{
    enum { PALETTE = 0, PIXELS = 512 };  /* addresses in RAM_G */
    eve_write(PALETTE, (const uint8_t *)card_palette, sizeof card_palette);  /* a little-endian CPU */
    eve_write(PIXELS, card_pixels, CARD_BYTES);
    eve_display(0x01000000u | PIXELS);  /* BITMAP_SOURCE */
    eve_display(0x07000000u | 14u << 19 | CARD_WIDTH << 9 | CARD_HEIGHT);  /* BITMAP_LAYOUT */
    eve_display(0x08000000u | CARD_WIDTH << 9 | CARD_HEIGHT);  /* BITMAP_SIZE */
    eve_display(0x2A000000u | PALETTE);  /* PALETTE_SOURCE */
    eve_display(0x1F000001u);  /* BEGIN(BITMAPS) */
    eve_display(0x80000000u);  /* VERTEX2II(0, 0) */
}
