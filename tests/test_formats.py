"""`format: auto`: the fewest bytes within the error, of every format that a picture may have."""

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import decode, formats
from pipeline.cli import main
from pipeline.depths import candidates
from pipeline.disk import RealDisk
from pipeline.emitters.describe import flash_bytes
from pipeline.manifest import read_manifest
from pipeline.plan import Job, Plan
from pipeline.planner import make
from pipeline.prepare import prepare
from pipeline.preview import shot
from pipeline.recipe import AUTO, MOST_ERROR
from pipeline.report import Failure
from pipeline.steps import build
from pipeline.target_file import shipped

INPUTS = Path(__file__).parent / "corpus" / "inputs"
ASSETS = Path(__file__).parent.parent / "assets"


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for source in (INPUTS / "ramp.png", INPUTS / "dot.png", INPUTS / "four.png"):
        shutil.copy(source, tmp_path)
    shutil.copy(ASSETS / "sprites.png", tmp_path)
    shutil.copy(ASSETS / "landscape.png", tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def planned(text: str) -> Plan:
    return make(read_manifest(text.encode(), Path("build.yaml")), RealDisk("."))


def jobs(options: str, targets: str = "st7789-240x240", source: str = "landscape.png") -> list[Job]:
    plan = planned(f"target: [{targets}]\nassets: {{a: {{source: {source}, {options}}}}}\n")
    return [Job(rule, plan.targets[rule.target], ".") for rule in plan.assets]


def forms(job: Job) -> list[tuple[str, int]]:
    every = candidates(job.rule.recipe, job.target)
    return [(recipe.format, recipe.palette.colors) for recipe in every]


FIGURES = st.tuples(st.integers(1, 6), st.integers(0, 6))


@given(figures=st.lists(FIGURES, min_size=1, max_size=8), limit=st.integers(0, 6))
def test_nothing_within_the_limit_is_smaller_and_nothing_is_nearer_without(
    figures: list[tuple[int, int]], limit: int
) -> None:
    every: list[Any] = [SimpleNamespace(cost=cost, error=error) for cost, error in figures]
    found = formats.best(every, limit)
    within = [one for one in every if one.error <= limit]
    if within:
        assert found.error <= limit
        assert (found.cost, found.error) == min((one.cost, one.error) for one in within)
    else:
        assert (found.error, found.cost) == min((one.error, one.cost) for one in every)


OPTIONS = (
    "",
    "dither: floyd-steinberg, ",
    "dither: auto, ",
    "palette: {colors: 20}, ",
    "palette: {colors: 4, fixed: {2: transparent}}, ",
    "compress: smallest, ",
    "compress: rle, palette: {colors: 9, metric: mse}, ",
    'regions: [{box: 8x8+2+2, weight: 9}], background: "#102030", ',
)


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("limit", ["0", "6"])
def test_a_build_takes_what_no_other_format_betters(options: str, limit: str) -> None:
    text = f"{options}size: 16x16, emit: [bin], format: {{auto: {limit}}}"
    for job in jobs(text, "st7789-240x240, gba, waveshare-7in3e"):
        if job.rule.recipe.format != AUTO:
            assert job.target.inks
            continue
        made = build(job)
        assert made.row is not None
        prepared = prepare(job.rule, job.folder)
        every = list(formats.attempts(job, prepared))
        most = job.rule.recipe.most_error
        within = [one.cost for one in every if one.error <= most]
        least = min(within) if within else min((one.error, one.cost) for one in every)[1]
        assert made.row.flash_bytes == least
        assert ("none is within" in made.row.note) == (not within)
        held = decode.decode({"a.bin": made.artifacts[0].data}, "a.bin")
        assert shot.figures(job, held)["bytes"] == least


def test_the_error_that_decides_is_that_of_the_report() -> None:
    (job,) = jobs("size: 48x40, dither: floyd-steinberg, format: auto")
    made = build(job)
    assert made.row is not None
    one = formats.best(formats.attempts(job, prepare(job.rule, ".")), MOST_ERROR)
    assert one.error == round(1000 * made.row.delta_e)


def test_a_limit_between_two_formats_takes_the_smaller_one_that_keeps_it() -> None:
    (job,) = jobs("size: 48x40, format: auto")
    every = list(formats.attempts(job, prepare(job.rule, ".")))
    errors = [one.error for one in every[:4]]
    assert errors == sorted(errors, reverse=True)
    for one in every[:4]:
        assert formats.best(every, one.error) is one


@pytest.mark.parametrize(
    ("options", "targets", "expected"),
    [
        (
            "format: auto",
            "st7789-240x240",
            [
                ("indexed", 2),
                ("indexed", 4),
                ("indexed", 16),
                ("indexed", 256),
                ("native", 256),
            ],
        ),
        (
            "palette: {colors: 20}, format: auto",
            "st7789-240x240",
            [
                ("indexed", 2),
                ("indexed", 4),
                ("indexed", 16),
                ("indexed", 20),
                ("native", 20),
            ],
        ),
        (
            "palette: {colors: 20, fixed: {3: transparent}}, format: auto",
            "st7789-240x240",
            [("indexed", 4), ("indexed", 16), ("indexed", 20), ("native", 20)],
        ),
        ("format: auto", "gba", [("native", 2), ("native", 4), ("native", 16)]),
        ("format: auto", "waveshare-7in3e", [("native", 6)]),
        ("format: auto, dither: threshold", "st7789-240x240", [("indexed", 2)]),
        ("format: auto, emit: [xbm]", "st7789-240x240", [("indexed", 2)]),
        ("format: auto, emit: [raw]", "st7789-240x240", [("native", 256)]),
        (
            "format: auto, emit: [bmp]",
            "pebble-time",
            [("indexed", 2), ("indexed", 4), ("indexed", 16), ("indexed", 64), ("native", 64)],
        ),
        ("format: auto, palette: keep", "st7789-240x240", [("indexed", 256), ("native", 256)]),
    ],
)
def test_what_is_tried(options: str, targets: str, expected: list[tuple[str, int]]) -> None:
    (job,) = jobs(options, targets)
    assert forms(job) == expected


def test_a_shared_palette_stays_and_only_its_storage_is_chosen() -> None:
    text = (
        "target: st7789-240x240\npalettes: {p: {colors: 12}}\n"
        "defaults: {palette: p, size: 16x16, emit: [bin], format: auto}\n"
        "assets: {a: ramp.png, b: dot.png}\n"
    )
    Path("build.yaml").write_text(text)
    assert main(["build", "-q"]) == 0
    pictures = [
        decode.decode({"x.bin": Path(f"build/assets/{name}.bin").read_bytes()}, "x.bin")
        for name in "ab"
    ]
    assert (pictures[0].palette.codes == pictures[1].palette.codes).all()


def test_a_choice_is_up_to_date_until_its_limit_changes(capsys: pytest.CaptureFixture[str]) -> None:
    text = "target: st7789-240x240\nassets: {a: {source: landscape.png, size: 24x20, format: %s}}\n"
    Path("build.yaml").write_text(text % "{auto: 1.5}")
    assert main(["build"]) == 0
    assert main(["build"]) == 0
    assert "1 asset up to date" in capsys.readouterr().err
    Path("build.yaml").write_text(text % "{auto: 9}")
    assert main(["build", "--explain"]) == 0
    out, err = capsys.readouterr()
    assert "format auto: i2" in out
    assert "options" in err


def test_a_palette_that_is_searched_for_is_not_locked() -> None:
    text = "target: ti84ce\nassets: {a: {source: ramp.png, format: auto}, b: dot.png}\n"
    Path("build.yaml").write_text(text)
    assert main(["lock"]) == 0
    lock = Path("build.lock").read_text()
    assert "asset:b" in lock
    assert "asset:a" not in lock


def test_where_no_format_can_hold_the_picture_the_plan_says_why() -> None:
    with pytest.raises(Failure) as caught:
        jobs("format: auto, dither: threshold, palette: {colors: 9, fixed: {5: '#ffffff'}}")
    assert "`threshold` needs a palette of two colors" in caught.value.problems[0].message


def test_a_format_that_fails_is_passed_over() -> None:
    """Color words of this palette cannot say which pixels are transparent; indices can."""
    options = 'palette: {list: [transparent, "#000000", "#ffffff"]}, format: {auto: 100}, size: 4x4'
    (job,) = jobs(f"{options}, emit: [bin]", source="dot.png")
    every = list(formats.attempts(job, prepare(job.rule, ".")))
    assert [one.name for one in every] == ["i2"]
    assert build(job).row is not None


def test_every_attempt_costs_what_its_files_hold() -> None:
    (job,) = jobs("size: 32x30, format: auto, compress: smallest")
    for one in formats.attempts(job, prepare(job.rule, ".")):
        assert one.cost == flash_bytes(one.packed)
        assert one.packed.codec != "none"


def test_the_table_of_formats_marks_the_one_that_is_built(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = "target: [st7789-240x240, gba]\nassets: {a: {source: landscape.png, size: 24x16,"
    Path("build.yaml").write_text(f"{text} format: {{auto: 4}}}}}}\n")
    assert main(["build"]) == 0
    report = capsys.readouterr().out
    assert main(["compare", "a", "--formats"]) == 0
    table = capsys.readouterr().out
    chosen = [line.split() for line in table.splitlines() if line.endswith("chosen")]
    built = [line.split() for line in report.splitlines() if line.startswith("  a ")]
    assert [line[3] for line in chosen] == [line[3] for line in built]


def test_an_image_is_tried_without_a_manifest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "landscape.png", "--formats", "--size", "24x16"]) == 0
    assert "chosen" in capsys.readouterr().out
    assert shipped("generic").holds == "index"
