/* Lloyd's rounds and the swap search, exact in integers; pipeline/search.py says what they do.

   A round compares few distances. A member at squared distance d of its center c cannot be nearer
   to a center m with |cm|^2 > 4 d: then |pm| >= |cm| - |cp| > |cp|, so neither is it a tie. Centers
   that did not move need no comparison for members whose own center stayed. */
#include "learn.h"

#include <string.h>

/* What a trial changes, to be put back when it fails. */
typedef struct {
    int32_t *centers, *labels;
    uint32_t *apart;  /* each cell's squared distance to its center */
    uint32_t *reach;  /* no member of a center is farther */
    int64_t *weights; /* of each center's members */
    int64_t *sums;
} state;

typedef struct {
    bp_group in;
    size_t k, open;
    state now, kept;
    uint8_t *moved, *touched, *fixed_split, *fixed_drop;
    int32_t *list, *length, *movers; /* neighbors of each center, near ones first */
    uint32_t *list_apart;
    int64_t *gain, *loss, *spread, *upper;
    int32_t *halves, *partner;
} search;

/* Differences wrap, so no input makes them undefined; within the documented range they do not. */
static uint32_t apart(const int32_t *a, const int32_t *b)
{
    uint32_t x = (uint32_t)a[0] - (uint32_t)b[0], y = (uint32_t)a[1] - (uint32_t)b[1],
             z = (uint32_t)a[2] - (uint32_t)b[2];
    return x * x + y * y + z * z;
}

static int32_t mean(int64_t sum, int64_t weight)
{
    int64_t a = 8 * sum + weight, b = 2 * weight;
    return (int32_t)(a / b - (a % b < 0));
}

static void means(const int64_t *sums, int64_t weight, int32_t *out)
{
    for (int axis = 0; axis < 3; axis++)
        out[axis] = mean(sums[axis], weight);
}

static void add(int64_t *weight, int64_t *sums, const bp_group *in, size_t i, int sign)
{
    *weight += sign * in->weights[i];
    for (size_t axis = 0; axis < 3; axis++)
        sums[axis] += sign * in->sums[3 * i + axis];
}

/* Distances of the members of moved centers, and how far these reach. */
static void measure(search *s)
{
    for (size_t j = 0; j < s->k; j++)
        if (s->moved[j])
            s->now.reach[j] = 0;
    for (size_t i = 0; i < s->in.n; i++) {
        size_t j = (size_t)s->now.labels[i];
        if (!s->moved[j])
            continue;
        uint32_t far = apart(s->in.points + 3 * i, s->now.centers + 3 * j);
        s->now.apart[i] = far;
        if (far > s->now.reach[j])
            s->now.reach[j] = far;
    }
}

/* The centers that may be nearer to a member of center j, by distance. */
static void list_near(search *s, size_t j, size_t movers)
{
    int32_t *list = s->list + j * s->k, length = 0;
    uint32_t *far = s->list_apart + j * s->k;
    uint64_t limit = 4 * (uint64_t)s->now.reach[j];
    size_t count = s->moved[j] ? s->k : movers;
    for (size_t q = 0; q < count; q++) {
        int32_t m = s->moved[j] ? (int32_t)q : s->movers[q], at = length;
        uint32_t d = apart(s->now.centers + 3 * j, s->now.centers + 3 * (size_t)m);
        if ((size_t)m == j || d > limit)
            continue;
        for (length++; at > 0 && far[at - 1] > d; at--) {
            far[at] = far[at - 1];
            list[at] = list[at - 1];
        }
        far[at] = d;
        list[at] = m;
    }
    s->length[j] = length;
}

