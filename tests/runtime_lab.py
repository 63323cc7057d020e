"""The decoders in C, compiled for this machine, and streams for them."""

import ctypes
import random
import shutil
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from compilers import run

from pipeline.codecs import CODEC_NUMBERS, Parameters, codec
from pipeline.commands.runtime import shared
from pipeline.registry import CODECS

RUNTIME = shared()
INCLUDE = f"-I{RUNTIME}"
SOURCES = sorted(map(str, RUNTIME.glob("*.c")))
HOST = str(Path(__file__).parent / "runtime_host.c")
NUMBERS = {"none": 0, **CODEC_NUMBERS}


def parameter(name: str, parameters: Parameters) -> int:
    """What a decoder has to know, as `bitplane_unpack_init` takes it."""
    if name == "rle":
        return parameters.unit
    return parameters.width if name == "g5" else parameters.window


class Library:
    """The decoders, loaded into this process."""

    def __init__(self, folder: Path) -> None:
        if shutil.which("gcc") is None:
            pytest.skip("gcc is not installed")
        out = folder / "runtime.so"
        run(["gcc", "-std=c99", "-O2", "-shared", "-fPIC", *SOURCES, "-o", str(out)], folder)
        self._c = ctypes.CDLL(str(out))
        for name in ("window", "read", "all"):
            getattr(self._c, f"bitplane_unpack_{name}").restype = ctypes.c_size_t

    def by_parts(
        self, name: str, stream: bytes, size: int, parameter: int, part: Callable[[], int]
    ) -> bytes:
        """What is read in parts of the sizes that `part` gives, until there is no more."""
        state = ctypes.create_string_buffer(2048)
        wanted = self._c.bitplane_unpack_window(NUMBERS[name], parameter)
        window = ctypes.create_string_buffer(wanted or 1)
        sizes = ctypes.c_size_t(len(stream)), parameter, window, ctypes.c_size_t(wanted)
        assert self._c.bitplane_unpack_init(state, NUMBERS[name], stream, *sizes)
        out = b""
        while len(out) < size:
            most = min(part(), size - len(out))
            room = ctypes.create_string_buffer(most)
            given = self._c.bitplane_unpack_read(state, room, ctypes.c_size_t(most))
            out += room.raw[:given]
            if given < most:
                break
        return out

    def at_once(self, name: str, stream: bytes, size: int, parameter: int) -> bytes:
        """What is unpacked into one piece of memory."""
        room = ctypes.create_string_buffer(size or 1)
        sizes = ctypes.c_size_t(len(stream)), parameter, room, ctypes.c_size_t(size)
        given = self._c.bitplane_unpack_all(NUMBERS[name], stream, *sizes)
        return room.raw[:given]


def deflated(data: bytes, bits: int, level: int, strategy: int = 0) -> bytes:
    """A stream of zlib's."""
    made = zlib.compressobj(level, zlib.DEFLATED, -bits, strategy=strategy)
    return made.compress(data) + made.flush()


def picture(seed: int, width: int = 64, height: int = 40) -> bytes:
    """Rows of bytes as pictures have them: areas, repeats of the row above, noise."""
    made = random.Random(seed)  # noqa: S311 - no secret
    row, out = bytearray(width), bytearray()
    for _ in range(height):
        for _ in range(made.choice((0, 0, 1, 2, 9))):
            start = made.randrange(width)
            length = made.randrange(1, width - start + 1)
            noise = made.randbytes(length)
            flat = bytes([made.choice((0, 255, 0x11, 0x5A))]) * length
            row[start : start + length] = made.choice((noise, flat, flat))
        out += row
    return bytes(out)


def seeds(folder: Path) -> list[str]:
    """Inputs for runtime_host.c: streams of each codec."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name in CODECS:
        for place, (unit, width) in enumerate(((1, 24), (2, 96), (3, 192))):
            given = Parameters(unit, 256 << place, width)
            byte = {"rle": unit, "g5": width // 3}.get(name, place)
            stream = codec(name).compress(picture(place, width // 8, 20), given)
            paths.append(folder / f"{name}{place}")
            paths[-1].write_bytes(bytes([NUMBERS[name], byte, 7 * place, 40]) + stream)
    many = bytes(place * place % 71 for place in range(1600))
    strategies = {
        0: (0, zlib.Z_DEFAULT_STRATEGY),
        1: (9, zlib.Z_FIXED),
        2: (9, zlib.Z_HUFFMAN_ONLY),
    }
    for place, (level, strategy) in strategies.items():
        stream = deflated(many + picture(place, 40), 9, level, strategy)
        paths.append(folder / f"zlib{place}")
        paths[-1].write_bytes(bytes([NUMBERS["deflate"], 1, 9 * place, 200]) + stream)
    return [str(path) for path in paths]


if __name__ == "__main__":  # for `make fuzz`
    seeds(Path(sys.argv[1]))
