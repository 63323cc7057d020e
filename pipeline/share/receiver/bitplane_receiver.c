/* bitplane receiver; what it is and its license (0BSD) stand in bitplane_receiver.h. */
#include "bitplane_receiver.h"

#include <string.h>

#ifdef __AVR__ /* constants stay in flash */
#include <avr/pgmspace.h>
#define TABLE PROGMEM
#define TABLE_AT(address) pgm_read_dword(address)
#else
#define TABLE
#define TABLE_AT(address) (*(address))
#endif

#if BITPLANE_FRAME < 128 || BITPLANE_FRAME > 4096
#error "BITPLANE_FRAME has to be 128 to 4096"
#endif

enum { HELLO = 1, BEGIN, WRITE, END, PROBE, SHOW, INFO, ERASE };
enum { ANSWER = 0x80, WAIT = 0xFE, ERROR = 0xFF };
enum { FINE, DAMAGED, UNKNOWN, BODY, SLOT, SIZE, KEY, OFFSET, HASH, STORE, EMPTY, NOT_SHOWN };
enum { MAX_TEXT = 40, NOTED = 40, SHA = 32 };
static const uint32_t ANYWHERE = 0xFFFFFFFFu, MAGIC = 0x31525042u;

static uint32_t get32(const uint8_t *p) {
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint16_t put(uint8_t *p, uint32_t value, uint16_t bytes) {
    for (uint16_t i = 0; i < bytes; i++) p[i] = (uint8_t)(value >> (8u * i));
    return bytes;
}

/* Through volatile, so that compilers do not make a call of memset of it. */
static void clear(volatile uint8_t *p, uint16_t size) {
    while (size-- > 0) *p++ = 0;
}

static int same(const uint8_t *a, const uint8_t *b, uint16_t size) {
    uint8_t differ = 0;
    for (uint16_t i = 0; i < size; i++) differ = (uint8_t)(differ | (a[i] ^ b[i]));
    return differ == 0;
}

/* CRC-32 as in zlib, four bits at a time. */
static uint32_t crc32(const uint8_t *p, uint16_t size) {
    static const uint32_t table[16] TABLE = {
        0x00000000u, 0x1DB71064u, 0x3B6E20C8u, 0x26D930ACu, 0x76DC4190u, 0x6B6B51F4u,
        0x4DB26158u, 0x5005713Cu, 0xEDB88320u, 0xF00F9344u, 0xD6D6A3E8u, 0xCB61B38Cu,
        0x9B64C2B0u, 0x86D3D2D4u, 0xA00AE278u, 0xBDBDF21Cu};
    uint32_t crc = 0xFFFFFFFFu;
    while (size-- > 0) {
        crc ^= *p++;
        crc = crc >> 4 ^ TABLE_AT(&table[crc & 15u]);
        crc = crc >> 4 ^ TABLE_AT(&table[crc & 15u]);
    }
    return ~crc;
}

/* ---- SHA-256 (FIPS 180-4) ---- */

static uint32_t turn(uint32_t x, unsigned bits) { return x >> bits | x << (32u - bits); }

static uint32_t big32(const uint8_t *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | (uint32_t)p[3];
}

static void sha_block(uint32_t state[8], const uint8_t *p) {
    static const uint32_t k[64] TABLE = {
        0x428a2f98u, 0x71374491u, 0xb5c0fbcfu, 0xe9b5dba5u, 0x3956c25bu, 0x59f111f1u, 0x923f82a4u,
        0xab1c5ed5u, 0xd807aa98u, 0x12835b01u, 0x243185beu, 0x550c7dc3u, 0x72be5d74u, 0x80deb1feu,
        0x9bdc06a7u, 0xc19bf174u, 0xe49b69c1u, 0xefbe4786u, 0x0fc19dc6u, 0x240ca1ccu, 0x2de92c6fu,
        0x4a7484aau, 0x5cb0a9dcu, 0x76f988dau, 0x983e5152u, 0xa831c66du, 0xb00327c8u, 0xbf597fc7u,
        0xc6e00bf3u, 0xd5a79147u, 0x06ca6351u, 0x14292967u, 0x27b70a85u, 0x2e1b2138u, 0x4d2c6dfcu,
        0x53380d13u, 0x650a7354u, 0x766a0abbu, 0x81c2c92eu, 0x92722c85u, 0xa2bfe8a1u, 0xa81a664bu,
        0xc24b8b70u, 0xc76c51a3u, 0xd192e819u, 0xd6990624u, 0xf40e3585u, 0x106aa070u, 0x19a4c116u,
        0x1e376c08u, 0x2748774cu, 0x34b0bcb5u, 0x391c0cb3u, 0x4ed8aa4au, 0x5b9cca4fu, 0x682e6ff3u,
        0x748f82eeu, 0x78a5636fu, 0x84c87814u, 0x8cc70208u, 0x90befffau, 0xa4506cebu, 0xbef9a3f7u,
        0xc67178f2u};
    uint32_t w[16], v[8];
    memcpy(v, state, sizeof v);
    for (unsigned i = 0; i < 64u; i++) {
        uint32_t *now = &w[i & 15u];
        if (i < 16u) {
            *now = big32(p + 4u * i);
        } else {
            uint32_t a = w[(i + 1u) & 15u], b = w[(i + 14u) & 15u];
            *now += w[(i + 9u) & 15u] + (turn(a, 7) ^ turn(a, 18) ^ a >> 3) +
                    (turn(b, 17) ^ turn(b, 19) ^ b >> 10);
        }
        uint32_t e = v[4];
        uint32_t one = v[7] + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) +
                       ((e & v[5]) ^ (~e & v[6])) + TABLE_AT(&k[i]) + *now;
        uint32_t two = (turn(v[0], 2) ^ turn(v[0], 13) ^ turn(v[0], 22)) +
                       ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
        v[7] = v[6], v[6] = v[5], v[5] = e, v[4] = v[3] + one;
        v[3] = v[2], v[2] = v[1], v[1] = v[0], v[0] = one + two;
    }
    for (unsigned i = 0; i < 8u; i++) state[i] += v[i];
}

