; Super Nintendo: background 1 in its mode of 16 colors, tiles brought into video memory by DMA.
; Assembled by ca65 in the folder of card.raw and palette.raw.
.p816
.smart

.segment "CODE"

.proc reset
    sei
    clc
    xce
    rep #$10            ; X and Y of 16 bits
    sep #$20            ; A of 8 bits
    ldx #$1fff
    txs
    lda #$8f
    sta $2100           ; screen off
    stz $4200
    lda #$01
    sta $2105           ; mode 1
    lda #$40
    sta $2107           ; map at word $4000
    stz $210b           ; tiles at word 0
    stz $210d
    stz $210d
    lda #$ff            ; one line up: the first one is never shown
    sta $210e
    sta $210e
    lda #$80
    sta $2115           ; on to the next word after the high byte
    ldx #$0000
    stx $2116
    lda #$01
    sta $4300           ; two registers in turn
    lda #$18
    sta $4301
    ldx #.loword(tiles)
    stx $4302
    stz $4304
    ldx #tiles_end - tiles
    stx $4305
    lda #$01
    sta $420b
    ldx #$4000
    stx $2116
    ldx #$0000
map:
    stx $2118
    inx
    cpx #32 * 28
    bne map
    stz $2121
    ldx #$0000
color:
    lda palette,x
    sta $2122
    inx
    cpx #palette_end - palette
    bne color
    lda #$01
    sta $212c           ; background 1 alone
    lda #$0f
    sta $2100
forever:
    jmp forever
.endproc

nothing:
    rti

palette:
    .incbin "palette.raw"
palette_end:
tiles:
    .incbin "card.raw"
tiles_end:

.segment "HEADER"
    .byte "BITPLANE             "
    .byte $20, $00, $05, $00, $01, $33, $00
    .word $ffff, $0000

.segment "VECTORS"
    .word nothing, nothing, nothing, nothing, nothing, nothing
    .word $0000, $0000
    .word nothing, nothing, nothing, nothing, reset, nothing