static void relabel(search *s, size_t i, int32_t to, uint32_t far)
{
    size_t from = (size_t)s->now.labels[i], j = (size_t)to;
    s->now.labels[i] = to;
    s->now.apart[i] = far;
    if (far > s->now.reach[j])
        s->now.reach[j] = far;
    add(s->now.weights + from, s->now.sums + 3 * from, &s->in, i, -1);
    add(s->now.weights + j, s->now.sums + 3 * j, &s->in, i, 1);
    s->touched[from] = s->touched[j] = 1;
}

/* Each cell's nearest center, the first of equally near ones. */
static void assign(search *s)
{
    for (size_t i = 0; i < s->in.n; i++) {
        int32_t own = s->now.labels[i], best = own, length = s->length[own];
        if (length == 0)
            continue;
        const int32_t *list = s->list + (size_t)own * s->k;
        const uint32_t *far = s->list_apart + (size_t)own * s->k;
        uint32_t least = s->now.apart[i];
        uint64_t limit = 4 * (uint64_t)least;
        for (int32_t q = 0; q < length && far[q] <= limit; q++) {
            uint32_t d = apart(s->in.points + 3 * i, s->now.centers + 3 * (size_t)list[q]);
            if (d < least || (d == least && list[q] < best)) {
                least = d;
                best = list[q];
            }
        }
        if (best != own)
            relabel(s, i, best, least);
    }
}

/* Labels after the centers marked as moved did. */
static void follow(search *s)
{
    size_t movers = 0;
    for (size_t j = 0; j < s->k; j++)
        if (s->moved[j]) {
            s->movers[movers++] = (int32_t)j;
            s->touched[j] = 1;
        }
    measure(s);
    for (size_t j = 0; j < s->k; j++)
        list_near(s, j, movers);
    assign(s);
}

/* Moves open centers to the means of their members; only touched ones if so told. */
static int step(search *s, int touched_only)
{
    int any = 0;
    for (size_t j = 0; j < s->k; j++) {
        int32_t to[3];
        s->moved[j] = 0;
        if (j >= s->open || s->now.weights[j] == 0 || (touched_only && !s->touched[j]))
            continue;
        means(s->now.sums + 3 * j, s->now.weights[j], to);
        s->moved[j] = memcmp(to, s->now.centers + 3 * j, sizeof to) != 0;
        memcpy(s->now.centers + 3 * j, to, sizeof to);
        any |= s->moved[j];
    }
    if (any)
        follow(s);
    return any;
}

static uint64_t error(const search *s)
{
    uint64_t total = 0;
    for (size_t i = 0; i < s->in.n; i++)
        total += (uint64_t)s->in.weights[i] * s->now.apart[i];
    return total;
}

/* The axis of the largest spread of three. */
static size_t widest(const int64_t *spread)
{
    size_t axis = spread[1] > spread[0];
    return spread[2] > spread[axis] ? 2 : axis;
}

static void spread_of(const bp_group *in, size_t i, const int32_t *center, int64_t *spread)
{
    for (size_t axis = 0; axis < 3; axis++) {
        int64_t x = (int64_t)in->points[3 * i + axis] - center[axis];
        spread[axis] += in->weights[i] * x * x;
    }
}

/* The means of two halves, the lower first, and what telling them apart gains. */
static int64_t gain_of(const int64_t *all, int64_t weight, const int64_t *upper, int32_t *halves)
{
    int64_t high = upper[0], low = weight - high, rest[3];
    if (high == 0 || low == 0)
        return 0;
    for (size_t axis = 0; axis < 3; axis++)
        rest[axis] = all[axis] - upper[1 + axis];
    means(rest, low, halves);
    means(upper + 1, high, halves + 3);
    return high * low / (high + low) * (int64_t)apart(halves, halves + 3);
}