static int stored(bitplane_receiver *r, int what, uint8_t slot, uint32_t at, uint8_t *data,
                  uint16_t size) {
    return size == 0 || r->io->store(r->io->user, what, slot, at, data, size) == 0;
}

/* The hash of what a slot holds; goes through the frame buffer, so the request is lost. */
static int hash(bitplane_receiver *r, uint8_t slot, uint32_t size, uint8_t out[SHA]) {
    uint32_t state[8] = {0x6a09e667u, 0xbb67ae85u, 0x3c6ef372u, 0xa54ff53au,
                         0x510e527fu, 0x9b05688cu, 0x1f83d9abu, 0x5be0cd19u};
    uint8_t *data = r->frame;
    uint32_t at = 0;
    uint16_t part = 0, end;
    while (size - at >= 64u) {
        part = (uint16_t)(BITPLANE_FRAME & ~63u);
        part = size - at < part ? (uint16_t)((size - at) & ~63u) : part;
        if (!stored(r, BITPLANE_GET, slot, at, data, part)) return 0;
        for (uint16_t i = 0; i < part; i = (uint16_t)(i + 64u)) sha_block(state, data + i);
        at += part;
    }
    part = (uint16_t)(size - at);
    if (!stored(r, BITPLANE_GET, slot, at, data, part)) return 0;
    end = part < 56u ? 64u : 128u;
    data[part++] = 0x80;
    clear(data + part, (uint16_t)(end - part));
    for (unsigned i = 1; i < 5u; i++) data[end - 1u - i] = (uint8_t)(size >> (8u * i - 3u));
    data[end - 1u] = (uint8_t)(size << 3); /* the length in bits, big-endian */
    for (uint16_t i = 0; i < end; i = (uint16_t)(i + 64u)) sha_block(state, data + i);
    for (unsigned i = 0; i < SHA; i++) out[i] = (uint8_t)(state[i / 4u] >> (24u - 8u * (i % 4u)));
    return 1;
}

