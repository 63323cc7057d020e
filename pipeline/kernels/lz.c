/* Matches of a text with its own past, and the cheapest way through them. */
#include "kernels.h"

#define NONE (-1)
#define DEAR UINT32_MAX

/* --- matches --- */

/* Suffixes that begin with the same two bytes form a tree: ordered by what follows them, the latest
 * one on top. So the way down to where a suffix belongs meets, latest first, each suffix that agrees
 * with it further than all later ones. */
typedef struct {
    const bp_text *text;
    int32_t *heads, *smaller, *greater;
    size_t distance, length; /* what is left here of the longest match of the last place */
} forest;

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

static size_t agreement(const uint8_t *data, size_t a, size_t b, size_t from, size_t most)
{
    while (from < most && data[a + from] == data[b + from])
        from++;
    return from;
}

/* What is known to agree that far back, without a look: as much as both bounds do, or what is left of
 * the last match. */
static size_t agreed(const forest *all, size_t distance, size_t bounds)
{
    return distance == all->distance && all->length > bounds ? all->length : bounds;
}

static void note(const bp_text *text, size_t place, size_t found, size_t length, size_t distance)
{
    size_t slot = place * text->most + least(found, text->most - 1);
    text->lengths[slot] = (uint16_t)length;
    text->distances[slot] = (uint16_t)distance;
}

/* Puts the suffix at a place into its tree and notes what it meets. */
static void insert(forest *all, size_t place)
{
    const bp_text *text = all->text;
    const uint8_t *data = text->data;
    size_t most = least(text->longest, text->size - place), best = 1, found = 0;
    size_t below = 0, above = 0, back = 0; /* agreement with the bounds so far */
    int32_t *low = &all->smaller[place], *high = &all->greater[place];
    int32_t *head = &all->heads[data[place] << 8 | data[place + 1]], at = *head;
    *head = (int32_t)place;
    while (at != NONE && place - (size_t)at <= text->window) {
        size_t other = (size_t)at;
        size_t known = agreed(all, place - other, least(below, above));
        size_t same = agreement(data, other, place, least(known, most), most);
        if (same > best) {
            best = same;
            back = place - other;
            note(text, place, found++, same, back);
        }
        if (same == most) { /* the later one stands for both */
            *low = all->smaller[other];
            *high = all->greater[other];
            break;
        }
        if (data[other + same] < data[place + same]) {
            *low = at;
            low = &all->greater[other];
            at = *low;
            below = same;
        } else {
            *high = at;
            high = &all->smaller[other];
            at = *high;
            above = same;
        }
    }
    if (best < most)
        *low = *high = NONE;
    all->distance = back;
    all->length = best - 1;
}

void bp_matches(const bp_text *text, int32_t *scratch)
{
    forest all = {text, scratch, scratch + BP_PAIRS, scratch + BP_PAIRS + text->size, 0, 0};
    for (size_t i = 0; i < BP_PAIRS; i++)
        all.heads[i] = NONE;
    for (size_t i = 0; i < text->size * text->most; i++)
        text->lengths[i] = text->distances[i] = 0;
    for (size_t place = 0; place + 1 < text->size; place++)
        insert(&all, place);
}

/* --- the cheapest way --- */

/* Leaves of the choices at all places those that are on the way. */
static size_t steps(const bp_prices *prices, size_t size)
{
    size_t count = 0;
    for (size_t place = 0; place < size; count++) {
        prices->chosen[count] = prices->chosen[place];
        prices->back[count] = prices->back[place];
        place += prices->chosen[count] ? prices->chosen[count] : 1;
    }
    return count;
}

size_t bp_parse(const bp_text *text, const bp_prices *prices, uint32_t *costs)
{
    uint16_t *lengths = text->lengths, *distances = text->distances;
    costs[text->size] = 0;
    for (size_t i = text->size; i-- > 0;) {
        uint32_t best = costs[i + 1] + prices->literals[text->data[i]];
        size_t length = 0;
        uint16_t chosen = 0, back = 0;
        for (size_t k = i * text->most; k < (i + 1) * text->most; k++) {
            uint32_t far = prices->distances[distances[k]];
            while (length < lengths[k] && prices->next[0] <= lengths[k]) {
                length = least(prices->next[length], lengths[k]);
                uint32_t cost = costs[i + length] + prices->lengths[length] + far;
                if (cost < best) {
                    best = cost;
                    chosen = (uint16_t)length;
                    back = distances[k];
                }
            }
        }
        costs[i] = best;
        prices->chosen[i] = chosen;
        prices->back[i] = back;
    }
    return steps(prices, text->size);
}

