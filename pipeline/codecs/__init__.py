"""Codecs: packed pixels in fewer bytes, and back without a loss."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from pipeline import registry
from pipeline.decoders import WINDOWS, Decoder


class Parameters(NamedTuple):
    """What a stream's decoder has to know beside the stream.

    Attributes:
        unit: Bytes that belong together, 1 to 4: those of a pixel of 8 bits and more, else 1.
        window: Bytes that a codec may look back, out of `decoders.WINDOWS`; 0 for codecs
            that do not look back.
        width: Pixels in a row with those that fill it up to whole bytes, where pixels are single
            bits in rows; else 0 (`decoders.line_bits`).
    """

    unit: int = 1
    window: int = 2048
    width: int = 0


CODEC_NUMBERS: Mapping[str, int] = MappingProxyType(
    {"rle": 1, "packbits": 2, "lz4": 3, "heatshrink": 4, "zx0": 5, "deflate": 6, "g5": 7}
)
"""Numbers in files. They are never given anew; a new codec takes the next."""


class Codec(NamedTuple):
    """One member.

    Attributes:
        compress: (data, parameters) to a stream; the same data gives the same stream everywhere.
            Raises ValueError for data whose parameters lack what the codec needs.
        decompress: (stream, size of the data, parameters) to the data; raises ValueError for a
            stream that is damaged or does not give exactly that many bytes.
        decoder: What the decoder in C needs.
        narrow: A narrower window can give a shorter stream.
    """

    compress: Callable[[bytes, Parameters], bytes]
    decompress: Callable[[bytes, int, Parameters], bytes]
    decoder: Decoder
    narrow: bool = False

    def ram(self, parameters: Parameters) -> int:
        """Bytes of RAM that the decoder in C takes for a stream, as `decoders.Decoder.ram`."""
        return self.decoder.ram(parameters.window, parameters.width)


def codec(name: str) -> Codec:
    """A member by its name in `registry.CODECS`."""
    member: Codec = registry.CODECS[name].load()
    return member


def fitted(member: Codec, parameters: Parameters, size: int, ram: int) -> list[Parameters]:
    """The parameters with every window that `ram` allows and that `size` bytes can use.

    Returns:
        Narrow windows first; one with window 0 for a codec that does not look back; nothing where
        the decoder takes more than `ram` bytes at least.
    """
    windows = WINDOWS if member.decoder.looks_back else (0,)
    useful = [parameters._replace(window=w) for w in windows if w < 2 * max(size, WINDOWS[0])]
    return [each for each in useful if member.ram(each) <= ram]
