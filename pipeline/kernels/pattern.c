/* Plans of pattern dithers; pipeline/dithers/plans.py says what they are. */
#include "kernels.h"

/* x * share / 256, rounded down. */
static int64_t part(int64_t x, int64_t share)
{
    x *= share;
    return x >= 0 ? x / 256 : -((255 - x) / 256);
}

static void knoll(const int64_t (*apart)[3], size_t m, int length, int64_t strength, uint8_t *out)
{
    int64_t lack[3] = {0, 0, 0};
    for (int i = 0; i < length; i++) {
        int64_t x = part(lack[0], strength), y = part(lack[1], strength), z = part(lack[2], strength);
        int64_t least = INT64_MAX;
        size_t best = 0;
        for (size_t j = 0; j < m; j++) {
            int64_t dx = apart[j][0] - x, dy = apart[j][1] - y, dz = apart[j][2] - z;
            int64_t error = dx * dx + dy * dy + dz * dz;
            if (error < least) {
                least = error;
                best = j;
            }
        }
        out[best]++;
        for (int c = 0; c < 3; c++)
            lack[c] -= apart[best][c];
    }
}

static int64_t dot(const int64_t *a, const int64_t *b)
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/* Moves the color toward its nearest entry, which begins the plan. */
static size_t begin(int64_t (*apart)[3], size_t m, int64_t strength)
{
    int64_t least = INT64_MAX, shift[3];
    size_t first = 0;
    for (size_t j = 0; j < m; j++) {
        int64_t square = dot(apart[j], apart[j]);
        if (square < least) {
            least = square;
            first = j;
        }
    }
    for (int c = 0; c < 3; c++)
        shift[c] = apart[first][c] + part(-apart[first][c], strength);
    for (size_t j = 0; j < m; j++)
        for (int c = 0; c < 3; c++)
            apart[j][c] -= shift[c];
    return first;
}

static void yliluoma(int64_t (*apart)[3], size_t m, int length, int64_t strength, uint8_t *out)
{
    size_t first = begin(apart, m, strength);
    int64_t sum[3] = {apart[first][0], apart[first][1], apart[first][2]};
    int64_t square[BP_PLAN_MOST], along[BP_PLAN_MOST];
    for (size_t j = 0; j < m; j++)
        square[j] = dot(apart[j], apart[j]);
    out[first] = 1;
    for (int total = 1; total < length;) {
        int64_t own = dot(sum, sum), least = INT64_MAX;
        int times = 1;
        size_t entry = 0;
        for (size_t j = 0; j < m; j++)
            along[j] = dot(apart[j], sum);
        for (int p = 1; p <= total && total + p <= length; p *= 2) {
            int64_t after = (int64_t)(total + p) * (total + p);
            int64_t best = INT64_MAX;
            size_t place = 0;
            for (size_t j = 0; j < m; j++) {
                int64_t error = own + 2 * p * along[j] + (int64_t)p * p * square[j];
                if (error < best) {
                    best = error;
                    place = j;
                }
            }
            if (best / after < least) {
                least = best / after;
                times = p;
                entry = place;
            }
        }
        out[entry] = (uint8_t)(out[entry] + times);
        total += times;
        for (int c = 0; c < 3; c++)
            sum[c] += times * apart[entry][c];
    }
}

void bp_plan(const bp_plans *wanted, uint8_t *out)
{
    int64_t apart[BP_PLAN_MOST][3];
    for (size_t i = 0; i < wanted->n; i++, out += wanted->m) {
        const int64_t *near = wanted->near + i * wanted->m;
        for (size_t j = 0; j < wanted->m; j++)
            for (int c = 0; c < 3; c++)
                apart[j][c] = wanted->entries[3 * near[j] + c] - wanted->colors[3 * i + (size_t)c];
        if (wanted->growing)
            yliluoma(apart, wanted->m, wanted->length, wanted->strength, out);
        else
            knoll((const int64_t(*)[3])apart, wanted->m, wanted->length, wanted->strength, out);
    }
}
