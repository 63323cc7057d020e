/* bitplane unpack; what it is and its license (0BSD) stand in bitplane_unpack.h. */
#include "bitplane_unpack.h"

#include "bitplane_inner.h"

static size_t copy(struct bitplane_input *in, uint8_t *out, size_t count) {
    size_t part = bitplane_least(count, (size_t)(in->end - in->data)), i;
    for (i = 0; i < part; i++) out[i] = BITPLANE_READ(in->data++);
    return part;
}

static void start(struct bitplane_input *in, const uint8_t *data, size_t size) {
    in->data = data;
    in->end = data + size;
}

size_t bitplane_unpack_window(uint8_t codec, uint16_t parameter) {
    if (codec == BITPLANE_G5) return ((size_t)parameter >> 3) + ((parameter & 7u) != 0);
    return codec >= BITPLANE_LZ4 && codec <= BITPLANE_DEFLATE ? parameter : 0;
}

int bitplane_unpack_init(struct bitplane_unpack *u, uint8_t codec, const uint8_t *data,
                         size_t size, uint16_t parameter, uint8_t *window, size_t window_size) {
    u->codec = codec;
    if (bitplane_unpack_window(codec, parameter) > window_size) codec = UINT8_MAX;
    (void)window; /* where no codec is wanted */
    switch (codec) {
    case BITPLANE_NONE:
        start(&u->of.none, data, size);
        return 1;
#ifndef BITPLANE_NO_RLE
    case BITPLANE_RLE:
        bitplane_rle_init(&u->of.rle, data, size, (uint8_t)parameter);
        return 1;
#endif
#ifndef BITPLANE_NO_PACKBITS
    case BITPLANE_PACKBITS:
        bitplane_packbits_init(&u->of.packbits, data, size);
        return 1;
#endif
#ifndef BITPLANE_NO_LZ4
    case BITPLANE_LZ4:
        bitplane_lz4_init(&u->of.lz4, data, size, window, parameter);
        return 1;
#endif
#ifndef BITPLANE_NO_HEATSHRINK
    case BITPLANE_HEATSHRINK:
        bitplane_heatshrink_init(&u->of.heatshrink, data, size, window, parameter);
        return 1;
#endif
#ifndef BITPLANE_NO_ZX0
    case BITPLANE_ZX0:
        bitplane_zx0_init(&u->of.zx0, data, size, window, parameter);
        return 1;
#endif
#ifndef BITPLANE_NO_DEFLATE
    case BITPLANE_DEFLATE:
        bitplane_deflate_init(&u->of.deflate, data, size, window, parameter);
        return 1;
#endif
#ifndef BITPLANE_NO_G5
    case BITPLANE_G5:
        bitplane_g5_init(&u->of.g5, data, size, window, window_size, parameter);
        return 1;
#endif
    default:
        u->codec = BITPLANE_NONE;
        start(&u->of.none, data, 0);
        return 0;
    }
}

size_t bitplane_unpack_read(struct bitplane_unpack *u, uint8_t *out, size_t count) {
    switch (u->codec) {
#ifndef BITPLANE_NO_RLE
    case BITPLANE_RLE:
        return bitplane_rle_read(&u->of.rle, out, count);
#endif
#ifndef BITPLANE_NO_PACKBITS
    case BITPLANE_PACKBITS:
        return bitplane_packbits_read(&u->of.packbits, out, count);
#endif
#ifndef BITPLANE_NO_LZ4
    case BITPLANE_LZ4:
        return bitplane_lz4_read(&u->of.lz4, out, count);
#endif
#ifndef BITPLANE_NO_HEATSHRINK
    case BITPLANE_HEATSHRINK:
        return bitplane_heatshrink_read(&u->of.heatshrink, out, count);
#endif
#ifndef BITPLANE_NO_ZX0
    case BITPLANE_ZX0:
        return bitplane_zx0_read(&u->of.zx0, out, count);
#endif
#ifndef BITPLANE_NO_DEFLATE
    case BITPLANE_DEFLATE:
        return bitplane_deflate_read(&u->of.deflate, out, count);
#endif
#ifndef BITPLANE_NO_G5
    case BITPLANE_G5:
        return bitplane_g5_read(&u->of.g5, out, count);
#endif
    default:
        return copy(&u->of.none, out, count);
    }
}

size_t bitplane_unpack_all(uint8_t codec, const uint8_t *data, size_t size, uint16_t parameter,
                           uint8_t *out, size_t count) {
    struct bitplane_input in;
    (void)parameter; /* where no codec is wanted */
    switch (codec) {
    case BITPLANE_NONE:
        start(&in, data, size);
        return copy(&in, out, count);
#ifndef BITPLANE_NO_RLE
    case BITPLANE_RLE:
        return bitplane_rle_all(data, size, out, count, (uint8_t)parameter);
#endif
#ifndef BITPLANE_NO_PACKBITS
    case BITPLANE_PACKBITS:
        return bitplane_packbits_all(data, size, out, count);
#endif
#ifndef BITPLANE_NO_LZ4
    case BITPLANE_LZ4:
        return bitplane_lz4_all(data, size, out, count);
#endif
#ifndef BITPLANE_NO_HEATSHRINK
    case BITPLANE_HEATSHRINK:
        return bitplane_heatshrink_all(data, size, out, count, parameter);
#endif
#ifndef BITPLANE_NO_ZX0
    case BITPLANE_ZX0:
        return bitplane_zx0_all(data, size, out, count);
#endif
#ifndef BITPLANE_NO_DEFLATE
    case BITPLANE_DEFLATE:
        return bitplane_deflate_all(data, size, out, count);
#endif
#ifndef BITPLANE_NO_G5
    case BITPLANE_G5:
        return bitplane_g5_all(data, size, out, count, parameter);
#endif
    default:
        return 0;
    }
}
