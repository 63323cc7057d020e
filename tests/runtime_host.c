/* Decoders given what a fuzzer, or the mutations below, make up. With -DHOST_OWN: a program that
 * changes the inputs in the files that it is given, the same way each time.
 * An input: codec, parameter, size of a read, size of the output; then the stream. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bitplane_unpack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint16_t parameter_of(uint8_t codec, uint8_t byte)
{
    if (codec == BITPLANE_RLE) return (uint16_t)(byte & 7u);
    if (codec == BITPLANE_G5) return (uint16_t)(byte * 3u);
    return (uint16_t)(256u << (byte & 7u));
}

/* Memory of exactly that size, so that the sanitizer sees each byte beyond. */
static uint8_t *exactly(size_t size)
{
    uint8_t *memory = (uint8_t *)malloc(size);
    if (memory == NULL && size > 0) abort();
    return memory;
}

static size_t in_parts(uint8_t codec, uint16_t parameter, const uint8_t *data, size_t size,
                       uint8_t *out, size_t room, size_t part)
{
    struct bitplane_unpack u;
    size_t wanted = bitplane_unpack_window(codec, parameter), given = 0, came = 1;
    uint8_t *window = exactly(wanted);
    memset(&u, 0xA5, sizeof u);
    if (wanted > 0 && bitplane_unpack_init(&u, codec, data, size, parameter, window, wanted - 1))
        abort();
    if (wanted > 0 && bitplane_unpack_read(&u, out, room) != 0) abort();
    if (!bitplane_unpack_init(&u, codec, data, size, parameter, window, wanted)) part = 0;
    for (; came > 0 && given < room; given += came) {
        size_t most = room - given < part ? room - given : part;
        came = bitplane_unpack_read(&u, out + given, most);
        if (came > most) abort();
    }
    free(window);
    return given;
}

/* Windows that are none, and rows that are too short, give nothing. */
static void without_window(const uint8_t *data, size_t size, uint8_t *out)
{
    static uint8_t window[3];
    struct bitplane_unpack u;
    bitplane_g5_init(&u.of.g5, data, size, window, 3, 25);
    if (bitplane_g5_read(&u.of.g5, out, 1) != 0) abort();
    bitplane_lz4_init(&u.of.lz4, data, size, window, 3);
    if (bitplane_lz4_read(&u.of.lz4, out, 1) != 0) abort();
    bitplane_zx0_init(&u.of.zx0, data, size, window, 0);
    if (bitplane_zx0_read(&u.of.zx0, out, 1) != 0) abort();
    bitplane_deflate_init(&u.of.deflate, data, size, window, 3);
    if (bitplane_deflate_read(&u.of.deflate, out, 1) != 0) abort();
    bitplane_heatshrink_init(&u.of.heatshrink, data, size, window, 3);
    if (bitplane_heatshrink_read(&u.of.heatshrink, out, 1) != 0) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 4) return 0;
    uint8_t codec = (uint8_t)(data[0] % 9u), *stream, *parts, *whole;
    uint16_t parameter = parameter_of(codec, data[1]);
    size_t room = 16u * (data[3] + 1u), some, all;
    if (codec == BITPLANE_G5) /* `all` gives whole rows */
        room -= room % (bitplane_unpack_window(codec, parameter) + !parameter);
    stream = exactly(size - 4);
    memcpy(stream, data + 4, size - 4);
    parts = exactly(room);
    whole = exactly(room);
    some = in_parts(codec, parameter, stream, size - 4, parts, room, data[2] + 1u);
    all = bitplane_unpack_all(codec, stream, size - 4, parameter, whole, room);
    if (data[1] == 0) without_window(stream, size - 4, whole);
    if (some > all || memcmp(parts, whole, some) != 0) abort(); /* a window may be too narrow */
    free(stream);
    free(parts);
    free(whole);
    return 0;
}

#ifdef HOST_OWN
static uint64_t state = 88172645463325252u;
static uint32_t below(uint32_t most)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 16) % most;
}

static size_t load(const char *path, uint8_t *data, size_t room)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) abort();
    size_t size = fread(data, 1, room, file);
    fclose(file);
    return size;
}

int main(int count, char **arguments)
{
    static uint8_t seed[1 << 16], data[1 << 16];
    long runs = atol(arguments[1]);
    for (int i = 2; i < count; i++) {
        size_t size = load(arguments[i], seed, sizeof seed);
        LLVMFuzzerTestOneInput(seed, size);
        for (long run = 0; run < runs; run++) {
            memcpy(data, seed, size);
            for (uint32_t changes = below(4); changes > 0; changes--) {
                uint8_t *byte = &data[1 + below((uint32_t)size - 1)];
                *byte = (uint8_t)(below(2) ? below(256) : *byte ^ 1u << below(8));
            }
            LLVMFuzzerTestOneInput(data, below(3) ? size : below((uint32_t)size + 1));
        }
    }
    printf("%d inputs, %ld times\n", count - 2, runs);
    return 0;
}
#endif
