"""Constants for the colors of a palette: names that C takes, values that pixels have."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from compilers import LANGUAGES, run_program
from hypothesis import given
from hypothesis import strategies as st
from pictures import checker, inks, tiny, whole

from pipeline.cli import main
from pipeline.decode import decode
from pipeline.emitters import Picture, emit, names, picture
from pipeline.layout import Layout
from pipeline.palette import Indexed


def _named(*given_names: str) -> Picture:
    return replace(tiny(), names=given_names)


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_become_constants_with_the_values_of_pixels(language: str, tmp_path: Path) -> None:
    kind = inks([0, 1, 5, 6])
    indexed = Indexed(np.zeros((1, 1), np.uint16), kind.palette)
    made = picture("a", "p", indexed, Layout(bits=8), "code", "")
    (file,) = emit("c-palette", replace(made, names=("black", "off-white", "Red */ x", "é")))
    (tmp_path / file.name).write_bytes(file.data)
    (tmp_path / "main.c").write_text(
        """
        #include <stdio.h>
        #include "a.palette.h"
        #include "a.palette.h"
        int main(void)
        {
            printf("%u %u %u %u", A_INK_BLACK, A_INK_OFF_WHITE, A_INK_RED_X, A_COLOR_3);
            return 0;
        }
        """
    )
    assert run_program(language, ["main.c"], tmp_path) == "0 1 5 6"


def test_indices_have_their_index() -> None:
    (file,) = emit("c-palette", _named("black", "white", "red", "blue"))
    assert b"#define TINY_INK_BLUE 3u /* #0000ff */\n" in file.data


def test_names_that_c_cannot_tell_apart_become_numbers() -> None:
    assert names.constants(_named("red", "RED", "", "blue")) == [
        *("COLOR_0", "COLOR_1", "COLOR_2"),
        "INK_BLUE",
    ]


@given(texts=st.lists(st.text(max_size=8), max_size=4))
def test_any_names_become_different_constants(texts: list[str]) -> None:
    made = names.constants(_named(*texts))
    assert len(set(made)) == 4
    assert all(name.isascii() and name.replace("_", "").isalnum() for name in made)


def test_too_many_colors_are_refused() -> None:
    kind = whole("rgb444", "code", "rgb444")
    indexed = Indexed(np.zeros((1, 1), np.uint16), kind.palette)
    made = picture("a", "p", indexed, Layout(bits=16), "code", "rgb444")
    with pytest.raises(ValueError, match="4096 colors are too many to name"):
        emit("c-palette", made)


def test_a_symbol_that_is_none_is_refused() -> None:
    made = picture("a b", "p", checker(2, 2, 2), Layout(), "index", "rgb565")
    with pytest.raises(ValueError, match="is no C symbol"):
        emit("c-palette", made)


def test_decoding_says_that_no_picture_is_in_it() -> None:
    with pytest.raises(ValueError, match="holds no picture"):
        decode({"a.palette.h": b"#define A 1"}, "a.palette.h")


def test_a_build_names_the_inks_of_its_target(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from PIL import Image

    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (8, 8), "red").save("art.png")
    text = "target: waveshare-7in3e\nassets: {art: {source: art.png, emit: [c-palette]}}\n"
    (tmp_path / "build.yaml").write_text(text)
    assert main(["build"]) == 0
    (header,) = tmp_path.glob("build/**/art.palette.h")
    told = header.read_text()
    assert "#define ART_INK_BLACK 0u" in told
    assert "#define ART_INK_RED 3u" in told


def test_a_build_names_the_colors_of_a_palette_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from PIL import Image

    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (8, 8), "red").save("art.png")
    (tmp_path / "ui.gpl").write_text("GIMP Palette\n0 0 0\tNight sky\n255 0 0\talert!\n1 2 99\n")
    text = (
        "target: st7789-240x240\nassets: {art: {source: art.png, palette: ui.gpl, emit: c-palette}}"
    )
    (tmp_path / "build.yaml").write_text(text)
    assert main(["build"]) == 0
    told = (tmp_path / "build/assets/art.palette.h").read_text()
    named = [line.split()[1] for line in told.splitlines() if line.startswith("#define ART_")]
    assert named == ["ART_INK_NIGHT_SKY", "ART_INK_ALERT", "ART_COLOR_2"]
