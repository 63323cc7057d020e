"""The build as a whole: what is written, what is left alone, what failure costs."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from pipeline import decode, state
from pipeline.cli import main

INPUTS = Path(__file__).parent / "corpus" / "inputs"
OLED = "target: ssd1306-128x64\n"
Project = Callable[[str], Path]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Writes a manifest into a folder that has the corpus inputs, and goes there."""

    def write(manifest: str) -> Path:
        (tmp_path / "build.yaml").write_text(manifest)
        for name in ("ramp.png", "dot.png", "four.png"):
            (tmp_path / name).write_bytes((INPUTS / name).read_bytes())
        monkeypatch.chdir(tmp_path)
        return tmp_path

    return write


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".bitplane")
    }


def times(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}


def age(folder: Path) -> None:
    """Make every file an hour old, so that a rewrite shows."""
    for path in folder.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))


def test_a_second_build_touches_nothing(project: Project) -> None:
    folder = project(OLED + "assets: {a: ramp.png, b: dot.png}\n")
    assert main(["build", "-q"]) == 0
    age(folder / "build/assets")
    before = times(folder / "build/assets")
    assert main(["build", "-q"]) == 0
    assert times(folder / "build/assets") == before


def test_a_broken_source_costs_only_its_own_asset_and_keeps_the_old_output(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = project(OLED + "assets: {a: ramp.png, b: dot.png}\n")
    assert main(["build", "-q"]) == 0
    old = (folder / "build/assets/a.c").read_bytes()
    (folder / "ramp.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    Pillow.new("RGB", (8, 8), "white").save(folder / "dot.png")
    b_before = (folder / "build/assets/b.c").read_bytes()
    capsys.readouterr()
    assert main(["build", "-q"]) == 1
    assert "build.yaml:2:13: error: ramp.png: " in capsys.readouterr().err
    assert (folder / "build/assets/a.c").read_bytes() == old
    assert (folder / "build/assets/b.c").read_bytes() != b_before


def test_a_faulty_manifest_changes_nothing(project: Project) -> None:
    folder = project(OLED + "assets: {a: ramp.png}\n")
    assert main(["build", "-q"]) == 0
    before = files(folder / "build")
    (folder / "build.yaml").write_text(OLED + "assets: {b: ramp.png, c: nothing.png}\n")
    assert main(["build", "-q"]) == 2
    assert files(folder / "build") == before


def test_the_number_of_workers_does_not_change_a_byte(project: Project) -> None:
    text = """
        target: [ili9341-240x320, waveshare-7in3e]
        palettes: {ui: {colors: 5}}
        defaults: {dither: floyd-steinberg, emit: [c, bin, png]}
        assets:
          a: {source: ramp.png, palette: ui}
          b: {source: dot.png, palette: ui}
          c: {source: ramp.png, palette: {colors: 3, metric: mse}}
          d: {source: four.png, palette: keep, dither: none, on: {waveshare: {palette: target}}}
    """
    folder = project(text.replace("\n        ", "\n"))
    assert main(["build", "-q", "-j", "1"]) == 0
    one = files(folder / "build")
    assert main(["clean"]) == 0
    assert main(["build", "-q", "-j", "3"]) == 0
    assert files(folder / "build") == one
    assert len(one) == 2 * 4 * 4


def test_a_failed_write_is_reported_with_its_cause(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = project(OLED + "assets: {a: ramp.png, b: dot.png}\n")
    real = Path.write_bytes

    def full(self: Path, data: bytes) -> int:
        if ".a.c." in self.name:
            real(self, data[:10])
            raise OSError(28, "No space left on device")
        return real(self, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    assert main(["build", "-q"]) == 1
    err = capsys.readouterr().err
    assert "cannot write build/assets/a.c: No space left on device" in err
    assert (folder / "build/assets/b.c").is_file()
    assert not (folder / "build/assets/a.c").exists()
    assert not list((folder / "build/assets").glob(".*tmp"))


def test_an_output_folder_that_is_a_file_is_reported(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = project(OLED + "output: ramp.png\nassets: {a: dot.png}\n")
    assert main(["build", "-q"]) == 1
    assert "cannot write ramp.png/a.h" in capsys.readouterr().err
    assert (folder / "ramp.png").read_bytes() == (INPUTS / "ramp.png").read_bytes()


@pytest.mark.skipif(os.name == "nt", reason="file modes are a POSIX matter")
def test_outputs_have_the_mode_that_the_umask_gives(project: Project) -> None:
    folder = project(OLED + "assets: {a: ramp.png}\n")
    old = os.umask(0o027)
    try:
        assert main(["build", "-q"]) == 0
    finally:
        os.umask(old)
    assert stat.S_IMODE((folder / "build/assets/a.c").stat().st_mode) == 0o640


def test_no_path_or_time_gets_into_an_output(project: Project, tmp_path: Path) -> None:
    folder = project(
        OLED + "defaults: {emit: [c, bin, png, palette-png, raw]}\nassets: {a: ramp.png}\n"
    )
    assert main(["build", "-q"]) == 0
    for name, data in files(folder / "build").items():
        assert tmp_path.name.encode() not in data, name
        assert b"tmp" not in data, name


def test_clean_removes_what_it_made_and_nothing_else(project: Project) -> None:
    folder = project(OLED + "assets: {a: ramp.png, b: dot.png}\n")
    assert main(["build", "-q"]) == 0
    (folder / "build/assets/mine.c").write_text("mine")
    (folder / "build/assets/b.c").write_text("edited")
    assert main(["clean"]) == 0
    assert sorted(files(folder / "build")) == ["assets/b.c", "assets/mine.c"]


def test_clean_removes_folders_that_become_empty(project: Project) -> None:
    folder = project("target: [ssd1306-128x64, pcd8544]\nassets: {a: ramp.png}\n")
    assert main(["build", "-q"]) == 0
    assert main(["clean"]) == 0
    assert not (folder / "build/assets").exists()
    assert (folder / "ramp.png").is_file()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'{"version":1}',
        b'{"version":1,"files":{"../ramp.png":"x"}}',
        b"\xff",
        b"[" * 100000,
    ],
)
def test_a_damaged_state_is_no_error_and_no_danger(project: Project, content: bytes) -> None:
    folder = project(OLED + "assets: {a: ramp.png}\n")
    assert main(["build", "-q"]) == 0
    (folder / "build/assets" / state.FILE_NAME).write_bytes(content)
    assert main(["clean"]) == 0
    assert (folder / "ramp.png").is_file()
    assert main(["build", "-q"]) == 0


def picture(path: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    contents = {str(path): path.read_bytes()}
    other = decode.companion(str(path))
    if other and Path(other).is_file():
        contents[other] = Path(other).read_bytes()
    return decode.decode(contents, str(path)).seen


def test_every_emitter_holds_the_same_picture(project: Project) -> None:
    folder = project(
        "target: ili9341-240x320\n"
        "defaults: {palette: {colors: 7, fixed: {0: transparent}}, dither: bayer-4}\n"
        "assets:\n"
        "  a: {source: dot.png, emit: [c, bin, bin-split, png]}\n"
        "  b: {source: dot.png, emit: [c-header]}\n"
    )
    assert main(["build", "-q"]) == 0
    made = folder / "build/assets"
    names = ["a.c", "a.h", "a.bin", "a.pix.bin", "a.pal.bin", "a.png", "b.h"]
    pictures = [picture(made / name) for name in names]
    assert all(np.array_equal(pictures[0], other) for other in pictures)


def test_the_png_shows_what_the_panel_shows(project: Project) -> None:
    folder = project("target: waveshare-7in3e\nassets: {a: {source: ramp.png, emit: png}}\n")
    assert main(["build", "-q"]) == 0
    shown = Pillow.open(folder / "build/assets/a.png").convert("RGB")
    seen = {color for _, color in shown.getcolors() or []}
    measured = {
        (31, 24, 41),
        (168, 180, 182),
        (180, 173, 0),
        (113, 24, 19),
        (36, 70, 139),
        (50, 84, 60),
    }
    assert seen
    assert seen <= measured


def test_a_transparent_pixel_gets_the_transparent_entry_and_no_other_pixel_does(
    project: Project,
) -> None:
    folder = project(
        "target: ili9341-240x320\n"
        "assets: {a: {source: dot.png, palette: {colors: 4, fixed: {2: transparent}}, emit: bin}}\n"
    )
    assert main(["build", "-q"]) == 0
    path = folder / "build/assets/a.bin"
    indexed = decode.decode({"a.bin": path.read_bytes()}, "a.bin")
    alpha = np.asarray(Pillow.open(INPUTS / "dot.png"))[..., 3]
    assert indexed.palette.transparent == 2
    assert ((indexed.indices == 2) == (alpha < 128)).all()


def test_kept_indices_are_those_of_the_file(project: Project) -> None:
    folder = project("target: ti84ce\nassets: {a: {source: four.png, palette: keep, emit: bin}}\n")
    assert main(["build", "-q"]) == 0
    data = (folder / "build/assets/a.bin").read_bytes()
    assert decode.decode({"a.bin": data}, "a.bin").indices.tolist() == [[0, 1, 2, 3]] * 4


def test_one_asset_can_be_built_alone_with_the_palette_it_shares(project: Project) -> None:
    folder = project(
        "target: ili9341-240x320\npalettes: {ui: {colors: 4}}\n"
        "assets: {a: {source: ramp.png, palette: ui}, b: {source: dot.png, palette: ui}}\n"
    )
    assert main(["build", "-q"]) == 0
    whole = files(folder / "build/assets")
    assert main(["clean"]) == 0
    assert main(["build", "-q", "b"]) == 0
    alone = files(folder / "build/assets")
    assert alone["b.c"] == whole["b.c"]
    assert "a.c" not in alone


def test_a_picture_that_no_screen_can_hold_is_built_with_a_warning(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = project(
        OLED + "assets:\n  wide: wide.png\n  meant: {source: wide.png, fit: none}\n"
        "  sized: {source: wide.png, size: 130x8}\n"
    )
    Pillow.new("RGB", (130, 8)).save(folder / "wide.png")
    assert main(["build", "-q"]) == 0
    warnings = [line for line in capsys.readouterr().err.splitlines() if "warning" in line]
    assert len(warnings) == 1
    assert warnings[0].startswith(
        "build.yaml:3:9: warning: wide.png: 130x8 is larger than the screen"
    )


def test_an_array_that_holds_a_compiler_up_is_built_with_a_warning(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = project(
        "target: ili9341-240x320\ndefaults: {palette: target, fit: none}\nassets:\n"
        "  large: {source: large.png, emit: [c, lvgl, bin]}\n"
        "  half: {source: half.png, emit: c}\n"
    )
    for name, height in (("half", 512), ("large", 513)):
        Pillow.new("RGB", (512, height)).save(folder / f"{name}.png")
    assert main(["build", "-q"]) == 0
    warnings = [line for line in capsys.readouterr().err.splitlines() if "warning" in line]
    about = "build.yaml:4:{}: warning: large.png: `{}` writes 0.5 MiB in hex, which a compiler"
    assert [line.split(" takes")[0] for line in warnings] == [
        about.format(37, "c"),
        about.format(40, "lvgl"),
    ]
    assert "`c-incbin` or `c-embed` takes none" in warnings[0]
    assert "`lvgl-bin` takes none" in warnings[1]


@pytest.mark.parametrize("command", ["convert a.png -o a.png", "decode a.png -o ./a.png"])
def test_a_command_never_overwrites_what_it_reads(
    project: Project, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = project(OLED + "assets: {a: ramp.png}\n")
    (folder / "a.png").write_bytes((folder / "ramp.png").read_bytes())
    assert main(command.split()) == 2
    assert "would overwrite" in capsys.readouterr().err
    assert (folder / "a.png").read_bytes() == (folder / "ramp.png").read_bytes()


def test_a_driver_can_tell_transparent_pixels_by_their_word(project: Project) -> None:
    folder = project(
        "target: ili9341-240x320\nassets: {a: {source: mask.png, format: native, "
        "palette: {colors: 4, fixed: {0: transparent}}, emit: bin}}\n"
    )
    pixels = np.zeros(
        (4, 6, 4), np.uint8
    )  # black, which is the usual word of the transparent entry
    pixels[:, 3:] = [255, 0, 0, 255]
    pixels[:, :3, 3] = [0, 255, 255]
    Pillow.fromarray(pixels).save(folder / "mask.png")
    assert main(["build", "-q"]) == 0
    made = decode.decode({"a.bin": (folder / "build/assets/a.bin").read_bytes()}, "a.bin")
    assert ((made.indices == made.palette.transparent) == (pixels[..., 3] == 0)).all()


def test_kept_entries_that_are_partly_transparent_are_refused(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = project("target: ili9341-240x320\nassets: {a: {source: p.png, palette: keep}}\n")
    image = Pillow.open(folder / "four.png")
    image.save(folder / "p.png", transparency=bytes([255, 0, 255, 100]))
    assert main(["build", "-q"]) == 1
    assert "its index 3 is partly transparent" in capsys.readouterr().err
    image.save(folder / "p.png", transparency=bytes([255, 0]))
    assert main(["build", "-q"]) == 0


def test_results_are_no_sources_of_the_next_build(project: Project) -> None:
    project(OLED + "output: out\nassets: {a: {source: '**/*.png', emit: png}}\n")
    assert main(["build", "-q"]) == 0
    assert main(["build", "-q"]) == 0


def test_a_part_is_not_held_against_the_budget(project: Project) -> None:
    project(OLED + "budget: 10 B\nassets: {a: ramp.png, b: dot.png}\n")
    assert main(["build", "-q"]) == 1
    assert main(["build", "-q", "a"]) == 0


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
@pytest.mark.parametrize("link", ["folder of the output", "source", "output"])
def test_an_output_that_is_a_source_by_way_of_a_link_is_refused(
    link: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ramp = (INPUTS / "ramp.png").read_bytes()
    (tmp_path / "art").mkdir()
    (tmp_path / "out").mkdir()
    source = "art/a.png"
    if link == "folder of the output":
        (tmp_path / "out").rmdir()
        (tmp_path / "out").symlink_to("art")
        (tmp_path / source).write_bytes(ramp)
    elif link == "source":
        source = "art/other.png"
        (tmp_path / "out" / "a.png").write_bytes(ramp)
        (tmp_path / source).symlink_to("../out/a.png")
    else:
        (tmp_path / source).write_bytes(ramp)
        (tmp_path / "out" / "a.png").symlink_to("../art/a.png")
    (tmp_path / "build.yaml").write_text(
        f"target: ssd1306-128x64\noutput: out\nassets: {{a: {{source: {source}, emit: png}}}}\n"
    )
    assert main(["build"]) == 2
    assert "'out/a.png' would overwrite a file that is read" in capsys.readouterr().err
    assert (tmp_path / source).read_bytes() == ramp
