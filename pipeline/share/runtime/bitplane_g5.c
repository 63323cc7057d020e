/* bitplane g5; what it is and its license (0BSD) stand in bitplane_g5.h. */
#include "bitplane_g5.h"

#include "bitplane_inner.h"

enum { BLACK = 0, WHITE = 0xFF };
static const uint8_t SHORT_RUN = 3; /* bits of a short run */

static void start(struct bitplane_g5 *d, const uint8_t *data, size_t size, uint16_t width) {
    bitplane_start_bits(&d->in, data, size);
    if (width == 0 || width > 65528u) bitplane_stop_bits(&d->in);
    d->width = width;
    d->place = d->bytes = (uint16_t)((width >> 3) + ((width & 7u) != 0));
    for (d->long_run = 0; width != 0; width >>= 1) d->long_run++;
}

static void blank(uint8_t *row, uint16_t bytes) {
    while (bytes-- > 0) *row++ = WHITE;
}

void bitplane_g5_init(struct bitplane_g5 *d, const uint8_t *data, size_t size, uint8_t *row,
                      size_t row_size, uint16_t width) {
    start(d, data, size, width);
    d->row = row;
    if (row_size < d->bytes)
        bitplane_stop_bits(&d->in);
    else
        blank(row, d->bytes);
}

/* The first pixel from `at` on that is not of a color, or the row's end. */
static uint16_t skip(const struct bitplane_g5 *d, uint16_t at, uint8_t color) {
    while (at < d->width) {
        uint8_t others = (uint8_t)((d->row[at >> 3] ^ color) << (at & 7u));
        if (others == 0) {
            at = (uint16_t)((at | 7u) + 1u);
            continue;
        }
        for (; (others & 0x80u) == 0; others = (uint8_t)(others << 1)) at++;
        break;
    }
    return at < d->width ? at : d->width;
}

/* Where the row above changes from a color to the other: b1 of ITU-T T.6. `first` is the first
 * pixel that counts; the one before it is still that of the row above. */
static uint16_t change(const struct bitplane_g5 *d, uint16_t first, uint8_t color) {
    uint8_t before = WHITE;
    if (first > 0 && !(d->row[(first - 1u) >> 3] & (0x80u >> ((first - 1u) & 7u)))) before = BLACK;
    if (before != color) first = skip(d, first, before);
    return skip(d, first, color);
}

static void fill(struct bitplane_g5 *d, uint16_t at, uint16_t end, uint8_t color) {
    while (at < end) {
        uint8_t *byte = &d->row[at >> 3];
        uint16_t next = (uint16_t)((at | 7u) + 1u);
        uint8_t mask = (uint8_t)(0xFFu >> (at & 7u));
        if (next > end) mask = (uint8_t)(mask & ~(0xFFu >> (end & 7u)));
        *byte = (uint8_t)((*byte & ~mask) | (color & mask));
        at = next;
    }
}

/* Two runs, of the color and of the other; where they end, or past the width at damage. */
static uint16_t runs(struct bitplane_g5 *d, uint16_t at, uint8_t color) {
    uint8_t which = (uint8_t)bitplane_number(&d->in, 2), turn;
    for (turn = 0; turn < 2u; turn++) {
        uint16_t run = bitplane_number(&d->in, which & (2u >> turn) ? d->long_run : SHORT_RUN);
        if (d->in.over || run > d->width - at) return UINT16_MAX;
        fill(d, at, (uint16_t)(at + run), turn == 0 ? color : (uint8_t)~color);
        at = (uint16_t)(at + run);
    }
    return at;
}

/* Where a change is that is right or left of one above: 1, 01x, 00001x and 000001x, of which the
 * zeros were read. Past the width where that would be before `at`. */
static uint16_t near(struct bitplane_g5 *d, uint8_t zeros, uint16_t above, uint16_t at) {
    uint16_t by = zeros < 2u ? zeros : (uint16_t)(zeros - 2u);
    if (by == 0) return above;
    if (bitplane_bit(&d->in)) return (uint16_t)(above + by);
    return above < at + by ? UINT16_MAX : (uint16_t)(above - by);
}

/* The next row, over the one above: what is left of `at` is new. 0 where there is none. */
static int next_row(struct bitplane_g5 *d) {
    uint16_t at = 0, first = 0, end, above;
    uint8_t color = WHITE, zeros;
    while (at < d->width) {
        for (zeros = 0; zeros < 6u && !bitplane_bit(&d->in);) zeros++;
        above = change(d, first, color);
        if (zeros == 2) { /* runs: 001 */
            end = runs(d, at, color);
        } else if (zeros == 3) { /* the row above has two changes more: 0001 */
            end = skip(d, above, (uint8_t)~color);
            fill(d, at, end, color);
        } else {
            end = near(d, zeros, above, at);
            if (end <= d->width) fill(d, at, end, color);
            color = (uint8_t)~color;
        }
        if (d->in.over || zeros > 5u || end > d->width) return 0;
        at = end;
        first = (uint16_t)(at + 1u);
    }
    return 1;
}

size_t bitplane_g5_read(struct bitplane_g5 *d, uint8_t *out, size_t count) {
    size_t given;
    for (given = 0; given < count; given++) {
        if (d->place == d->bytes) {
            if (d->in.over || !next_row(d)) {
                bitplane_stop_bits(&d->in);
                break;
            }
            d->place = 0;
        }
        out[given] = d->row[d->place++];
    }
    return given;
}

size_t bitplane_g5_all(const uint8_t *data, size_t size, uint8_t *out, size_t count,
                       uint16_t width) {
    struct bitplane_g5 d;
    size_t given = 0;
    start(&d, data, size, width);
    while (!d.in.over && count - given >= d.bytes) {
        d.row = out + given;
        if (given == 0) {
            blank(d.row, d.bytes);
        } else {
            const uint8_t *above = d.row - d.bytes;
            uint16_t i;
            for (i = 0; i < d.bytes; i++) d.row[i] = above[i];
        }
        if (!next_row(&d)) break;
        given += d.bytes;
    }
    return given;
}
