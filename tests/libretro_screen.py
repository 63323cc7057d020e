"""A libretro core runs a game without a window: CORE, GAME, number of frames, file for its screen.

A program of its own, because cores are one for a whole process, end it where they crash, and print.
The file becomes a PPM picture. The numbers are those of libretro.h, the cores' public interface.
"""

import ctypes as c
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

CAN_DUPE, SYSTEM_FOLDER, PIXEL_FORMAT, OPTION, OPTIONS, SAVE_FOLDER = 3, 9, 10, 15, 16, 31
FIELDS = {0: ((10, 5), (5, 5), (0, 5)), 1: ((16, 8), (8, 8), (0, 8)), 2: ((11, 5), (5, 6), (0, 5))}
"""Low bit and width of red, green and blue, by pixel format."""

ENVIRONMENT = c.CFUNCTYPE(c.c_bool, c.c_uint, c.c_void_p)
VIDEO = c.CFUNCTYPE(None, c.c_void_p, c.c_uint, c.c_uint, c.c_size_t)
SAMPLE = c.CFUNCTYPE(None, c.c_int16, c.c_int16)
SAMPLES = c.CFUNCTYPE(c.c_size_t, c.c_void_p, c.c_size_t)
POLL = c.CFUNCTYPE(None)
INPUT = c.CFUNCTYPE(c.c_int16, c.c_uint, c.c_uint, c.c_uint, c.c_uint)


class Frame(NamedTuple):
    """What a core drew: bytes of rows, and their sizes."""

    data: bytes
    width: int
    height: int
    pitch: int


class Game(c.Structure):
    """`struct retro_game_info`."""

    _fields_ = (
        ("path", c.c_char_p),
        ("data", c.c_char_p),
        ("size", c.c_size_t),
        ("meta", c.c_char_p),
    )


class Option(c.Structure):
    """`struct retro_variable`; where options are told, `value` is "title; default|other|..."."""

    _fields_ = (("key", c.c_char_p), ("value", c.c_char_p))


class Screen:
    """What a core shows, and what it is told of its surroundings."""

    def __init__(self, folder: Path) -> None:
        self._folder = c.create_string_buffer(str(folder).encode())
        self._options: dict[bytes, bytes] = {}
        self._format = 0
        self._frame = Frame(b"", 0, 0, 0)

    def environment(self, command: int, data: int) -> bool:
        """Answers a question of the core."""
        if command == PIXEL_FORMAT:
            self._format = c.c_uint.from_address(data).value
        elif command in {SYSTEM_FOLDER, SAVE_FOLDER}:
            c.c_void_p.from_address(data).value = c.addressof(self._folder)
        elif command == CAN_DUPE:
            c.c_bool.from_address(data).value = True
        elif command == OPTIONS:
            self._take_defaults(data)
        elif command == OPTION:
            option = Option.from_address(data)
            option.value = self._options.get(option.key)
            return option.key in self._options
        else:
            return False
        return True

    def _take_defaults(self, data: int) -> None:
        while (option := Option.from_address(data)).key:
            self._options[option.key] = option.value.partition(b"; ")[2].split(b"|")[0]
            data += c.sizeof(Option)

    def video(self, data: int | None, width: int, height: int, pitch: int) -> None:
        """Takes a frame; without data it is the one before."""
        if data:
            self._frame = Frame(c.string_at(data, pitch * height), width, height, pitch)

    def colors(self) -> NDArray[np.uint8]:
        """uint8 (h, w, 3) of the last frame."""
        frame, kind = self._frame, "<u4" if self._format == 1 else "<u2"
        words = np.frombuffer(frame.data, kind).astype(np.int64)
        words = words.reshape(frame.height, -1)[:, : frame.width]
        levels = [
            _widened(words >> low & (1 << bits) - 1, bits) for low, bits in FIELDS[self._format]
        ]
        return np.stack(levels, -1).astype(np.uint8)


def _widened(level: NDArray[np.int64], bits: int) -> NDArray[np.int64]:
    """Levels of 5 to 8 bits as 8, their high bits repeated."""
    high = level << 8 - bits
    return high | high >> bits


def shown(core: str, game: Path, frames: int) -> NDArray[np.uint8]:
    """The screen after so many frames."""
    library, screen, rom = c.CDLL(core), Screen(game.parent), game.read_bytes()
    kept = (
        ENVIRONMENT(screen.environment),
        VIDEO(screen.video),
        SAMPLE(lambda *_: None),
        SAMPLES(lambda _, count: count),
        POLL(lambda: None),
        INPUT(lambda *_: 0),
    )
    names = ("environment", "video_refresh", "audio_sample", "audio_sample_batch")
    for name, function in zip((*names, "input_poll", "input_state"), kept, strict=True):
        getattr(library, f"retro_set_{name}")(function)
    library.retro_init()
    library.retro_load_game.restype = c.c_bool
    if not library.retro_load_game(c.byref(Game(str(game).encode(), rom, len(rom), None))):
        sys.exit("the core does not take the game")
    library.retro_get_system_av_info(c.create_string_buffer(64))  # some say the format only now
    for _ in range(frames):
        library.retro_run()
    return screen.colors()


if __name__ == "__main__":
    core, game, frames, file = sys.argv[1:]
    pixels = shown(core, Path(game), int(frames))
    height, width, _ = pixels.shape
    Path(file).write_bytes(b"P6 %d %d 255\n" % (width, height) + pixels.tobytes())
