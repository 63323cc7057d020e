"""EVE bitmaps: a model of the controller reads them, a compiler too, and all decode."""

import re
import zlib
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from compilers import LANGUAGES, run_program
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pictures import Kind, checker, inks, listed, pictures, tiny, whole

from pipeline.decode import companion, decode
from pipeline.emitters import Picture, emit, picture
from pipeline.grid import expand
from pipeline.layout import Layout
from pipeline.palette import Indexed

FILES = {"eve": "eve.h", "eve-bin": "eve.bin", "eve-zlib": "eve.zlib"}


def _listed(name: str, colors: int = 40, *, clear: bool = False) -> Kind:
    return listed(name, colors, 5, holds="index", clear=clear, learned=True)


FORMATS: dict[str, tuple[Kind, int]] = {
    "rgb332": (_listed("rgb332"), 4),
    "rgb332_all": (whole("rgb332", "code", "rgb332"), 4),
    "rgb332_clear": (_listed("rgb332", clear=True), 16),
    "rgb565": (_listed("rgb565"), 14),
    "rgb444": (_listed("rgb444"), 15),
    "rgb444_clear": (_listed("rgb444", clear=True), 15),
    "rgb888": (_listed("bgr888"), 16),
    "rgb888_clear": (_listed("bgr888", clear=True), 16),
    "inks": (inks([0, 1, 2, 3, 5, 6, 200], transparent=6), 16),
    "rgb565_all": (whole("rgb565", "code", "rgb565"), 7),
}
MASKS = {"gray1": 1, "gray2": 17, "gray4": 2, "gray8": 3}


def _made(kind: Kind, symbol: str = "a") -> Picture:
    indices = np.random.default_rng(3).integers(0, len(kind.palette), (9, 29)).astype(np.uint16)
    indexed = Indexed(indices, kind.palette)
    return picture(symbol, "p", indexed, Layout(bits=32), kind.holds, kind.grid)


def _files(emitter: str, made: Picture) -> dict[str, bytes]:
    return {artifact.name: artifact.data for artifact in emit(emitter, made)}


def _constants(header: bytes) -> dict[str, int]:
    found = re.findall(r"#define \w+_EVE_([A-Z]+) (\d+)\n", header.decode())
    return {name: int(value) for name, value in found}


def _channel(words: NDArray[np.int64], shift: int, bits: int) -> NDArray[np.int64]:
    table = np.array([expand(level, bits) for level in range(1 << bits)])
    return np.asarray(table[words >> shift & (1 << bits) - 1])


def _rgba(words: NDArray[np.int64], format_: int) -> NDArray[np.int64]:
    """Color words of a format as R, G, B and A of 8 bits."""
    fields = {
        4: ((5, 3), (2, 3), (0, 2)),
        7: ((11, 5), (5, 6), (0, 5)),
        14: ((11, 5), (5, 6), (0, 5)),
        15: ((8, 4), (4, 4), (0, 4), (12, 4)),
        16: ((16, 8), (8, 8), (0, 8), (24, 8)),
    }[format_]
    channels = [_channel(words, *field) for field in fields]
    return np.stack(channels if len(fields) == 4 else [*channels, np.full_like(words, 255)], -1)