/* --- the same for LZ4, where a run of literals has a length too --- */

enum { SHORTEST = 4, FEW = 15, MORE = 255, TAIL = 5, LAST_START = 12 };

/* Bytes of a length beside its four bits in the token. */
static uint32_t beside(size_t length)
{
    return length < FEW ? 0 : 1 + (uint32_t)((length - FEW) / MORE);
}

/* How long the match at a place is, also where it is longer than `bp_matches` looked. */
static size_t whole(const bp_text *text, size_t place, const uint32_t *wholes)
{
    size_t length = text->lengths[place], distance = text->distances[place];
    if (length < text->longest)
        return length;
    if (text->lengths[place + 1] == length && text->distances[place + 1] == distance)
        return wholes[place + 1] + 1;
    return agreement(text->data, place - distance, place, length, text->size - place);
}

static void weigh(const bp_sequences *s, size_t place, size_t length)
{
    uint32_t cost = 2 + beside(length - SHORTEST) + s->rests[place + length];
    if (cost < s->matches[place]) {
        s->matches[place] = cost;
        s->lengths[place] = (uint32_t)length;
    }
}

/* The cheapest rest that begins with a match at a place. */
static void match(const bp_text *text, size_t place, const bp_sequences *s)
{
    s->lengths[place] = 0;
    s->matches[place] = place == text->size ? 0 : DEAR;
    s->wholes[place] = place == text->size ? 0 : (uint32_t)whole(text, place, s->wholes);
    if (place + LAST_START > text->size)
        return;
    size_t most = least(s->wholes[place], text->size - TAIL - place);
    size_t length = SHORTEST, step = SHORTEST + FEW; /* where a byte more is needed */
    for (; length < step && length <= most; length++)
        weigh(s, place, length);
    for (; length + MORE <= most + 1; length += MORE)
        weigh(s, place, s->windows[place + length] - place);
    for (; length <= most; length++)
        weigh(s, place, length);
}

/* Of the next MORE places the one with the cheapest rest, the first of equals. */
static void look_ahead(const bp_text *text, size_t place, const bp_sequences *s)
{
    size_t last = least(place + MORE - 1, text->size), known = last;
    if (place < text->size && s->windows[place + 1] <= last)
        known = s->rests[place] <= s->rests[s->windows[place + 1]] ? place : s->windows[place + 1];
    else
        while (last-- > place)
            if (s->rests[last] <= s->rests[known])
                known = last;
    s->windows[place] = (uint32_t)known;
}

/* Whether it is cheaper to write literals up to one place than up to a later one. */
static int is_cheaper(const bp_sequences *s, size_t place, size_t later)
{
    return s->matches[place] != DEAR &&
           (s->matches[later] == DEAR || s->matches[place] <= s->matches[later] + (later - place));
}

/* The one of `count` places from `place` on up to which literals are cheapest, the first of equals;
 * `known` is that of those from `place + 1` on. */
static size_t cheapest(const bp_text *text, size_t place, size_t count, const bp_sequences *s,
                       size_t known)
{
    size_t last = least(place + count - 1, text->size);
    if (known <= last)
        return is_cheaper(s, place, known) ? place : known;
    for (known = last; last-- > place;)
        if (is_cheaper(s, last, known))
            known = last;
    return known;
}

/* The cheapest rest that begins with literals up to `to`, or with `count` and more of them. */
static uint32_t literals(const bp_text *text, size_t place, size_t to, size_t count,
                         const bp_sequences *s, uint32_t *run)
{
    uint32_t far, best = s->matches[to];
    *run = (uint32_t)(to - place);
    best = best == DEAR ? DEAR : best + *run;
    if (place + count > text->size)
        return best;
    far = s->fars[place + count] + (uint32_t)count + 1;
    if (far < best)
        *run = s->far_runs[place + count] + (uint32_t)count;
    return far < best ? far : best;
}

void bp_parse_lz4(const bp_text *text, const bp_sequences *s)
{
    size_t few = text->size + 1, more = few;
    for (size_t place = text->size + 1; place-- > 0;) {
        match(text, place, s);
        few = cheapest(text, place, FEW, s, few);
        more = cheapest(text, place, MORE, s, more);
        s->fars[place] = literals(text, place, more, MORE, s, &s->far_runs[place]);
        s->rests[place] = 1 + literals(text, place, few, FEW, s, &s->runs[place]);
        look_ahead(text, place, s);
    }
}
