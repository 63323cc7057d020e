/* bitplane receiver: takes pictures over a serial line, checks, keeps and shows them.
 *
 * Copyright (C) the bitplane authors
 *
 * Permission to use, copy, modify, and/or distribute this software for any purpose with or
 * without fee is hereby granted.
 *
 * THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO THIS
 * SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE
 * AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT, INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES
 * WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN ACTION OF CONTRACT,
 * NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR
 * PERFORMANCE OF THIS SOFTWARE.
 *
 * SPDX-License-Identifier: 0BSD
 *
 * C99 or C++, no allocation, nothing of the C library but memcpy. The protocol is described in
 * bitplane's docs/protocol.md. RAM: the frame buffer (BITPLANE_FRAME + 14 bytes) and at most 1 KiB,
 * stack included. */
#ifndef BITPLANE_RECEIVER_H
#define BITPLANE_RECEIVER_H

#include <stdint.h>

#ifndef BITPLANE_FRAME /* most bytes of a picture in one frame, at least 128 */
#ifdef __AVR__
#define BITPLANE_FRAME 128u
#else
#define BITPLANE_FRAME 512u
#endif
#endif

#define BITPLANE_RECORD 48u /* bytes that each slot has behind the picture */

#ifdef __cplusplus
extern "C" {
#endif

/* What the device says of itself. `bitplane receiver --target T` writes one for a target. */
typedef struct bitplane_panel {
    const char *name;   /* of the target, at most 40 characters */
    const char *format; /* how its bytes are laid out, likewise */
    uint16_t width, height;
    uint32_t capacity; /* bytes of a picture; with pages a multiple of `page` */
    uint32_t page;     /* 1, or what the memory erases at a time */
    uint8_t slots;     /* pictures that it keeps, at least 1 */
    uint8_t window;    /* frames that the line's buffer holds while one is stored, at least 1 */
} bitplane_panel;

enum { BITPLANE_PUT, BITPLANE_GET };

/* The four functions that you write. Each gets `user`.
 *
 * store: copies `size` bytes from `data` to a slot (BITPLANE_PUT) or back (BITPLANE_GET), from
 *   byte `at` on. A slot has capacity + BITPLANE_RECORD bytes: the picture, then the record.
 *   Returns 0 when it has done so. Flash: erase a page when a PUT begins at its first byte; no PUT
 *   of a picture crosses the end of a page. The record has to lie in a page of its own.
 * show: puts the first `size` bytes of a slot on the panel; returns 0 when they are there. */
typedef struct bitplane_io {
    int (*read)(void *user); /* the next byte, 0 to 255, or -1 when none has come yet */
    void (*write)(void *user, uint8_t byte);
    int (*store)(void *user, int what, uint8_t slot, uint32_t at, uint8_t *data, uint16_t size);
    int (*show)(void *user, uint8_t slot, uint32_t size);
    void *user;
} bitplane_io;

typedef struct bitplane_receiver {
    const bitplane_panel *panel;
    const bitplane_io *io;
    uint32_t key, total, wanted; /* of the open upload */
    uint8_t sha256[32];
    uint8_t slot, open;
    uint8_t bad, some, left, zero; /* of the frame that is coming in */
    uint16_t used;
    uint16_t last_size;    /* the last slow answer, for when it was lost */
    uint32_t last_request; /* CRC of what it answers */
    uint8_t last[48];
    uint8_t frame[BITPLANE_FRAME + 14u];
} bitplane_receiver;

/* Once, after a reset. `panel` and `io` have to stay where they are. */
void bitplane_start(bitplane_receiver *receiver, const bitplane_panel *panel,
                    const bitplane_io *io);

/* As often as you can: takes what has come in, at most one frame. Returns 1 when it took a frame,
 * 0 when nothing more is there. */
int bitplane_poll(bitplane_receiver *receiver);

#ifdef __cplusplus
}
#endif

#endif
