"""Pictures in a terminal are, decoded again, exactly those of the panel model."""

import io
import sys
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from pipeline import decode, panel
from pipeline.average import shrunk
from pipeline.cli import main
from pipeline.panel import View
from pipeline.target_file import shipped
from pipeline.terminal import blocks, encode, fitted, iterm, kitty, sixel
from pipeline.terminal.detect import Terminal, by_answer, by_environment, detect, is_deep

if sys.platform == "win32":
    pytest.skip("there is no pty", allow_module_level=True)

import screens

MANIFEST = """\
target: [pcd8544, waveshare-7in3e]
defaults: {size: screen, fit: cover, emit: [png, bin], dither: floyd-steinberg}
assets:
  photo: photo.png
  logo: {source: photo.png, size: 30x21}
scenes:
  home:
    background: "#ffff00"
    place: [{asset: photo}, {asset: logo, at: [5, 7]}]
  only: {target: pcd8544, place: [{asset: logo, at: [54, 27]}]}
"""

Bytes = NDArray[np.uint8]
pictures = arrays(np.uint8, st.tuples(st.integers(1, 20), st.integers(1, 20), st.just(3)))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("show")
    y, x = np.mgrid[:96, :168]
    colors = np.stack([x * 255 // 167, y * 255 // 95, (x + y) % 256], -1).astype(np.uint8)
    PIL.Image.fromarray(colors).save(folder / "photo.png")
    (folder / "build.yaml").write_text(MANIFEST)
    assert main(["build", "-q", "-C", str(folder)]) == 0
    return folder


def expected(project: Path, name: str, target: str, view: View) -> Bytes:
    path = project / "build" / "assets" / target / f"{name}.bin"
    indexed = decode.decode({path.name: path.read_bytes()}, path.name)
    return panel.look(indexed, shipped(target), view)


ENVIRONS = {
    "kitty": {"TERM": "xterm-kitty"},
    "iterm": {"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"},
    "sixel": {"TERM": "foot"},
    "blocks": {"TERM": "xterm-256color", "COLORTERM": "truecolor"},
}
DECODERS = {"kitty": screens.kitty, "iterm": screens.iterm, "blocks": screens.blocks}


@pytest.mark.parametrize("protocol", DECODERS)
def test_a_terminal_shows_exactly_what_the_model_says(protocol: str, project: Path) -> None:
    arguments = ["show", "logo", "--target", "pcd8544"]
    got = screens.run(arguments, project, ENVIRONS[protocol], answer=b"\x1b[?62;22c")
    scale = 1 if protocol == "blocks" else 4
    wanted = expected(project, "logo", "pcd8544", View(scale))
    assert np.array_equal(DECODERS[protocol](got), wanted)
    assert b"logo for pcd8544: 30x21, 2 colors\n" in got
    assert b"a model of the panel" in got


def test_sixels_show_each_color_to_the_hundredth(project: Path) -> None:
    arguments = ["show", "logo", "--target", "waveshare-7in3e", "--scale", "2"]
    got = screens.run(arguments, project, ENVIRONS["sixel"])
    wanted = expected(project, "logo", "waveshare-7in3e", View(2)).astype(np.int64)
    assert np.array_equal(screens.sixel(got), (200 * wanted + 255) // 510)


@pytest.mark.parametrize(
    ("answer", "protocol"),
    [(b"\x1b_Gi=31;OK\x1b\\\x1b[?62c", "kitty"), (b"\x1b[?62;4;22c", "sixel"), (b"", "blocks")],
)
def test_a_terminal_that_is_not_known_is_asked(answer: bytes, protocol: str, project: Path) -> None:
    environ = {"TERM": "xterm", "COLORTERM": "truecolor"}
    arguments = ["show", "logo", "--target", "pcd8544", "--scale", "1"]
    got = screens.run(arguments, project, environ, answer=answer)
    got = got.replace(b"\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\\x1b[c", b"")
    wanted = expected(project, "logo", "pcd8544", View()).astype(np.int64)
    if protocol == "sixel":
        assert np.array_equal(screens.sixel(got), (200 * wanted + 255) // 510)
    else:
        assert np.array_equal(DECODERS[protocol](got), wanted)


def test_a_wide_picture_is_divided_by_a_whole_number(project: Path) -> None:
    arguments = ["show", "photo", "--target", "waveshare-7in3e"]
    got = screens.run(arguments, project, ENVIRONS["kitty"], size=(24, 39, 390, 480))
    whole = expected(project, "photo", "waveshare-7in3e", View())
    assert np.array_equal(screens.kitty(got), shrunk(whole, 800 // 3, 480 // 3))


def test_half_blocks_of_a_wide_picture_fill_the_width(project: Path) -> None:
    arguments = ["show", "photo", "--target", "waveshare-7in3e"]
    got = screens.run(arguments, project, ENVIRONS["blocks"], answer=b"\x1b[?62c")
    whole = expected(project, "photo", "waveshare-7in3e", View())
    assert np.array_equal(screens.blocks(got), shrunk(whole, 80, 48))


def test_the_source_stands_beside_what_became_of_it(project: Path) -> None:
    arguments = ["show", "photo", "--target", "pcd8544", "--before", "--scale", "1"]
    got = screens.kitty(screens.run(arguments, project, ENVIRONS["kitty"]))
    assert got.shape == (48, 84 + 4 + 84, 3)
    assert np.array_equal(got[:, 88:], expected(project, "photo", "pcd8544", View()))
    assert not got[:, 84:88].any()
    assert len(np.unique(got[:, :84].reshape(-1, 3), axis=0)) > 1000


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1", "TERM": "xterm-kitty"}, {"TERM": "dumb"}])
def test_nothing_but_text_where_no_color_is_wanted(environ: dict[str, str], project: Path) -> None:
    got = screens.run(["show", "logo", "--target", "pcd8544"], project, environ)
    assert b"\x1b" not in got
    assert got.splitlines()[0] == b"logo for pcd8544: 30x21, 2 colors"


def test_nothing_but_text_in_a_pipe(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "logo", "-C", str(project)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "logo for pcd8544: 30x21, 2 colors"
    assert lines[1].startswith("logo for waveshare-7in3e: 30x21, ")
    assert [line.split(": ")[0] for line in lines[2:]] == ["pcd8544", "waveshare-7in3e"]


def test_a_protocol_that_is_named_is_used_in_a_pipe_too(
    project: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    call = ["show", "logo", "-C", str(project), "--target", "pcd8544", "--protocol", "iterm"]
    assert main([*call, "--scale", "3", "--light", "warm"]) == 0
    wanted = expected(project, "logo", "pcd8544", View(3, "warm"))
    assert np.array_equal(screens.iterm(capsysbinary.readouterr().out), wanted)


def test_a_built_file_is_shown_by_its_path(
    project: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    path = project / "build" / "assets" / "pcd8544" / "logo.bin"
    assert main(["show", str(path), "--protocol", "kitty", "--scale", "6"]) == 0
    plain = screens.kitty(capsysbinary.readouterr().out)
    assert plain.shape == (21 * 6, 30 * 6, 3)
    call = ["show", str(path), "--protocol", "kitty", "--scale", "6", "--target", "pcd8544"]
    assert main(call) == 0
    wanted = expected(project, "logo", "pcd8544", View(6))
    assert np.array_equal(screens.kitty(capsysbinary.readouterr().out), wanted)


def test_a_stale_asset_is_shown_as_a_build_would_make_it(
    project: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    other = project / "other.yaml"
    other.write_text(
        "target: pcd8544\noutput: other\nassets: {logo: {source: photo.png, size: 9x9}}\n"
    )
    call = ["show", "logo", "-C", str(project), "-f", "other.yaml", "--protocol", "kitty"]
    assert main([*call, "--scale", "1"]) == 0
    before = capsysbinary.readouterr().out
    assert b"logo for pcd8544 (as a build would make it): 9x9" in before
    assert main(["build", "-q", "-C", str(project), "-f", "other.yaml"]) == 0
    assert main([*call, "--scale", "1"]) == 0
    after = capsysbinary.readouterr().out
    assert b"logo for pcd8544: 9x9" in after
    assert np.array_equal(screens.kitty(before), screens.kitty(after))


def test_names_from_outside_are_escaped(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = project / "build" / "assets" / "pcd8544" / "logo.bin"
    hostile = project / "a\x1b]0;x\x07.bin"
    hostile.write_bytes(source.read_bytes())
    assert main(["show", str(hostile)]) == 0
    assert "\x1b" not in capsys.readouterr().out


@given(pictures)
def test_each_protocol_gives_every_picture_back(srgb: Bytes) -> None:
    assert np.array_equal(screens.kitty(kitty.encode(srgb)), srgb)
    assert np.array_equal(screens.iterm(iterm.encode(srgb)), srgb)
    assert np.array_equal(screens.blocks(blocks.encode(srgb)), srgb)


@given(pictures)
def test_sixels_of_few_colors_are_exact_to_the_hundredth(srgb: Bytes) -> None:
    few = srgb // 43 * 43 if len(np.unique(srgb.reshape(-1, 3), axis=0)) > 256 else srgb
    wanted = (200 * few.astype(np.int64) + 255) // 510
    assert np.array_equal(screens.sixel(sixel.encode(few)), wanted)


def test_sixels_of_many_colors_take_the_nearest_of_256() -> None:
    y, x = np.mgrid[:64, :64]
    many = np.stack([4 * x, 4 * y, x + y], -1).astype(np.uint8)
    made = screens.sixel(sixel.encode(many))
    assert len(np.unique(made.reshape(-1, 3), axis=0)) <= 256
    assert np.abs(made - many.astype(np.int64) * 100 / 255).max() <= 13


@given(pictures)
def test_with_256_colors_no_fixed_color_would_be_nearer(srgb: Bytes) -> None:
    made = screens.blocks(blocks.encode_256(srgb)).astype(np.int64)
    fixed = np.array([screens._xterm(index) for index in range(16, 256)])
    errors = ((srgb[..., None, :].astype(np.int64) - fixed) ** 2).sum(-1)
    got = ((made - srgb.astype(np.int64)) ** 2).sum(-1)
    assert np.array_equal(got, errors.min(-1))


@given(pictures, st.integers(1, 9), st.sampled_from(["kitty", "blocks"]))
def test_no_picture_is_wider_than_the_terminal(srgb: Bytes, columns: int, protocol: str) -> None:
    terminal = Terminal(protocol, columns=columns, cell=(2, 4))
    made = fitted(srgb, terminal)
    assert 1 <= made.shape[1] <= columns * (1 if protocol == "blocks" else 2)
    assert encode(made, terminal)


@pytest.mark.parametrize(
    ("environ", "protocol"),
    [
        ({"TERM": "xterm-kitty"}, "kitty"),
        ({"TERM": "xterm-256color", "KITTY_WINDOW_ID": "1"}, "kitty"),
        ({"TERM": "xterm-ghostty"}, "kitty"),
        ({"TERM_PROGRAM": "WezTerm"}, "iterm"),
        ({"LC_TERMINAL": "iTerm2"}, "iterm"),
        ({"TERM": "mlterm"}, "sixel"),
        ({"TERM": "xterm-256color"}, ""),
        ({"TERM": "tmux-256color", "KITTY_WINDOW_ID": "1"}, ""),
        ({"TERM": "xterm-256color", "TMUX": "/x,1,0", "TERM_PROGRAM": "iTerm.app"}, ""),
    ],
)
def test_the_environment_tells_the_protocol(environ: dict[str, str], protocol: str) -> None:
    assert by_environment(environ) == protocol


@pytest.mark.parametrize(
    ("answer", "protocol"),
    [
        (b"\x1b[?62;4c", "sixel"),
        (b"\x1b[?4c", ""),  # the first number is the kind of terminal
        (b"\x1b[?62;14;24c", ""),
        (b"\x1b_Gi=31;ENOTSUPPORTED\x1b\\\x1b[?62c", ""),
        (b"garbage", ""),
    ],
)
def test_an_answer_tells_the_protocol(answer: bytes, protocol: str) -> None:
    assert by_answer(answer) == protocol


def test_colors_are_deep_where_the_terminal_says_so() -> None:
    assert is_deep({"COLORTERM": "truecolor"})
    assert is_deep({"TERM": "xterm-kitty"})
    assert not is_deep({"TERM": "xterm-256color"})


def test_a_stream_that_cannot_write_blocks_gets_text() -> None:
    class Ascii(io.StringIO):
        encoding = "ascii"

        def isatty(self) -> bool:
            return True

    assert detect(Ascii(), {"TERM": "xterm"}).protocol == "none"


@pytest.mark.parametrize(
    "wrong", [["--scale", "0"], ["--scale", "65"], ["--away", "-1"], ["--away", "10001"]]
)
def test_a_view_out_of_range_is_refused_in_a_pipe_too(
    wrong: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", "logo", *wrong]) == 2
    assert f"argument {wrong[0]}: expected a number from" in capsys.readouterr().err
