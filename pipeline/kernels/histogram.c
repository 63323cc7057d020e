/* Counting colors: distinct keys 0xRRGGBB with weights, their features, and cells of near ones. */
#include "learn.h"

#include <string.h>

#define RGB 0xFFFFFFu
#define LINEAR_MAX 65535

/* Drawn pixels as weight << 24 | key; the weight of a mask value is 1..16. */
static size_t gather_keys(const bp_pixels *in, uint32_t *out)
{
    size_t drawn = 0;
    for (size_t i = 0; i < in->n; i++) {
        const uint16_t *p = in->linear + 3 * i;
        uint32_t weight = in->mask ? 1u + (in->mask[i] * 15u + 127u) / 255u : 1u;
        out[drawn] = weight << 24 | (uint32_t)in->srgb[p[0]] << 16 | (uint32_t)in->srgb[p[1]] << 8
                     | in->srgb[p[2]];
        drawn += in->alpha[i] >= in->threshold;
    }
    return drawn;
}

/* One pass of a radix sort by the byte at `shift`. */
static void sort_by_byte(const uint32_t *from, uint32_t *to, size_t n, int shift)
{
    size_t place[256], next = 0;
    memset(place, 0, sizeof place);
    for (size_t i = 0; i < n; i++)
        place[from[i] >> shift & 255]++;
    for (int b = 0; b < 256; b++) {
        size_t count = place[b];
        place[b] = next;
        next += count;
    }
    for (size_t i = 0; i < n; i++)
        to[place[from[i] >> shift & 255]++] = from[i];
}

size_t bp_count(const bp_pixels *in, uint32_t *keys, uint32_t *scratch, int64_t *weights)
{
    size_t n = gather_keys(in, scratch), found = 0;
    sort_by_byte(scratch, keys, n, 0);
    sort_by_byte(keys, scratch, n, 8);
    sort_by_byte(scratch, keys, n, 16);
    for (size_t i = 0; i < n; i++) {
        uint32_t key = keys[i] & RGB, weight = keys[i] >> 24;
        if (found == 0 || keys[found - 1] != key) {
            keys[found] = key;
            weights[found++] = 0;
        }
        weights[found - 1] += weight;
    }
    return found;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* color.oklab of linear light 0..65535; its fractions shortened by 2^14 and 2^12. */
static void oklab(const int64_t *rgb, const uint16_t *root, int32_t *out)
{
    int64_t r = rgb[0], g = rgb[1], b = rgb[2];
    int64_t l = root[(27015 * r + 35149 * g + 3372 * b + 32768) >> 16];
    int64_t m = root[(13887 * r + 44610 * g + 7039 * b + 32768) >> 16];
    int64_t s = root[(5787 * r + 18463 * g + 41286 * b + 32768) >> 16];
    const int64_t light = (int64_t)LINEAR_MAX << 4, chroma = (int64_t)LINEAR_MAX << 6;
    out[0] = (int32_t)floor_div(13792 * l + 52011 * m - 267 * s + light / 2, light);
    out[1] = (int32_t)floor_div(9 * (129630 * l - 159160 * m + 29530 * s) + chroma / 2, chroma);
    out[2] = (int32_t)floor_div(9 * (1698 * l + 51300 * m - 52998 * s) + chroma / 2, chroma);
}

void bp_features(const uint32_t *keys, size_t n, const uint16_t *linear, const uint16_t *root,
                 int32_t *out)
{
    for (size_t i = 0; i < n; i++) {
        const int64_t rgb[3] = {linear[keys[i] >> 16 & 255], linear[keys[i] >> 8 & 255],
                                linear[keys[i] & 255]};
        oklab(rgb, root, out + 3 * i);
    }
}

static size_t cell(uint32_t key, int bits)
{
    int down = 8 - bits;
    size_t r = key >> (16 + down) & 255u >> down, g = key >> (8 + down) & 255u >> down;
    return (r << bits | g) << bits | (key & 255u) >> down;
}

size_t bp_number(const uint32_t *keys, size_t n, int bits, int32_t *table, int32_t *places)
{
    size_t cells = (size_t)1 << 3 * bits;
    int32_t found = 0;
    memset(table, 0, cells * sizeof *table);
    for (size_t i = 0; i < n; i++)
        table[cell(keys[i], bits)] = 1;
    for (size_t i = 0; i < cells; i++)
        if (table[i])
            table[i] = found++;
    for (size_t i = 0; i < n; i++)
        places[i] = table[cell(keys[i], bits)];
    return (size_t)found;
}

void bp_gather(const bp_colors *in, const int32_t *places, int64_t *totals)
{
    for (size_t i = 0; i < in->n; i++) {
        int64_t *to = totals + 7 * (size_t)places[i], weight = in->weights[i];
        to[0] += weight;
        for (int axis = 0; axis < 3; axis++) {
            to[1 + axis] += in->sums[3 * i + (size_t)axis];
            to[4 + axis] += weight * (in->keys[i] >> (16 - 8 * axis) & 255);
        }
    }
}