/* For a center that stays: the mean of the half that another center would serve best. */
static int64_t gain_beside(const search *s, size_t j, int32_t *halves)
{
    const int64_t *upper = s->upper + 4 * j;
    int64_t parts[2] = {s->now.weights[j] - upper[0], upper[0]}, best = 0;
    for (int side = 0; side < 2; side++) {
        int64_t sums[3], gain;
        int32_t at[3];
        if (parts[side] == 0)
            continue;
        for (size_t axis = 0; axis < 3; axis++)
            sums[axis] = side ? upper[1 + axis] : s->now.sums[3 * j + axis] - upper[1 + axis];
        means(sums, parts[side], at);
        gain = parts[side] * (int64_t)apart(at, s->now.centers + 3 * j);
        if (gain > best) {
            best = gain;
            memcpy(halves, at, sizeof at);
        }
    }
    return best;
}

/* Spread and upper half of the members of touched centers. */
static void divide(search *s)
{
    for (size_t j = 0; j < s->k; j++)
        if (s->touched[j]) {
            memset(s->spread + 3 * j, 0, 3 * sizeof *s->spread);
            memset(s->upper + 4 * j, 0, 4 * sizeof *s->upper);
        }
    for (size_t i = 0; i < s->in.n; i++) {
        size_t j = (size_t)s->now.labels[i];
        if (s->touched[j])
            spread_of(&s->in, i, s->now.centers + 3 * j, s->spread + 3 * j);
    }
    for (size_t i = 0; i < s->in.n; i++) {
        size_t j = (size_t)s->now.labels[i];
        if (!s->touched[j])
            continue;
        size_t axis = widest(s->spread + 3 * j);
        if (s->in.points[3 * i + axis] > s->now.centers[3 * j + axis])
            add(s->upper + 4 * j, s->upper + 4 * j + 1, &s->in, i, 1);
    }
}

static void find_gains(search *s)
{
    divide(s);
    for (size_t j = 0; j < s->k; j++)
        if (s->touched[j])
            s->gain[j] = j < s->open ? gain_of(s->now.sums + 3 * j, s->now.weights[j],
                                               s->upper + 4 * j, s->halves + 6 * j)
                                     : gain_beside(s, j, s->halves + 6 * j);
}

/* What is lost when the members of a go to b. */
static int64_t loss_to(const search *s, size_t a, size_t b)
{
    int64_t from = s->now.weights[a], to = s->now.weights[b];
    int64_t weight = b >= s->open || to == 0 ? from : from * to / (from + to);
    return weight * (int64_t)apart(s->now.centers + 3 * a, s->now.centers + 3 * b);
}

static void find_loss(search *s, size_t a)
{
    int known = s->partner[a] >= 0 && !s->touched[a] && !s->touched[s->partner[a]];
    int64_t least = known ? s->loss[a] : INT64_MAX;
    int32_t partner = known ? s->partner[a] : -1;
    for (size_t b = 0; b < s->k; b++) {
        if (b == a || (known && !s->touched[b]))
            continue;
        int64_t loss = loss_to(s, a, b);
        if (loss < least) {
            least = loss;
            partner = (int32_t)b;
        }
    }
    s->loss[a] = least;
    s->partner[a] = partner;
}

/* The center to split and the one to drop; 0 where nothing is left to try. */
static int choose(const search *s, size_t *split, size_t *drop)
{
    size_t none = s->k;
    *split = *drop = none;
    for (size_t j = 0; j < s->k; j++)
        if (!s->fixed_split[j] && s->gain[j] > 0 && (*split == none || s->gain[j] > s->gain[*split]))
            *split = j;
    for (size_t j = 0; j < s->open; j++)
        if (j != *split && !s->fixed_drop[j] && (*drop == none || s->loss[j] < s->loss[*drop]))
            *drop = j;
    return *split != none && *drop != none;
}

static void copy(const search *s, state *to, const state *from)
{
    memcpy(to->centers, from->centers, 3 * s->k * sizeof *to->centers);
    memcpy(to->labels, from->labels, s->in.n * sizeof *to->labels);
    memcpy(to->apart, from->apart, s->in.n * sizeof *to->apart);
    memcpy(to->reach, from->reach, s->k * sizeof *to->reach);
    memcpy(to->weights, from->weights, s->k * sizeof *to->weights);
    memcpy(to->sums, from->sums, 3 * s->k * sizeof *to->sums);
}