def _shown(constants: dict[str, int], data: bytes) -> NDArray[np.int64]:
    """int (h, w, 4): the bitmap as the programming guide reads it, from what is in RAM_G."""
    width, height, stride = (constants[name] for name in ("WIDTH", "HEIGHT", "STRIDE"))
    format_ = constants["FORMAT"]
    rows = np.frombuffer(data[constants["PIXELS"] :], np.uint8).reshape(height, stride)
    if format_ in MASKS.values():
        bits = {1: 1, 17: 2, 2: 4, 3: 8}[format_]
        each = np.unpackbits(rows, axis=1).reshape(height, -1, bits)[:, :width].astype(np.int64)
        level = _channel(each @ (1 << np.arange(bits)[::-1]), 0, bits)
        return np.stack([np.full_like(level, 255)] * 3 + [level], -1)
    if format_ == 7:
        return _rgba(rows.view("<u2").astype(np.int64), format_)
    if format_ == 4:
        return _rgba(rows.astype(np.int64), format_)
    size = 4 if format_ == 16 else 2
    table = data[constants["PALETTE"] : len(data[: constants["PIXELS"]]) // size * size]
    return _rgba(np.frombuffer(table, f"<u{size}").astype(np.int64), format_)[rows]


@pytest.mark.parametrize("name", FORMATS)
def test_the_controller_shows_the_picture(name: str) -> None:
    kind, format_ = FORMATS[name]
    made = _made(kind)
    files = _files("eve-bin", made)
    constants = _constants(files["a.eve.h"])
    assert constants["FORMAT"] == format_
    assert constants["BYTES"] == len(files["a.eve.bin"])
    assert constants["PIXELS"] % 4 == 0
    shown = _shown(constants, files["a.eve.bin"])
    palette = kind.palette
    drawn = made.indexed.indices != (-1 if palette.transparent is None else palette.transparent)
    np.testing.assert_array_equal(shown[..., 3], drawn * 255)
    expected = palette.nominal[made.indexed.indices]
    np.testing.assert_array_equal(shown[drawn][:, :3], expected[drawn])


def test_the_page_has_the_bytes_of_its_example() -> None:
    page = (Path(__file__).parent.parent / "docs" / "formats.md").read_text(encoding="utf-8")
    (told,) = re.findall(r"```eve\n(.*?)```", page, re.DOTALL)
    assert _files("eve-bin", tiny())["tiny.eve.bin"] == bytes.fromhex(told)


@pytest.mark.parametrize("name", MASKS)
def test_the_controller_shows_grays_as_opacity(name: str) -> None:
    made = _made(whole(name, "code", ""))
    (header,) = _files("eve-alpha", made).values()
    constants = _constants(header)
    assert constants["FORMAT"] == MASKS[name]
    data = bytes(int(byte, 16) for byte in re.findall(rb"0x(\w\w),", header))
    np.testing.assert_array_equal(_shown(constants, data)[..., 3], made.indexed.seen[..., 0])
    np.testing.assert_array_equal(decode({"a.eve.h": header}, "a.eve.h").seen, made.indexed.seen)


@pytest.mark.parametrize("name", FORMATS)
def test_the_stream_inflates_to_the_data(name: str) -> None:
    made = _made(FORMATS[name][0])
    plain, stream = _files("eve-bin", made), _files("eve-zlib", made)
    assert zlib.decompress(stream["a.eve.zlib"]) == plain["a.eve.bin"]
    assert stream["a.eve.h"] == plain["a.eve.h"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_arrays_hold_what_the_files_hold(language: str, tmp_path: Path) -> None:
    lines, calls, expected = ["#include <stdio.h>"], [], []
    for name, (kind, _) in FORMATS.items():
        made = _made(kind, name)
        (tmp_path / f"{name}.eve.h").write_bytes(_files("eve", made)[f"{name}.eve.h"])
        data = _files("eve-bin", made)[f"{name}.eve.bin"]
        lines += [f'#include "{name}.eve.h"'] * 2
        upper = name.upper()
        calls.append(f'for (i = 0; i < {upper}_EVE_BYTES; i++)\n printf("%02x", {name}_eve[i]);')
        calls.append(f'printf(" %d\\n", {upper}_EVE_PIXELS);')
        expected.append(
            f"{data.hex()} {_constants(_files('eve', made)[f'{name}.eve.h'])['PIXELS']}"
        )
    body = "\n".join(calls)
    text = "\n".join([*lines, f"int main(void) {{\nint i;\n{body}\nreturn 0;\n}}", ""])
    (tmp_path / "main.c").write_text(text)
    assert run_program(language, ["main.c"], tmp_path).splitlines() == expected


@given(made=pictures())
@settings(max_examples=30, deadline=None)
def test_every_bitmap_turns_back_into_its_picture(made: Picture) -> None:
    palette = made.indexed.palette
    if len(palette) > 256 and palette.transparent is not None:
        return
    slack = 8 if len(palette) > 256 else 0  # RGB565
    for emitter, ending in FILES.items():
        name = f"sample.{ending}"
        back = decode(_files(emitter, made), name)
        kept = palette.nominal[made.indexed.indices].astype(int)
        shown = back.palette.nominal[back.indices].astype(int)
        assert np.abs(shown - kept).max() <= slack
        assert back.palette.transparent == palette.transparent


def test_a_mask_of_colors_is_refused() -> None:
    with pytest.raises(ValueError, match="made of grays; use `eve` for colors"):
        emit("eve-alpha", tiny())


def test_a_picture_too_large_is_refused() -> None:
    made = picture("a", "p", checker(1, 2048, 2), Layout(), "index", "rgb565")
    with pytest.raises(ValueError, match="2047 pixels wide and high at most, not 1x2048"):
        emit("eve", made)


def test_a_transparent_entry_among_all_colors_is_refused() -> None:
    made = _made(whole("rgb565", "code", "rgb565"))
    clear = Kind(
        type(made.indexed.palette)(
            made.indexed.palette.seen, made.indexed.palette.nominal, made.indexed.palette.codes, 7
        ),
        "code",
        "rgb565",
    )
    with pytest.raises(ValueError, match="RGB565 has no transparent color"):
        emit("eve", _made(clear))


@pytest.mark.parametrize("ending", ["eve.bin", "eve.zlib"])
def test_data_alone_ask_for_their_header(ending: str) -> None:
    assert companion(f"a.{ending}") == "a.eve.h"
    with pytest.raises(ValueError, match=rf"a \.{ending} file is pixels only: the \.h file"):
        decode({f"a.{ending}": b"\x1b\xe4"}, f"a.{ending}")


def test_a_header_alone_asks_for_its_data() -> None:
    files = _files("eve-bin", tiny())
    with pytest.raises(ValueError, match=r"decode the \.eve\.bin or \.eve\.zlib beside it"):
        decode(files, "tiny.eve.h")


def test_a_stream_that_inflates_to_more_is_refused() -> None:
    files = _files("eve-zlib", tiny())
    files["tiny.eve.zlib"] = zlib.compress(bytes(1 << 20))
    with pytest.raises(ValueError, match="its pixels alone are 8"):
        decode(files, "tiny.eve.zlib")
    with pytest.raises(ValueError, match="stream is damaged"):
        decode({**files, "tiny.eve.zlib": b"x\x9c\xff\xff"}, "tiny.eve.zlib")


def test_a_header_of_more_than_a_controller_shows_is_refused() -> None:
    files = _files("eve-zlib", tiny())
    wide = files["tiny.eve.h"].replace(b'"width":4', b'"width":65535')
    with pytest.raises(ValueError, match="2047 pixels wide and high at most, not 65535x2"):
        decode({**files, "tiny.eve.h": wide}, "tiny.eve.zlib")


def test_a_symbol_that_is_none_is_refused() -> None:
    made = picture("a b", "p", checker(2, 2, 2), Layout(), "index", "rgb565")
    for emitter in FILES:
        with pytest.raises(ValueError, match="is no C symbol"):
            emit(emitter, made)


TINY = {ending: _files(emitter, tiny()) for emitter, ending in FILES.items()}


@given(edits=st.lists(st.tuples(st.integers(0, 900), st.integers(0, 255)), min_size=1))
@settings(max_examples=100, deadline=None)
def test_damage_never_crashes(edits: list[tuple[int, int]]) -> None:
    for ending, files in TINY.items():
        for name in files:
            data = bytearray(files[name])
            for place, value in edits:
                data[place % len(data)] = value
            with suppress(ValueError):
                assert decode({**files, name: bytes(data)}, f"tiny.{ending}").indices.size