/* ---- frames out ---- */

static void line(bitplane_receiver *r, uint8_t byte) { r->io->write(r->io->user, byte); }

/* Sends `size` bytes and their CRC, for which there is room behind them; at most 250. */
static void send(bitplane_receiver *r, uint8_t *p, uint16_t size) {
    uint16_t start = 0;
    size = (uint16_t)(size + put(p + size, crc32(p, size), 4));
    line(r, 0);
    for (uint16_t i = 0; i <= size; i++) {
        if (i == size || p[i] == 0) {
            line(r, (uint8_t)(i - start + 1u));
            while (start < i) line(r, p[start++]);
            start = (uint16_t)(i + 1u);
        }
    }
    line(r, 0);
}

/* ERROR with its code, or WAIT, which has none. */
static void brief(bitplane_receiver *r, uint8_t type, uint8_t tag, uint8_t code) {
    uint8_t answer[3 + 4];
    answer[0] = type;
    answer[1] = tag;
    answer[2] = code;
    send(r, answer, type == ERROR ? 3 : 2);
}

static uint8_t want(bitplane_receiver *r, uint8_t tag) {
    uint8_t answer[10 + 4];
    answer[0] = ANSWER | BEGIN;
    answer[1] = tag;
    put(answer + 2, r->key, 4);
    put(answer + 6, r->wanted, 4);
    send(r, answer, 10);
    return FINE;
}

static uint16_t text(uint8_t *p, const char *words) {
    uint8_t size = 0;
    for (; size < MAX_TEXT && words[size] != 0; size++) p[1u + size] = (uint8_t)words[size];
    p[0] = size;
    return (uint16_t)(size + 1u);
}

static void hello(bitplane_receiver *r) {
    const bitplane_panel *panel = r->panel;
    uint8_t *p = r->frame; /* the nonce stays where it is */
    uint16_t n = 9;
    p[0] = ANSWER | HELLO;
    p[6] = 1; /* version of the protocol */
    p[7] = panel->window;
    p[8] = panel->slots;
    n = (uint16_t)(n + put(p + n, BITPLANE_FRAME, 2));
    n = (uint16_t)(n + put(p + n, panel->width, 2));
    n = (uint16_t)(n + put(p + n, panel->height, 2));
    n = (uint16_t)(n + put(p + n, panel->page, 4));
    n = (uint16_t)(n + put(p + n, panel->capacity, 4));
    n = (uint16_t)(n + text(p + n, panel->name));
    n = (uint16_t)(n + text(p + n, panel->format));
    send(r, p, n);
}

/* ---- what a slot holds: "BPR1", size, SHA-256, CRC-32 of these, zeros ---- */

static uint32_t record(bitplane_receiver *r, uint8_t slot, uint8_t p[BITPLANE_RECORD]) {
    uint32_t size;
    if (!stored(r, BITPLANE_GET, slot, r->panel->capacity, p, BITPLANE_RECORD)) return 0;
    if (get32(p) != MAGIC || get32(p + NOTED) != crc32(p, NOTED)) return 0;
    size = get32(p + 4);
    return size <= r->panel->capacity ? size : 0;
}

static int note(bitplane_receiver *r, uint8_t slot, const uint8_t *sha256) {
    uint8_t p[BITPLANE_RECORD];
    clear(p, sizeof p);
    if (sha256) {
        put(p, MAGIC, 4);
        put(p + 4, r->total, 4);
        memcpy(p + 8, sha256, SHA);
        put(p + NOTED, crc32(p, NOTED), 4);
    }
    return stored(r, BITPLANE_PUT, slot, r->panel->capacity, p, BITPLANE_RECORD);
}

