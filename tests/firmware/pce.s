; PC Engine: a background of tiles, brought from the card's banks 1 to 4 into video memory.
; Assembled by ca65 in the folder of card.raw and palette.raw.
.setcpu "huc6280"

VDC = $0002
VCE_INDEX = $0402
VCE_COLOR = $0404
TILES = $1000

.macro register number, value
    st0 #number
    st1 #<(value)
    st2 #>(value)
.endmacro

.macro copy bank
    lda #bank
    tam #$04            ; at $4000
    tia $4000, VDC, $2000
.endmacro

.segment "CODE"

.proc reset
    sei
    csh
    cld
    lda #$ff
    tam #$01            ; registers at $0000
    lda #$f8
    tam #$02            ; memory at $2000
    ldx #$ff
    txs
    lda #$07
    sta $1402           ; no interrupts
    stz $0400           ; 256 pixels a line
    register 5, $0000
    register 7, $0000
    register 8, $0000
    register 9, $0000   ; a map of 32 x 32
    register 10, $0202
    register 11, $041f
    register 12, $1702
    register 13, $00df  ; 224 lines
    register 14, $000c
    stz VCE_INDEX
    stz VCE_INDEX + 1
    tia palette, VCE_COLOR, palette_end - palette
    register 0, TILES
    st0 #2
    copy 1
    copy 2
    copy 3
    copy 4
    register 0, $0000
    st0 #2
    clx
    lda #>(TILES / 16)
    sta $2000
map:
    stx a:VDC           ; a short address would be one of memory
    lda $2000
    sta a:VDC + 1
    inx
    bne map
    inc $2000
    lda $2000
    cmp #>(TILES / 16) + 4
    bne map
    register 5, $0080   ; background on
forever:
    bra forever
.endproc

palette:
    .incbin "palette.raw"
palette_end:

.segment "VECTORS"
    .word reset, reset, reset, reset, reset

.segment "TILES"
    .incbin "card.raw"
