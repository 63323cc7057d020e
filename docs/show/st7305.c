void show_card(void)
{
    static const uint8_t columns[] = {$columns}, rows[] = {0, $last};
    command(0x2A); data(columns, 2);  /* units of twelve pixels */
    command(0x2B); data(rows, 2);  /* units of two rows */
    command(0x2C); data(card_pixels, CARD_BYTES);
}