/* ---- requests: each gives FINE when it has answered, or why not ---- */

static uint8_t begin(bitplane_receiver *r, uint8_t tag, const uint8_t *body) {
    uint8_t slot = body[4], held[BITPLANE_RECORD];
    uint32_t total = get32(body + 5), start = get32(body + 9), whole;
    const uint8_t *sha256 = body + 13;
    if (total == 0 || total > r->panel->capacity) return SIZE;
    if (start != ANYWHERE && (start > total || start % r->panel->page != 0)) return OFFSET;
    whole = record(r, slot, held);
    if (!r->open || slot != r->slot || total != r->total || !same(sha256, r->sha256, SHA)) {
        r->wanted = whole == total && same(sha256, held + 8, SHA) ? total : 0;
    }
    r->key = get32(body);
    r->slot = slot;
    r->total = total;
    memcpy(r->sha256, sha256, SHA);
    r->open = 1;
    r->wanted = start == ANYWHERE ? r->wanted : start;
    if (r->wanted < total && whole != 0 && !note(r, slot, 0)) return STORE;
    return want(r, tag);
}

static uint8_t take(bitplane_receiver *r, uint8_t tag, uint8_t *body, uint16_t size) {
    uint32_t at = get32(body + 4), page = r->panel->page;
    size = (uint16_t)(size - 8u);
    if (at == r->wanted && size <= r->total - at) {
        if (page > 1 && at / page != (at + size - 1u) / page) return OFFSET;
        if (!stored(r, BITPLANE_PUT, r->slot, at, body + 8, size)) return STORE;
        r->wanted += size;
    }
    return want(r, tag);
}

/* Sends a slow answer and keeps it, for when it gets lost on the way. */
static uint8_t answer(bitplane_receiver *r, uint8_t type, uint8_t tag, uint16_t size) {
    r->last[0] = (uint8_t)(ANSWER | type);
    r->last[1] = tag;
    r->last_size = size;
    send(r, r->last, size);
    return FINE;
}

static uint8_t end(bitplane_receiver *r, uint8_t tag) {
    uint8_t *digest = r->last + 6;
    if (r->wanted < r->total) return want(r, tag);
    brief(r, WAIT, tag, 0);
    if (!hash(r, r->slot, r->total, digest)) return STORE;
    if (!same(digest, r->sha256, SHA)) {
        r->wanted = 0;
        return note(r, r->slot, 0) ? HASH : STORE;
    }
    if (!note(r, r->slot, digest)) return STORE;
    put(r->last + 2, r->key, 4);
    return answer(r, END, tag, 6 + SHA);
}

static uint8_t probe(bitplane_receiver *r, uint8_t tag, uint8_t slot, uint32_t size) {
    if (size > r->panel->capacity) return SIZE;
    brief(r, WAIT, tag, 0);
    if (!hash(r, slot, size, r->last + 7)) return STORE;
    r->last[2] = slot;
    put(r->last + 3, size, 4);
    return answer(r, PROBE, tag, 7 + SHA);
}

static uint8_t info(bitplane_receiver *r, uint8_t tag, uint8_t slot) {
    uint8_t held[BITPLANE_RECORD], p[8 + SHA + 4];
    uint32_t size = record(r, slot, held);
    clear(p, sizeof p);
    p[0] = ANSWER | INFO;
    p[1] = tag;
    p[2] = slot;
    if (size != 0) {
        p[3] = 1;
        put(p + 4, size, 4);
        memcpy(p + 8, held + 8, SHA);
    }
    send(r, p, 8 + SHA);
    return FINE;
}

static uint8_t show(bitplane_receiver *r, uint8_t tag, uint8_t slot) {
    uint8_t held[BITPLANE_RECORD];
    uint32_t size = record(r, slot, held);
    if (size == 0) return EMPTY;
    brief(r, WAIT, tag, 0);
    if (r->io->show(r->io->user, slot, size) != 0) return NOT_SHOWN;
    r->last[2] = slot;
    return answer(r, SHOW, tag, 3);
}

