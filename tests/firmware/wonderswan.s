# WonderSwan Color: a screen of tiles. Assembled by GNU as for the 8086 in the folder of card.raw and
# palette.raw; MODE is the port of the kind of tiles. The whole is a card of 64 KiB at f000:0000.
.intel_syntax noprefix
.arch i8086
.code16
.text

reset:
    cli
    cld
    xor ax, ax
    mov es, ax
    mov ss, ax
    mov sp, 0x2000
    mov al, MODE
    out 0x60, al
    mov ax, 0xf000
    mov ds, ax
    mov si, offset tiles
    mov di, 0x4000
    mov cx, (tiles_end - tiles) / 2
    rep movsw
    mov si, offset palette
    mov di, 0xfe00
    mov cx, (palette_end - palette) / 2
    rep movsw
    mov di, 0x0800
    xor ax, ax
    mov dx, 18
row:
    mov cx, 28
column:
    stosw
    inc ax
    loop column
    add di, 8           # the map is 32 wide
    dec dx
    jnz row
    mov al, 1
    out 0x07, al        # the map is at 0x0800
    out 0x14, al        # display on
    xor al, al
    out 0x01, al
    out 0x10, al
    out 0x11, al
    mov al, 1
    out 0x00, al        # screen 1
forever:
    jmp forever

palette:
    .incbin "palette.raw"
palette_end:
tiles:
    .incbin "card.raw"
tiles_end:

    .org 0xfff0
    .byte 0xea          # a jump to the start
    .word reset, 0xf000
    .byte 0
    .byte 0, 1, 0, 0    # made for color
    .byte 0, 0, 4, 0
    .word 0
