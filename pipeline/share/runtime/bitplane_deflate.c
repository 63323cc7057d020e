/* bitplane deflate; what it is and its license (0BSD) stand in bitplane_deflate.h. */
#include "bitplane_deflate.h"

#include "bitplane_inner.h"

enum { HEAD, STORED, CODED, OVER }; /* what comes next; STORED and CODED are kinds of blocks */
enum { LITERALS = 288, DISTANCES = 32, LENGTHS = 19, LONGEST = 15, END = 256, NO_SYMBOL = 999 };

static void start(struct bitplane_deflate *d, const uint8_t *data, size_t size) {
    d->in.data = data;
    d->in.end = data + size;
    d->held = 0;
    d->left = d->distance = 0;
    d->bits = d->last = 0;
    d->block = HEAD;
}

void bitplane_deflate_init(struct bitplane_deflate *d, const uint8_t *data, size_t size,
                           uint8_t *window, size_t window_size) {
    start(d, data, size);
    if (!bitplane_open(&d->window, window, window_size)) d->block = OVER;
}

/* A byte more; zeros behind the end, and then nothing more is given. */
static void refill(struct bitplane_deflate *d) {
    if (d->in.data == d->in.end)
        d->block = OVER;
    else
        d->held |= (uint32_t)BITPLANE_READ(d->in.data++) << d->bits;
    d->bits = (uint8_t)(d->bits + 8u);
}

/* Up to 16 bits, the lowest first. */
static uint16_t bits(struct bitplane_deflate *d, uint8_t count) {
    uint16_t value;
    while (d->bits < count) refill(d);
    value = (uint16_t)(d->held & (((uint32_t)1 << count) - 1u));
    d->held >>= count;
    d->bits = (uint8_t)(d->bits - count);
    return value;
}

/* The code that a list of lengths describes (RFC 1951, 3.2.2); 0 where it has more symbols than
 * bits allow. */
static int describe(struct bitplane_codes *codes, uint8_t *symbols, const uint8_t *lengths,
                    uint16_t count) {
    uint16_t next[LONGEST + 1], symbol, place = 0;
    int32_t room = 1;
    uint8_t length;
    for (length = 0; length <= LONGEST; length++) codes->counts[length] = codes->low[length] = 0;
    for (symbol = 0; symbol < count; symbol++) {
        codes->counts[lengths[symbol]]++;
        if (symbol < 256u) codes->low[lengths[symbol]]++;
    }
    for (length = 1; length <= LONGEST; length++) {
        room = room * 2 - codes->counts[length];
        if (room < 0) return 0;
        next[length] = place;
        place = (uint16_t)(place + codes->counts[length]);
    }
    for (symbol = 0; symbol < count; symbol++)
        if (lengths[symbol] != 0) symbols[next[lengths[symbol]]++] = (uint8_t)symbol;
    return 1;
}

/* The next symbol. Codes of a length are numbers in a row, so what counts is how far the bits so
 * far are past the codes that are shorter. */
static uint16_t symbol(struct bitplane_deflate *d, const struct bitplane_codes *codes,
                       const uint8_t *symbols) {
    uint16_t code = 0, place = 0, count;
    uint8_t length;
    for (length = 1; length <= LONGEST; length++) {
        if (d->bits == 0) refill(d);
        code = (uint16_t)((unsigned)code << 1 | (unsigned)(d->held & 1u));
        d->held >>= 1;
        d->bits--;
        count = codes->counts[length];
        if (code < count) {
            uint16_t found = symbols[place + code];
            return code < codes->low[length] ? found : (uint16_t)(found + 256u);
        }
        code = (uint16_t)(code - count);
        place = (uint16_t)(place + count);
    }
    return NO_SYMBOL;
}

/* The order in which the lengths of the lengths' code come: 16 17 18 0 8 7 9 6 10 ... 1 15. */
static uint8_t ordered(uint8_t place) {
    if (place < 3u) return (uint8_t)(16u + place);
    if (place == 3u) return 0;
    return (uint8_t)((place & 1u ? 19u - place : 12u + place) >> 1);
}

/* Lengths of both codes, themselves in a code; 0 where they make no sense. */
static int coded_lengths(struct bitplane_deflate *d, uint8_t *lengths, uint16_t count) {
    uint16_t place = 0, what, times;
    while (place < count) {
        uint8_t length = 0;
        what = symbol(d, &d->distances, d->literal_symbols);
        if (what > 18u || d->block == OVER) return 0;
        times = 1;
        if (what < 16u) {
            length = (uint8_t)what;
        } else if (what == 16u) {
            if (place == 0) return 0;
            length = lengths[place - 1u];
            times = (uint16_t)(3u + bits(d, 2));
        } else {
            times = what == 17u ? (uint16_t)(3u + bits(d, 3)) : (uint16_t)(11u + bits(d, 7));
        }
        if (times > count - place) return 0;
        while (times-- > 0) lengths[place++] = length;
    }
    return 1;
}

static int both(struct bitplane_deflate *d, const uint8_t *lengths, uint16_t literals,
                uint16_t distances) {
    return describe(&d->literals, d->literal_symbols, lengths, literals) &&
           describe(&d->distances, d->distance_symbols, lengths + literals, distances);
}