static uint8_t erase(bitplane_receiver *r, uint8_t tag, uint8_t slot) {
    brief(r, WAIT, tag, 0);
    if (!note(r, slot, 0)) return STORE;
    r->open = slot == r->slot ? 0 : r->open;
    r->last[2] = slot;
    return answer(r, ERASE, tag, 3);
}

static uint8_t request(bitplane_receiver *r, uint8_t type, uint8_t tag, uint16_t size) {
    static const uint8_t sizes[] = {0, 5, 45, 9, 4, 5, 1, 1, 1}; /* WRITE: at least */
    uint8_t *body = r->frame + 2;
    uint8_t slot = body[type == BEGIN ? 4 : 0];
    if (type == 0 || type > ERASE) return UNKNOWN;
    if (type == WRITE ? size < sizes[type] : size != sizes[type]) return BODY;
    if ((type == BEGIN || type >= PROBE) && slot >= r->panel->slots) return SLOT;
    if ((type == WRITE || type == END) && (!r->open || get32(body) != r->key)) return KEY;
    switch (type) {
    case HELLO: hello(r); return FINE;
    case BEGIN: return begin(r, tag, body);
    case WRITE: return take(r, tag, body, size);
    case END: return end(r, tag);
    case PROBE: return probe(r, tag, slot, get32(body + 1));
    case SHOW: return show(r, tag, slot);
    case INFO: return info(r, tag, slot);
    default: return erase(r, tag, slot);
    }
}

/* ---- frames in ---- */

static void handle(bitplane_receiver *r, uint16_t size) {
    uint8_t tag = r->frame[1], code;
    uint32_t crc = size < 6 ? 0 : crc32(r->frame, (uint16_t)(size - 4u));
    if (size < 6 || crc != get32(r->frame + size - 4u)) {
        brief(r, ERROR, 0, DAMAGED);
        return;
    }
    if (r->last_size != 0 && crc == r->last_request) {
        send(r, r->last, r->last_size);
        return;
    }
    r->last_size = 0;
    r->last_request = crc;
    code = request(r, r->frame[0], tag, (uint16_t)(size - 6u));
    if (code != FINE) brief(r, ERROR, tag, code);
}

static void keep(bitplane_receiver *r, uint8_t byte) {
    r->bad = r->bad || r->used == sizeof r->frame;
    if (!r->bad) r->frame[r->used++] = byte;
}

/* One byte of the line, COBS undone at once; 1 when it ended a frame. */
static int accept(bitplane_receiver *r, uint8_t byte) {
    if (byte == 0) {
        uint16_t size = r->bad || r->left ? 0 : r->used;
        uint8_t some = r->some;
        r->bad = r->some = r->left = r->zero = 0;
        r->used = 0;
        if (some) handle(r, size);
        return some;
    }
    r->some = 1;
    if (r->left > 0) {
        r->left--;
        keep(r, byte);
        return 0;
    }
    if (r->zero) keep(r, 0);
    r->left = (uint8_t)(byte - 1u);
    r->zero = byte != 255;
    return 0;
}

void bitplane_start(bitplane_receiver *receiver, const bitplane_panel *panel,
                    const bitplane_io *io) {
    receiver->panel = panel;
    receiver->io = io;
    receiver->open = receiver->slot = 0;
    receiver->bad = receiver->some = receiver->left = receiver->zero = 0;
    receiver->used = receiver->last_size = 0;
    receiver->frame[1] = 0;
}

int bitplane_poll(bitplane_receiver *receiver) {
    int byte;
    while ((byte = receiver->io->read(receiver->io->user)) >= 0) {
        if (accept(receiver, (uint8_t)byte)) return 1;
    }
    return 0;
}
