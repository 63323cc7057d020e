/* The receiver on the host: as a library for ctypes (`host_*`), and as a program that talks over
 * its standard input and output (-DHOST_MAIN) or takes what a fuzzer gives (-DHOST_FUZZ). */
#include "bitplane_receiver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct host {
    bitplane_receiver receiver;
    bitplane_panel panel;
    bitplane_io io;
    char name[64], format[64];
    const uint8_t *in;
    size_t waiting;
    uint8_t *out;
    size_t said, room;
    uint8_t *memory;
    unsigned shows, fail;
} host;

static int host_read(void *user)
{
    host *h = (host *)user;
    if (h->waiting == 0) return -1;
    h->waiting--;
    return *h->in++;
}

static void host_write(void *user, uint8_t byte)
{
    host *h = (host *)user;
    if (h->said < h->room) h->out[h->said++] = byte;
}

static uint32_t slot_bytes(const host *h) { return h->panel.capacity + BITPLANE_RECORD; }

static int host_store(void *user, int what, uint8_t slot, uint32_t at, uint8_t *data,
                      uint16_t size)
{
    host *h = (host *)user;
    if (slot >= h->panel.slots || at > slot_bytes(h) || size > slot_bytes(h) - at) abort();
    if (h->fail) return 1;
    uint8_t *place = h->memory + (size_t)slot * slot_bytes(h) + at;
    memcpy(what == BITPLANE_PUT ? place : data, what == BITPLANE_PUT ? data : place, size);
    return 0;
}

static int host_show(void *user, uint8_t slot, uint32_t size)
{
    host *h = (host *)user;
    if (slot >= h->panel.slots || size == 0 || size > h->panel.capacity) abort();
    h->shows++;
    return (int)h->fail;
}

host *host_new(const char *name, const char *format, unsigned width, unsigned height,
               unsigned capacity, unsigned page, unsigned slots, unsigned window);
void host_free(host *h);
void host_reset(host *h);
size_t host_feed(host *h, const uint8_t *in, size_t size, uint8_t *out, size_t room);
unsigned host_shows(const host *h);
void host_fail(host *h, unsigned fail);
uint8_t *host_memory(host *h);
unsigned host_frame(void);
unsigned host_ram(void);

host *host_new(const char *name, const char *format, unsigned width, unsigned height,
               unsigned capacity, unsigned page, unsigned slots, unsigned window)
{
    host *h = (host *)calloc(1, sizeof *h);
    if (h == NULL) abort();
    strncpy(h->name, name, sizeof h->name - 1);
    strncpy(h->format, format, sizeof h->format - 1);
    h->panel.name = h->name;
    h->panel.format = h->format;
    h->panel.width = (uint16_t)width;
    h->panel.height = (uint16_t)height;
    h->panel.capacity = capacity;
    h->panel.page = page;
    h->panel.slots = (uint8_t)slots;
    h->panel.window = (uint8_t)window;
    h->io.read = host_read;
    h->io.write = host_write;
    h->io.store = host_store;
    h->io.show = host_show;
    h->io.user = h;
    h->memory = (uint8_t *)calloc(slots, slot_bytes(h));
    if (h->memory == NULL) abort();
    memset(&h->receiver, 0xA5, sizeof h->receiver); /* start must not rely on zeros */
    host_reset(h);
    return h;
}

void host_free(host *h)
{
    free(h->memory);
    free(h);
}

void host_reset(host *h) { bitplane_start(&h->receiver, &h->panel, &h->io); }

size_t host_feed(host *h, const uint8_t *in, size_t size, uint8_t *out, size_t room)
{
    h->in = in;
    h->waiting = size;
    h->out = out;
    h->said = 0;
    h->room = room;
    while (bitplane_poll(&h->receiver)) {
    }
    return h->said;
}

unsigned host_shows(const host *h) { return h->shows; }
void host_fail(host *h, unsigned fail) { h->fail = fail; }
uint8_t *host_memory(host *h) { return h->memory; }
unsigned host_frame(void) { return BITPLANE_FRAME; }
unsigned host_ram(void) { return (unsigned)(sizeof(bitplane_receiver) - BITPLANE_FRAME - 14u); }

#ifdef HOST_MAIN
#include <unistd.h>

int main(int count, char **arguments)
{
    static uint8_t in[4096], out[65536];
    if (count != 8) return 2;
    host *h = host_new(arguments[1], arguments[2], (unsigned)atoi(arguments[3]),
                       (unsigned)atoi(arguments[4]), (unsigned)atoi(arguments[5]), 1,
                       (unsigned)atoi(arguments[6]), 4);
    unsigned shows = 0;
    for (;;) {
        ssize_t came = read(0, in, sizeof in);
        if (came <= 0) return 0;
        size_t said = host_feed(h, in, (size_t)came, out, sizeof out);
        if (h->shows != shows) { /* the panel: a file */
            FILE *panel = fopen(arguments[7], "wb");
            if (panel == NULL) return 1;
            fwrite(h->memory, 1, h->panel.capacity, panel);
            fclose(panel);
            shows = h->shows;
        }
        for (size_t at = 0; at < said;) {
            ssize_t went = write(1, out + at, said - at);
            if (went <= 0) return 1;
            at += (size_t)went;
        }
    }
}
#endif

#ifdef HOST_FUZZ
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t structured(const uint8_t *data, size_t size, uint8_t *out, size_t room);

