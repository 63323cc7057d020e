// A panel that takes pictures from `bitplane upload`. Yours to change.
// SPDX-License-Identifier: 0BSD
//
// Fill in panel_begin() and panel_draw() with your display's library. The picture lies in RAM as
// the panel reads it; boards with little RAM need a display with little memory.

extern "C" {
#include "bitplane_receiver.h"
}
#include "bitplane_panel.h"

static uint8_t slots[BITPLANE_PANEL_SLOTS][BITPLANE_PANEL_BYTES + BITPLANE_RECORD];
static bitplane_receiver receiver;

static void panel_begin() {
  // for example: SPI.begin(), reset pulse, the controller's start-up commands
}

static bool panel_draw(const uint8_t *bytes, uint32_t size) {
  // for example: set the window to the whole panel, then send `size` bytes
  (void)bytes;
  (void)size;
  return true;
}

static int serial_read(void *) { return Serial.read(); }  // -1 when none has come

static void serial_write(void *, uint8_t byte) { Serial.write(byte); }

static int keep(void *, int what, uint8_t slot, uint32_t at, uint8_t *data, uint16_t size) {
  uint8_t *place = slots[slot] + at;
  memcpy(what == BITPLANE_PUT ? place : data, what == BITPLANE_PUT ? data : place, size);
  return 0;
}

static int show(void *, uint8_t slot, uint32_t size) { return panel_draw(slots[slot], size) ? 0 : 1; }

static const bitplane_io io = {serial_read, serial_write, keep, show, 0};

void setup() {
  Serial.begin(115200);
  panel_begin();
  bitplane_start(&receiver, &bitplane_panel_data, &io);
}

void loop() {
  bitplane_poll(&receiver);
  // your own work; while it takes long, frames are lost and sent again
}
