"""Run lengths of whole pixels, as LVGL 9 reads them (lv_rle.c).

A control byte `n` with bit 7 set: `n - 128` units follow as they are. Without it: the next unit
stands `n` times. Neither count is 0.
"""

from pipeline.codecs import Codec, Parameters
from pipeline.decoders import DECODERS

_LITERAL, _MOST = 0x80, 127


def compress(data: bytes, parameters: Parameters) -> bytes:
    """Runs where they save bytes; a last unit that is cut short is filled with zero bytes."""
    units = _units(data, parameters.unit)
    out, literal = bytearray(), bytearray()
    place = 0
    while place < len(units):
        length = _run(units, place)
        # a run of two units of one byte saves nothing, and would cut literals in two
        if length * parameters.unit > parameters.unit + 1 or (not literal and length > 1):
            _flush(out, literal, parameters.unit)
            out += bytes([length]) + units[place]
        else:
            length = 1
            literal += units[place]
        place += length
    _flush(out, literal, parameters.unit)
    return bytes(out)


def _units(data: bytes, size: int) -> list[bytes]:
    padded = data + bytes(-len(data) % size)
    return [padded[place : place + size] for place in range(0, len(padded), size)]


def _run(units: list[bytes], place: int) -> int:
    """How often the unit at a place stands there, up to the most that a control byte counts."""
    last = min(place + _MOST, len(units))
    end = place + 1
    while end < last and units[end] == units[place]:
        end += 1
    return end - place


def _flush(out: bytearray, literal: bytearray, unit: int) -> None:
    for start in range(0, len(literal), _MOST * unit):
        part = literal[start : start + _MOST * unit]
        out.append(_LITERAL | len(part) // unit)
        out += part
    literal.clear()


def decompress(stream: bytes, size: int, parameters: Parameters) -> bytes:
    """The data; zero bytes that filled its last unit are cut off."""
    unit, out, place = parameters.unit, bytearray(), 0
    full = -(-size // unit) * unit
    while len(out) < full:
        control = stream[place] if place < len(stream) else 0
        count = control & _MOST
        taken = unit * (count if control & _LITERAL else 1)
        part = stream[place + 1 : place + 1 + taken]
        if count == 0 or len(part) < taken:
            raise ValueError("the run-length stream is cut short or damaged")
        out += part if control & _LITERAL else part * count
        place += 1 + taken
    if len(out) != full or place != len(stream):
        raise ValueError("the run-length stream is longer than its picture")
    return bytes(out[:size])


CODEC = Codec(compress, decompress, DECODERS["rle"])
