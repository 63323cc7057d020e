/* The reader of packs on the host: prints what is in a pack (-DHOST_MAIN), tells what a fuzzer
 * finds (-DHOST_FUZZ), or damages given packs itself (-DHOST_FUZZ_OWN). */
#include "bitplane_pack.h"
#if defined(HOST_MAIN)
#include "bitplane_unpack.h"
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(HOST_MAIN)

static void hex(const uint8_t *data, uint32_t bytes)
{
    uint32_t i;
    putchar(' ');
    for (i = 0; i < bytes; i++) printf("%02x", data[i]);
    if (bytes == 0) putchar('-');
}

/* The facts of one picture in the order of an entry, then palette, pixels, and those unpacked. */
static void tell(const struct bitplane_pack *pack, uint32_t number)
{
    static uint8_t plain[1 << 16];
    struct bitplane_asset a;
    if (!bitplane_pack_get(pack, number, &a)) abort();
    if (bitplane_pack_find(pack, a.name) != number || !bitplane_asset_check(&a)) abort();
    printf("%u %u %u %lu %lu %u %u %u %u", a.codec, a.unit, a.window, (unsigned long)a.width,
           (unsigned long)a.height, a.scan, a.bits, a.align, a.flags);
    printf(" %u %u %u %lu %lu %lu %lu", a.holds, a.grid, a.entry_bytes, (unsigned long)a.colors,
           (unsigned long)a.transparent, (unsigned long)a.stride, (unsigned long)a.plain_bytes);
    hex((const uint8_t *)a.name, (uint32_t)strlen(a.name));
    hex(a.palette, a.palette_bytes);
    hex(a.pixels, a.pixels_bytes);
    if (a.plain_bytes > sizeof plain) abort();
    if (bitplane_unpack_all(a.codec, a.pixels, a.pixels_bytes, a.parameter, plain,
                            a.plain_bytes) != a.plain_bytes)
        abort();
    hex(plain, a.plain_bytes);
    putchar('\n');
}

int main(int count, char **arguments)
{
    static uint8_t room[1 << 22];
    struct bitplane_pack pack;
    FILE *file = fopen(arguments[1], "rb");
    size_t size = fread(room + 1, 1, sizeof room - 1, file); /* at an odd address */
    uint32_t number;

    fclose(file);
    if (!bitplane_pack_open(&pack, room + 1, size) || !bitplane_pack_check(&pack)) return 1;
    for (number = 0; number < pack.assets; number++) tell(&pack, number);
    if (bitplane_pack_get(&pack, pack.assets, &(struct bitplane_asset){0})) return 1;
    for (; count > 2; count--)
        if (bitplane_pack_find(&pack, arguments[count - 1]) != BITPLANE_PACK_NONE) return 1;
    return 0;
}

#else

static uint32_t sum; /* so that nothing that is read can be left out */

/* Read all that the reader gives out. */
static int exercise(const uint8_t *data, size_t size)
{
    struct bitplane_pack pack;
    struct bitplane_asset asset;
    uint32_t number, i, known = 0;

    if (!bitplane_pack_open(&pack, data, size)) return 0;
    sum += (uint32_t)bitplane_pack_check(&pack);
    sum += bitplane_pack_find(&pack, "") + bitplane_pack_find(&pack, "splash");
    for (number = 0; number < pack.assets && number < 64; number++) {
        if (!bitplane_pack_get(&pack, number, &asset)) continue;
        known++;
        sum += bitplane_pack_find(&pack, asset.name);
        for (i = 0; i < asset.palette_bytes; i += 61) sum += asset.palette[i];
        for (i = 0; i < asset.pixels_bytes; i += 61) sum += asset.pixels[i];
        if (asset.palette_bytes) sum += asset.palette[asset.palette_bytes - 1];
        if (asset.pixels_bytes) sum += asset.pixels[asset.pixels_bytes - 1];
        sum += (uint32_t)bitplane_asset_check(&asset);
    }
    return known > 0;
}

/* In memory of exactly that size, so that the sanitizer sees a byte too many. */
static int exercise_copy(const uint8_t *data, size_t size)
{
    uint8_t *copy = (uint8_t *)malloc(size ? size : 1);
    int known;
    memcpy(copy, data, size);
    known = exercise(copy, size);
    free(copy);
    return known;
}

#if defined(HOST_FUZZ_OWN)

static uint32_t chance(void)
{
    static uint32_t state = 1;
    state = state * 1664525u + 1013904223u;
    return state >> 8;
}

/* Change some bytes or words of the index, where the facts are. */
static void damage(uint8_t *data, uint32_t size)
{
    static const uint32_t odd[] = {0, 1, 64, 0x7FFFFFFFu, 0x80000000u, 0xFFFFFFC0u, 0xFFFFFFFFu};
    uint32_t changes = 1 + chance() % 4, at, value;
    while (changes-- > 0) {
        at = 6 + chance() % (size - 10);
        value = chance() % 3 ? odd[chance() % 7] : chance() % (size + 2);
        if (chance() % 2)
            data[at] ^= (uint8_t)(1u << chance() % 8);
        else {
            at &= ~3u;
            data[at] = (uint8_t)value;
            data[at + 1] = (uint8_t)(value >> 8);
            data[at + 2] = (uint8_t)(value >> 16);
            data[at + 3] = (uint8_t)(value >> 24);
        }
    }
}

int main(int count, char **arguments)
{
    static uint8_t valid[1 << 16], damaged[1 << 16];
    long round, rounds = atol(arguments[1]), opened = 0;
    int each;

    for (each = 2; each < count; each++) {
        FILE *file = fopen(arguments[each], "rb");
        uint32_t size = (uint32_t)fread(valid, 1, sizeof valid, file), cut;
        fclose(file);
        for (cut = 0; cut < size; cut++)
            if (exercise_copy(valid, cut)) return 1;
        for (round = 0; round < rounds; round++) {
            memcpy(damaged, valid, size);
            damage(damaged, size);
            opened += exercise_copy(damaged, size);
        }
    }
    printf("%ld %s\n", opened, sum == 1 ? "" : "read");
    return 0;
}

#else

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    exercise(data, size);
    return 0;
}

#endif
#endif