static void swap(search *s, size_t split, size_t drop, size_t steps)
{
    memset(s->moved, 0, s->k);
    memcpy(s->now.centers + 3 * drop, s->halves + 6 * split, 3 * sizeof(int32_t));
    s->moved[drop] = 1;
    if (split < s->open) {
        memcpy(s->now.centers + 3 * split, s->halves + 6 * split + 3, 3 * sizeof(int32_t));
        s->moved[split] = 1;
    }
    follow(s);
    while (steps-- > 0 && step(s, 1)) {
    }
}

static void try_swaps(search *s, const bp_plan *plan)
{
    uint64_t least = error(s);
    memset(s->fixed_split, 0, s->k);
    memset(s->fixed_drop, 0, s->k);
    memset(s->touched, 1, s->k);
    for (size_t trial = 0; trial < plan->trials; trial++) {
        size_t split, drop;
        find_gains(s);
        for (size_t j = 0; j < s->open; j++)
            find_loss(s, j);
        memset(s->touched, 0, s->k);
        if (!choose(s, &split, &drop))
            return;
        copy(s, &s->kept, &s->now);
        swap(s, split, drop, plan->steps);
        uint64_t got = error(s);
        if (got < least) {
            least = got;
            for (size_t j = 0; j < s->k; j++)
                if (s->touched[j])
                    s->fixed_split[j] = s->fixed_drop[j] = 0;
        } else {
            copy(s, &s->now, &s->kept);
            memset(s->touched, 0, s->k);
            s->fixed_split[split] = s->fixed_drop[drop] = 1;
        }
    }
}

/* Scratch is handed out in pieces, the widest types first. */
static void *piece(char **scratch, size_t bytes)
{
    char *out = *scratch;
    *scratch += bytes;
    return out;
}

static void lay_out_wide(search *s, char **at)
{
    size_t k = s->k * sizeof(int64_t);
    s->now.weights = piece(at, k);
    s->now.sums = piece(at, 3 * k);
    s->kept.weights = piece(at, k);
    s->kept.sums = piece(at, 3 * k);
    s->gain = piece(at, k);
    s->loss = piece(at, k);
    s->spread = piece(at, 3 * k);
    s->upper = piece(at, 4 * k);
}

static void lay_out(search *s, char *at)
{
    size_t k = s->k * sizeof(int32_t), n = s->in.n * sizeof(int32_t);
    lay_out_wide(s, &at);
    s->now.apart = piece(&at, n);
    s->kept.apart = piece(&at, n);
    s->kept.labels = piece(&at, n);
    s->kept.centers = piece(&at, 3 * k);
    s->now.reach = piece(&at, k);
    s->kept.reach = piece(&at, k);
    s->list = piece(&at, s->k * k);
    s->list_apart = piece(&at, s->k * k);
    s->length = piece(&at, k);
    s->movers = piece(&at, k);
    s->halves = piece(&at, 6 * k);
    s->partner = piece(&at, k);
    s->moved = piece(&at, s->k);
    s->touched = piece(&at, s->k);
    s->fixed_split = piece(&at, s->k);
    s->fixed_drop = piece(&at, s->k);
}

size_t bp_room(size_t n, size_t k)
{
    return 17 * k * sizeof(int64_t) + (3 * n + 14 * k + 2 * k * k) * sizeof(int32_t) + 4 * k;
}

static void take_labels(search *s)
{
    memset(s->now.weights, 0, s->k * sizeof *s->now.weights);
    memset(s->now.sums, 0, 3 * s->k * sizeof *s->now.sums);
    for (size_t i = 0; i < s->in.n; i++) {
        size_t j = (size_t)s->now.labels[i];
        add(s->now.weights + j, s->now.sums + 3 * j, &s->in, i, 1);
    }
    memset(s->moved, 1, s->k);
    memset(s->partner, -1, s->k * sizeof *s->partner);
    follow(s);
}

