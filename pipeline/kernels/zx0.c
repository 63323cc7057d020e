/* The shortest ZX0 stream; pipeline/codecs/zx0_parse.py says how it is found. */
#include "kernels.h"

enum { EXACT = 256, SLACK = 18, NEVER = 1 << 30, BEGIN = 10, NONE = -1, OWN = -2 };

/* The cheapest lengths of a match that ends here, and their bits with all before, by how many
 * bytes match; known up to a number of these. */
typedef struct {
    int32_t cost[EXACT + 1], length[EXACT + 1], known;
} choices;

/* Bits with literals up to here; at least NEVER where they follow nothing. */
static int32_t after_literals(const bp_zx0 *z, size_t offset, int32_t count)
{
    int32_t literals = count - z->end[offset];
    return z->paid[offset] + z->bits[literals] + 8 * literals + 1;
}

static int32_t new_offset(const bp_zx0 *z, size_t offset)
{
    return 8 + z->bits[(offset - 1) / 128 + 1];
}

static void try_length(const bp_zx0 *z, int32_t count, int32_t tried, int32_t *cost, int32_t *length)
{
    int32_t found = z->costs[count - tried] + z->bits[tried - 1];
    if (found <= *cost) {
        *cost = found;
        *length = tried;
    }
}

/* The cheapest length up to a run of at least 2, the longest of equals, and its bits. */
static int32_t cheapest(const bp_zx0 *z, choices *c, int32_t count, int32_t run, int32_t *length)
{
    int32_t near = run < EXACT ? run : EXACT;
    while (c->known < near) {
        int32_t next = ++c->known;
        c->cost[next] = c->cost[next - 1];
        c->length[next] = c->length[next - 1];
        try_length(z, count, next, &c->cost[next], &c->length[next]);
    }
    int32_t cost = c->cost[near];
    *length = c->length[near];
    for (int32_t power = 2 * EXACT; power <= run; power *= 2)
        try_length(z, count, power, &cost, length);
    if (run > EXACT)
        try_length(z, count, run, &cost, length);
    return cost;
}

/* A match goes on: at the last offset, or at a new one. */
static void match(const bp_zx0 *z, choices *c, size_t offset, int32_t count)
{
    int32_t run = ++z->run[offset], start = count - run, length;
    int32_t near = after_literals(z, offset, start) + 1 + z->bits[run];
    z->before[offset] = OWN;
    z->start[offset] = start;
    z->cost[offset] = near < NEVER ? near : NEVER;
    if (run < 2)
        return;
    int32_t far = cheapest(z, c, count, run, &length) + new_offset(z, offset);
    if (far < z->cost[offset]) {
        int32_t begin = count - length;
        const int32_t *there = z->nodes + 4 * (size_t)begin;
        z->cost[offset] = far;
        z->before[offset] = there[3] == 0 ? there[0] : begin;
        z->start[offset] = begin;
    }
}

static void write_node(const bp_zx0 *z, size_t number, const int32_t values[4])
{
    for (size_t i = 0; i < 4; i++)
        z->nodes[4 * number + i] = values[i];
}

/* Sees to it that what literals follow has a node; which one. */
static int32_t written(bp_zx0 *z, size_t offset)
{
    if (z->node[offset] == NONE) {
        int32_t values[4] = {z->node_before[offset], z->node_start[offset], z->end[offset],
                             (int32_t)offset};
        write_node(z, z->used, values);
        z->node[offset] = (int32_t)z->used++;
    }
    return z->node[offset];
}

/* Literals begin where a match ended, if that is cheaper than those that could go on. */
static void begin(bp_zx0 *z, size_t offset, int32_t count)
{
    int32_t end = count - 1;
    if (z->cost[offset] + BEGIN > after_literals(z, offset, count) ||
        z->cost[offset] > z->costs[end] + SLACK + new_offset(z, offset))
        return;
    if (z->before[offset] == OWN) {
        /* each byte that is left may need a node */
        if (z->node[offset] == NONE && z->size - z->used <= z->count + 1 - (size_t)count)
            return;
        z->before[offset] = written(z, offset);
    }
    z->node[offset] = z->nodes[4 * (size_t)end + 3] == (int32_t)offset ? end : NONE;
    z->paid[offset] = z->cost[offset];
    z->end[offset] = end;
    z->node_before[offset] = z->before[offset];
    z->node_start[offset] = z->start[offset];
}

/* Literals go on, or begin; their bits. */
static int32_t literals(bp_zx0 *z, size_t offset, int32_t count)
{
    if (z->cost[offset] < NEVER)
        begin(z, offset, count);
    z->run[offset] = 0;
    z->cost[offset] = NEVER;
    int32_t after = after_literals(z, offset, count);
    if (after > z->costs[count - 1] + SLACK + new_offset(z, offset))
        z->paid[offset] = NEVER;
    return after;
}

/* The cheapest of all ways up to here gets its node. */
static void keep(bp_zx0 *z, size_t offset, int32_t count, int same)
{
    int32_t values[4] = {z->before[offset], z->start[offset], count, (int32_t)offset};
    if (!same || values[0] == OWN)
        values[0] = written(z, offset);
    if (!same) {
        values[1] = count;
        values[3] = 0;
    }
    write_node(z, (size_t)count, values);
}

/* One byte more. */
static void step(bp_zx0 *z, int32_t count)
{
    const uint8_t *here = z->data + count - 1;
    size_t far = count < 3 ? 1 : (size_t)count - 1, best = 1;
    int32_t least = INT32_MAX;
    choices c;
    c.known = 1;
    c.cost[1] = NEVER;
    c.length[1] = 0;
    if (far > z->window)
        far = z->window;
    for (size_t offset = 1; offset <= far; offset++) {
        int32_t found;
        if (count > 1 && here[0] == here[-(ptrdiff_t)offset]) {
            match(z, &c, offset, count);
            found = z->cost[offset];
        } else if (z->run[offset] == 0 && z->paid[offset] == NEVER) {
            continue;
        } else {
            found = literals(z, offset, count);
        }
        if (found < least) {
            least = found;
            best = offset;
        }
    }
    z->costs[count] = least;
    keep(z, best, count, z->run[best] > 0);
}

void bp_parse_zx0(bp_zx0 *z)
{
    for (int32_t count = 1; (size_t)count <= z->count; count++)
        step(z, count);
}