static int dynamic(struct bitplane_deflate *d, uint8_t lengths[LITERALS + DISTANCES]) {
    uint16_t literals = (uint16_t)(bits(d, 5) + 257u), distances = (uint16_t)(bits(d, 5) + 1u);
    uint8_t count = (uint8_t)(bits(d, 4) + 4u), place;
    if (literals > 286u) return 0;
    for (place = 0; place < LENGTHS; place++) lengths[place] = 0;
    for (place = 0; place < count; place++) lengths[ordered(place)] = (uint8_t)bits(d, 3);
    if (!describe(&d->distances, d->literal_symbols, lengths, LENGTHS)) return 0;
    return coded_lengths(d, lengths, (uint16_t)(literals + distances)) &&
           both(d, lengths, literals, distances);
}

static int fixed(struct bitplane_deflate *d, uint8_t lengths[LITERALS + DISTANCES]) {
    uint16_t place;
    for (place = 0; place < LITERALS + DISTANCES; place++)
        lengths[place] = place >= LITERALS ? 5u : place < 144u ? 8u : place < 256u ? 9u
                         : place < 280u    ? 7u
                                           : 8u;
    return both(d, lengths, LITERALS, DISTANCES);
}

/* Bytes as they are: their number, and its complement. */
static int stored(struct bitplane_deflate *d) {
    uint16_t complement;
    d->held = d->bits = 0; /* never more than what was left of a byte */
    d->left = bits(d, 16);
    complement = bits(d, 16);
    d->distance = 0;
    return (d->left ^ complement) == 0xFFFFu;
}

/* Takes the head of a block. */
static int head(struct bitplane_deflate *d) {
    uint8_t lengths[LITERALS + DISTANCES];
    uint16_t kind;
    if (d->last) return 0;
    d->last = (uint8_t)bits(d, 1);
    kind = bits(d, 2);
    if (d->block == OVER || kind == 3u) return 0;
    d->block = kind == 0 ? STORED : CODED;
    return kind == 0 ? stored(d) : kind == 1u ? fixed(d, lengths) : dynamic(d, lengths);
}

/* How far back, and how often: what follows the symbol of a length. */
static int match(struct bitplane_deflate *d, uint16_t what) {
    uint8_t extra = 0;
    what = (uint16_t)(what - 257u);
    if (what > 28u) return 0;
    if (what >= 8u && what < 28u) extra = (uint8_t)((what >> 2) - 1u);
    d->left = what < 8u      ? (uint16_t)(what + 3u)
              : what == 28u ? 258u
                            : (uint16_t)(((4u + (what & 3u)) << extra) + 3u);
    d->left = (uint16_t)(d->left + bits(d, extra));
    what = symbol(d, &d->distances, d->distance_symbols);
    if (what > 29u) return 0;
    extra = what < 4u ? 0 : (uint8_t)((what >> 1) - 1u);
    d->distance = what < 4u ? (uint16_t)(what + 1u) : (uint16_t)(((2u + (what & 1u)) << extra) + 1u);
    d->distance = (uint16_t)(d->distance + bits(d, extra));
    return d->block != OVER && bitplane_reaches(&d->window, d->distance);
}

/* Bytes of a stored block. */
static size_t copied(struct bitplane_deflate *d, uint8_t *out, size_t room) {
    size_t part = bitplane_least(d->left, room), i;
    part = bitplane_least(part, (size_t)(d->in.end - d->in.data));
    for (i = 0; i < part; i++) bitplane_put(&d->window, out + i, BITPLANE_READ(d->in.data++));
    d->left = (uint16_t)(d->left - part);
    if (part == 0) d->block = d->left == 0 ? HEAD : OVER;
    return part;
}

/* A literal, or what a match begins with; how many bytes were given, and OVER at damage. */
static size_t coded(struct bitplane_deflate *d, uint8_t *out) {
    uint16_t what = symbol(d, &d->literals, d->literal_symbols);
    if (d->block == OVER) return 0;
    if (what < END) {
        bitplane_put(&d->window, out, (uint8_t)what);
        return 1;
    }
    if (what == END)
        d->block = HEAD;
    else if (!match(d, what))
        d->block = OVER;
    return 0;
}

size_t bitplane_deflate_read(struct bitplane_deflate *d, uint8_t *out, size_t count) {
    size_t given = 0, part;
    while (given < count && d->block != OVER) {
        if (d->block == HEAD) {
            if (!head(d)) d->block = OVER;
        } else if (d->block == STORED) {
            given += copied(d, out + given, count - given);
        } else if (d->left == 0) {
            given += coded(d, out + given);
        } else {
            part = bitplane_least(d->left, count - given);
            bitplane_again(&d->window, out + given, part, d->distance);
            d->left = (uint16_t)(d->left - part);
            given += part;
        }
    }
    return given;
}

size_t bitplane_deflate_all(const uint8_t *data, size_t size, uint8_t *out, size_t count) {
    struct bitplane_deflate d;
    start(&d, data, size);
    bitplane_open_all(&d.window, out);
    return bitplane_deflate_read(&d, out, count);
}
