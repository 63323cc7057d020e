"""PackBits of Apple, as TIFF 6.0 describes it in section 9.

A control byte `n` up to 127: `n + 1` bytes follow as they are. From 129: the next byte stands
`257 - n` times. 128 means nothing; readers skip it, and it is never written.
"""

from itertools import groupby

from pipeline.codecs import Codec, Parameters
from pipeline.decoders import DECODERS

_MOST = 128
_NOTHING = 128


def compress(data: bytes, parameters: Parameters) -> bytes:
    """Runs of three and more, and of two where no literals are cut by them."""
    del parameters
    out, literal = bytearray(), bytearray()
    for value, run in groupby(data):
        length = sum(1 for _ in run)
        if length > 2 or (length == 2 and not literal):
            _flush(out, literal)
            _runs(out, value, length)
        else:
            literal += bytes([value]) * length
    _flush(out, literal)
    return bytes(out)


def _runs(out: bytearray, value: int, length: int) -> None:
    for start in range(0, length, _MOST):
        count = min(_MOST, length - start)
        out += bytes([257 - count if count > 1 else 0, value])


def _flush(out: bytearray, literal: bytearray) -> None:
    for start in range(0, len(literal), _MOST):
        part = literal[start : start + _MOST]
        out.append(len(part) - 1)
        out += part
    literal.clear()


def decompress(stream: bytes, size: int, parameters: Parameters) -> bytes:
    """The data."""
    del parameters
    out, place = bytearray(), 0
    while place < len(stream) and len(out) <= size:
        control = stream[place]
        taken = control + 1 if control < _NOTHING else int(control > _NOTHING)
        part = stream[place + 1 : place + 1 + taken]
        if len(part) < taken:
            raise ValueError("the PackBits stream is cut short")
        out += part * (257 - control) if control > _NOTHING else part
        place += 1 + taken
    if len(out) != size or place != len(stream):
        raise ValueError("the PackBits stream does not give the size of its picture")
    return bytes(out)


CODEC = Codec(compress, decompress, DECODERS["packbits"])
