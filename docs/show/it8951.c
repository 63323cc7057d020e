void host_command(uint16_t code);  /* the preamble 0x6000, then the code */
void host_words(const uint16_t *words, size_t count);  /* each after the preamble 0x0000 */

void show_card(void)
{
    static const uint16_t load[] = {0x0120, 0, 0, CARD_WIDTH, CARD_HEIGHT};
    static const uint16_t show[] = {0, 0, CARD_WIDTH, CARD_HEIGHT, 2};  /* waveform GC16 */
    host_command(0x0021); host_words(load, 5);  /* big-endian, 4 bits a pixel */
    data(card_pixels, CARD_BYTES);
    host_command(0x0022);
    host_command(0x0034); host_words(show, 5);
}