void bp_refine(const bp_group *in, int32_t *centers, size_t k, size_t open, int32_t *labels,
               const bp_plan *plan, void *scratch)
{
    search s;
    s.in = *in;
    s.k = k;
    s.open = open;
    s.now.centers = centers;
    s.now.labels = labels;
    lay_out(&s, scratch);
    take_labels(&s);
    for (size_t round = 0; round < plan->rounds && step(&s, 0); round++) {
    }
    if (plan->trials > 0)
        try_swaps(&s, plan);
    for (size_t round = 0; round < plan->finish && step(&s, 0); round++) {
    }
}

/* A box is a run of `order`: cells that stay together, and the halves that it would make. */
typedef struct {
    size_t begin, end, axis;
    int64_t gain;
    int32_t center[3], halves[6];
} box;

static void look(const bp_group *in, const int32_t *order, box *b)
{
    int64_t spread[3] = {0, 0, 0}, all[4] = {0, 0, 0, 0}, upper[4] = {0, 0, 0, 0};
    for (size_t q = b->begin; q < b->end; q++) {
        spread_of(in, (size_t)order[q], b->center, spread);
        add(all, all + 1, in, (size_t)order[q], 1);
    }
    b->axis = widest(spread);
    for (size_t q = b->begin; q < b->end; q++)
        if (in->points[3 * (size_t)order[q] + b->axis] > b->center[b->axis])
            add(upper, upper + 1, in, (size_t)order[q], 1);
    b->gain = gain_of(all + 1, all[0], upper, b->halves);
}

/* Cuts a box in two; the upper half becomes `high`. */
static void cut(const bp_group *in, int32_t *order, int32_t *spare, box *low, box *high)
{
    size_t kept = low->begin, moved = 0;
    for (size_t q = low->begin; q < low->end; q++) {
        int32_t i = order[q];
        if (in->points[3 * (size_t)i + low->axis] > low->center[low->axis])
            spare[moved++] = i;
        else
            order[kept++] = i;
    }
    memcpy(order + kept, spare, moved * sizeof *order);
    high->begin = kept;
    high->end = low->end;
    low->end = kept;
    memcpy(high->center, low->halves + 3, sizeof high->center);
    memcpy(low->center, low->halves, sizeof low->center);
    look(in, order, low);
    look(in, order, high);
}

static void whole(const bp_group *in, int32_t *order, box *first)
{
    int64_t all[4] = {0, 0, 0, 0};
    for (size_t i = 0; i < in->n; i++) {
        order[i] = (int32_t)i;
        add(all, all + 1, in, i, 1);
    }
    first->begin = 0;
    first->end = in->n;
    means(all + 1, all[0], first->center);
    look(in, order, first);
}

size_t bp_start(const bp_group *in, int32_t *centers, size_t k, int32_t *labels, void *scratch)
{
    char *at = scratch;
    box *boxes = piece(&at, k * sizeof *boxes);
    int32_t *order = piece(&at, in->n * sizeof *order), *spare = piece(&at, in->n * sizeof *spare);
    size_t count = 1;
    whole(in, order, boxes);
    for (; count < k; count++) {
        size_t best = 0;
        for (size_t j = 1; j < count; j++)
            if (boxes[j].gain > boxes[best].gain)
                best = j;
        if (boxes[best].gain == 0)
            break;
        cut(in, order, spare, boxes + best, boxes + count);
    }
    for (size_t j = 0; j < count; j++) {
        memcpy(centers + 3 * j, boxes[j].center, sizeof boxes[j].center);
        for (size_t q = boxes[j].begin; q < boxes[j].end; q++)
            labels[order[q]] = (int32_t)j;
    }
    return count;
}
