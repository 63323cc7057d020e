"""Images for esp_mmap_assets: read as the component reads them, and by `decode`."""

import re
import struct
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest
from compilers import COMMON, LANGUAGES, run
from hypothesis import given
from hypothesis import strategies as st
from pictures import assert_same, tiny

from pipeline import registry
from pipeline.bundles import Bundle, Object, esp_mmap
from pipeline.decode import bundled, decode
from pipeline.emitters import Picture, emit

PICTURES: dict[str, Picture] = {"a": tiny(), "splash": tiny(), "code": tiny("code")}


def bundle(emitter: str, length: int = 16, align: int = 4) -> Bundle:
    objects = []
    for symbol, made in PICTURES.items():
        named = emit(emitter, replace(made, symbol=symbol))
        objects.append(Object(symbol, symbol, {each.name: each.data for each in named}))
    files = registry.EMITTERS[emitter].files
    return Bundle("ui", "test-panel", align, tuple(objects), files, length)


class Asset(NamedTuple):
    """What the component gives out for a number."""

    name: bytes
    size: int
    address: int
    width: int
    height: int


def component(image: bytes, length: int) -> list[Asset]:
    """What `mmap_assets_new` of the component takes from an image with all of its checks on."""
    files, checksum, size = struct.unpack_from("<III", image, 0)
    assert sum(image[12 : 12 + size]) % 65536 == checksum
    stride = length + 12
    assets = []
    for place in range(files):
        at = 12 + place * stride
        name = image[at : at + length].split(b"\0")[0]
        bytes_, offset, width, height = struct.unpack_from("<IIHH", image, at + length)
        memory = 12 + files * stride + offset
        assert struct.unpack_from("<H", image, memory) == (0x5A5A,)
        assets.append(Asset(name, bytes_, memory + 2, width, height))
    return assets


@pytest.mark.parametrize("emitter", ["bin", "bin-split", "raw", "png", "bmp", "lvgl-bin"])
@pytest.mark.parametrize(("length", "align"), [(16, 4), (32, 64), (255, 4096)])
def test_the_component_finds_every_file_whole_and_aligned(
    emitter: str, length: int, align: int
) -> None:
    made = bundle(emitter, length, align)
    image, _ = esp_mmap.write(made)
    files = [(n.encode(), data) for each in made.objects for n, data in each.files.items()]
    assets = component(image, length)
    assert [(a.name, image[a.address : a.address + a.size]) for a in assets] == files
    assert all(asset.address % align == 0 for asset in assets)
    known = (0, 0) if emitter == "raw" else (4, 2)
    assert {(asset.width, asset.height) for asset in assets} == {known}


@pytest.mark.parametrize("length", [16, 17, 32, 200])
@pytest.mark.parametrize("emitter", ["bin", "bin-split", "png"])
def test_decode_gives_every_picture_back(emitter: str, length: int) -> None:
    image, _ = esp_mmap.write(bundle(emitter, length))
    found = bundled("ui.mmap", image)
    assert len(found) == len(PICTURES) * len(registry.EMITTERS[emitter].files)
    if emitter != "png":
        for name, decode in found.items():
            assert_same(decode(), PICTURES[name.split(".")[0]].indexed)


def test_the_header_says_what_the_image_has(tmp_path: Path) -> None:
    image, header = esp_mmap.write(bundle("bin-split"))
    (tmp_path / "ui.mmap.h").write_bytes(header)
    names = [asset.name.decode() for asset in component(image, 16)]
    constants = [f"MMAP_UI_{re.sub(r'[^A-Z0-9]', '_', name.upper())}" for name in names]
    checks = [f"{constant} == {place}" for place, constant in enumerate(constants)]
    checks += [f"MMAP_UI_FILES == {len(names)}"]
    checks += [f"MMAP_UI_CHECKSUM == {struct.unpack_from('<I', image, 4)[0]}"]
    lines = [f"int check{n}[{check} ? 1 : -1];" for n, check in enumerate(checks)]
    (tmp_path / "a.c").write_text("\n".join(['#include "ui.mmap.h"', *lines, ""]))
    for language in LANGUAGES.values():
        run([*language, *COMMON, "-c", "a.c"], tmp_path)


@given(st.data())
def test_damaged_images_are_refused_or_read_within_their_bounds(data: st.DataObject) -> None:
    image = bytearray(esp_mmap.write(bundle("bin"))[0])
    for _ in range(data.draw(st.integers(1, 3))):
        value = data.draw(st.sampled_from([0, 1, 300, 1 << 31, 2**32 - 1]))
        struct.pack_into("<I", image, data.draw(st.integers(0, 100)), value)
    if data.draw(st.booleans()):
        struct.pack_into("<I", image, 4, sum(image[12:]) & 0xFFFF)
        struct.pack_into("<I", image, 8, len(image) - 12)
    cut = data.draw(st.integers(0, len(image)) | st.just(len(image)))
    try:
        for picture in bundled("ui.mmap", bytes(image[:cut])).values():
            picture()
    except ValueError:
        pass


def test_files_that_share_bytes_are_refused_before_they_fill_the_memory() -> None:
    table = b"".join(b"%04d" % n + bytes(12) + struct.pack("<IIHH", 90, 0, 0, 0) for n in range(9))
    body = table + b"\x5a\x5a" + bytes(90)
    image = struct.pack("<III", 9, sum(body) & 0xFFFF, len(body)) + body
    with pytest.raises(ValueError, match="table is not one of esp_mmap_assets"):
        esp_mmap.read(image)


def test_the_names_of_very_many_files_are_cut_short_in_the_message() -> None:
    table = b"".join(b"%06d" % n + struct.pack("<IIHH", 0, 2 * n, 0, 0) for n in range(20_000))
    body = table + b"\x5a\x5a" * 20_000
    image = struct.pack("<III", 20_000, sum(body) & 0xFFFF, len(body)) + body
    with pytest.raises(ValueError, match=r"000000, 000001, .* and more$") as fault:
        decode({"a.mmap": image}, "a.mmap")
    assert len(str(fault.value)) < 1000


def test_an_image_within_an_image_is_not_followed() -> None:
    inner = esp_mmap.write(bundle("bin"))[0]
    objects = (Object("ui", "ui", {"ui.mmap": inner}),)
    image = esp_mmap.write(Bundle("x", "t", 4, objects, ("{symbol}.mmap",)))[0]
    with pytest.raises(ValueError, match="not a file that bitplane writes"):
        bundled("x.mmap", image)["ui.mmap"]()