static uint32_t check(const uint8_t *p, size_t size)
{
    uint32_t crc = 0xFFFFFFFFu;
    while (size-- > 0) {
        crc ^= *p++;
        for (int i = 0; i < 8; i++) crc = crc >> 1 ^ (0xEDB88320u & (0u - (crc & 1u)));
    }
    return ~crc;
}

/* Frames with right CRCs out of anything: each begins with its size. */
size_t structured(const uint8_t *data, size_t size, uint8_t *out, size_t room)
{
    size_t used = 0;
    while (size > 1) {
        uint8_t plain[1100];
        size_t part = (size_t)(data[0] & 63u) * (data[0] & 64u ? 9u : 1u);
        data++, size--;
        part = part > size ? size : part;
        memcpy(plain, data, part);
        data += part, size -= part;
        if (part > 0) plain[0] &= 15u;
        uint32_t crc = check(plain, part);
        for (unsigned i = 0; i < 4; i++) plain[part + i] = (uint8_t)(crc >> 8 * i);
        part += 4;
        if (used + 2 * part + 8 > room) break;
        size_t code = used++, run = 1;
        for (size_t i = 0; i < part; i++) {
            if (plain[i] != 0) {
                out[used++] = plain[i];
                run++;
            }
            if (plain[i] == 0 || run == 255) {
                out[code] = (uint8_t)run;
                code = used++;
                run = 1;
            }
        }
        out[code] = (uint8_t)run;
        out[used++] = 0;
    }
    return used;
}

static const uint8_t zeros[32] = {
    0x66, 0x68, 0x7a, 0xad, 0xf8, 0x62, 0xbd, 0x77, 0x6c, 0x8f, 0xc1, 0x8b, 0x8e, 0x9f, 0x8e, 0x20,
    0x08, 0x97, 0x14, 0x85, 0x6e, 0xe2, 0x33, 0xb3, 0x90, 0x2a, 0x59, 0x1d, 0x0d, 0x5f, 0x29, 0x25};

/* A whole picture in slot 0, 32 zeros under the key 7: begun, written, ended, not shown. */
static void uploaded(host *h)
{
    static uint8_t plain[256], in[512], out[512];
    uint8_t begin[] = {47, 2, 1, 7, 0, 0, 0, 0, 32, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF};
    uint8_t write[] = {42, 3, 2, 7}, end[] = {6, 4, 3, 7, 0, 0, 0};
    memset(plain, 0, sizeof plain);
    memcpy(plain, begin, sizeof begin);
    memcpy(plain + sizeof begin, zeros, 32);
    memcpy(plain + 48, write, sizeof write);
    memcpy(plain + 91, end, sizeof end);
    size_t said = host_feed(h, in, structured(plain, 98, in, sizeof in), out, sizeof out);
    if (said < 80 || out[said - 1] != 0) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t in[16384], out[16384];
    if (size < 2) return 0;
    host *h = host_new("fuzz", "rows bits=1", 64, 48, 384, data[0] & 1u ? 128 : 1, 2, 4);
    uint8_t how = data[0];
    data++, size--;
    if (how & 8u) uploaded(h);
    if (how & 2u) {
        host_feed(h, data, size, out, sizeof out);
    } else {
        host_feed(h, in, structured(data, size, in, sizeof in), out, sizeof out);
    }
    host_fail(h, how & 4u);
    host_feed(h, data, size, out, sizeof out);
    host_free(h);
    return 0;
}

#ifdef HOST_FUZZ_OWN
/* Without libFuzzer: inputs of our own, the same each time. `count` of them. */
static uint64_t state = 88172645463325252u;
static uint32_t random32(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 16);
}

static size_t plausible(uint8_t *p, uint8_t key)
{
    static const uint8_t sizes[9] = {3, 5, 45, 40, 4, 5, 1, 1, 1};
    uint8_t type = (uint8_t)(random32() % 9u);
    size_t size = sizes[type] + 2u, n = 0;
    p[n++] = (uint8_t)size;
    p[n++] = type;
    p[n++] = (uint8_t)random32();
    for (size_t i = 2; i < size; i++) p[n++] = random32() % 8u ? 0 : (uint8_t)random32();
    if (type == 2 || type == 3 || type == 4) p[3] = key, p[4] = p[5] = p[6] = 0;
    if (type == 3) p[7] = (uint8_t)(32u * (random32() % 4u)), p[8] = p[9] = p[10] = 0;
    if (type == 3 && random32() % 2u) memset(p + 7, 0, 36);
    if (type == 2 && random32() % 4u) { /* a whole picture: 32 zeros */
        p[7] = (uint8_t)(random32() & 1u);
        p[8] = 32, p[9] = p[10] = p[11] = 0;
        memset(p + 12, random32() % 4u ? 0xFF : 0, 4);
        memcpy(p + 16, zeros, 32);
    }
    return n;
}

int main(int count, char **arguments)
{
    static uint8_t data[4096];
    long runs = count > 1 ? atol(arguments[1]) : 1000;
    for (long run = 0; run < runs; run++) {
        size_t size = 1;
        data[0] = (uint8_t)random32();
        if (random32() & 1u) {
            size_t frames = random32() % 24u;
            data[0] = (uint8_t)(data[0] & ~2u);
            while (frames-- > 0) size += plausible(data + size, 7);
        } else {
            size_t most = random32() % 1500u;
            while (size <= most) data[size++] = random32() % 3u ? (uint8_t)random32() : 0;
        }
        LLVMFuzzerTestOneInput(data, size);
    }
    printf("%ld inputs\n", runs);
    return 0;
}
#endif
#endif
