"""Bundles: which assets they hold, when they are put together, and what the build says."""

import json
from argparse import Namespace
from pathlib import Path

import pytest
from fakes import Project

from pipeline.cli import main
from pipeline.disk import RealDisk
from pipeline.manifest import load
from pipeline.plan import BundleRule, select
from pipeline.planner import make
from pipeline.preview.studio import Studio, _Project
from pipeline.report import Failure

INPUTS = Path(__file__).parent / "corpus" / "inputs"
MANIFEST = {
    "target": "ssd1306-128x64",
    "assets": {"a": "a.png", "b": "b.png"},
    "bundles": {"all": "pack", "one": {"emit": "pack", "assets": "a"}},
}


@pytest.fixture
def two() -> Project:
    return Project(json.dumps(MANIFEST), a="A", b="B")


def _bundle(project: Project, name: str) -> BundleRule:
    return next(rule for rule in project.plan().bundles if rule.name == name)


def _members(project: Project, name: str) -> list[str]:
    return [member.name for member in _bundle(project, name).members]


def test_members_get_the_emitter_that_the_bundle_reads(two: Project) -> None:
    assert [rule.recipe.emit for rule in two.plan().assets] == [("c", "bin"), ("c", "bin")]
    assert _bundle(two, "one").reads == ("build/assets/a.bin",)


def test_an_asset_whose_format_is_searched_for_can_be_a_member(two: Project) -> None:
    manifest = {**MANIFEST, "target": "st7789-240x240", "defaults": {"format": "auto"}}
    two.manifest = json.dumps(manifest)
    assert [rule.recipe.emit for rule in two.plan().assets] == [("c", "bin"), ("c", "bin")]


def test_assets_outside_of_bundles_keep_their_emitters(two: Project) -> None:
    two.manifest = json.dumps({**MANIFEST, "bundles": {"one": {"emit": "pack", "assets": "a"}}})
    assert [rule.recipe.emit for rule in two.plan().assets] == [("c", "bin"), ("c",)]


@pytest.mark.parametrize(
    ("emit", "after"),
    [("c", "c"), ("c-header", "c-header"), ("bin", "bin c"), ("c-incbin", "c-incbin")],
)
def test_an_index_takes_any_form_of_c_and_adds_one_where_there_is_none(
    emit: str, after: str
) -> None:
    assets = {"a": {"source": "a.png", "emit": emit}}
    manifest = {"target": "ssd1306-128x64", "assets": assets, "bundles": {"ui": "index"}}
    project = Project(json.dumps(manifest), a="A")
    assert project.plan().assets[0].recipe.emit == tuple(after.split())
    assert _bundle(project, "ui").reads == ("build/assets/a.h",)
    assert _bundle(project, "ui").outputs == ("build/assets/ui.h", "build/assets/ui.c")


def test_a_bundle_names_assets_globs_of_them_and_whole_entries() -> None:
    project = Project("", a="A", b="B", icons_x="X")
    for path in ("pics/p.png", "pics/q.png"):
        project.disk.create(path, "P")
    assets = {"b": "b.png", "icons_x": "icons_x.png", "icons": "pics/*.png", "a": "a.png"}
    wanted = {
        "b": ["b"],
        "icons": ["icons_p", "icons_q"],
        "icons_*": ["icons_x", "icons_p", "icons_q"],
        "icons_[pq]": ["icons_p", "icons_q"],
        "*": ["b", "icons_x", "icons_p", "icons_q", "a"],
    }
    forms = {f"n{i}": {"emit": "pack", "assets": [name]} for i, name in enumerate(wanted)}
    forms["both"] = {"emit": "pack", "assets": ["a", "b", "a"]}
    project.manifest = json.dumps({"target": "ssd1306-128x64", "assets": assets, "bundles": forms})
    for place, members in enumerate(wanted.values()):
        assert _members(project, f"n{place}") == members
    assert _members(project, "both") == ["b", "a"]


def test_each_target_has_its_bundle() -> None:
    targets = ["ssd1306-128x64", "ili9341-240x320"]
    project = Project(json.dumps({**MANIFEST, "target": targets}), a="A", b="B")
    rules = [rule for rule in project.plan().bundles if rule.name == "one"]
    assert [rule.target for rule in rules] == targets
    assert [rule.outputs[0] for rule in rules] == [f"build/assets/{t}/one.pack" for t in targets]
    assert rules[1].reads == ("build/assets/ili9341-240x320/a.bin",)


def test_a_changed_asset_runs_its_bundles_only(two: Project) -> None:
    assert two.build() == ["a", "b", "all", "one"]
    assert two.build() == []
    two.disk.create("b.png", "B2")
    assert two.reasons() == {"b": "b.png changed", "all": "'b' is out of date"}
    assert two.build() == ["b", "all"]
    assert [e.text for e in two.events if e.kind == "stale"][1] == "'b' changed"
    two.disk.create("a.png", "A2")
    two.disk.create("b.png", "B3")
    assert two.build() == ["a", "b", "all", "one"]
    texts = [e.text for e in two.events if e.kind == "stale"]
    assert texts[2:] == ["'a' and 1 more changed", "'a' changed"]
    two.disk.create("a.png", "A3")
    assert two.build("b", "a") == ["a", "all", "one"]


def test_what_a_part_changed_is_bundled_by_the_next_whole_build(two: Project) -> None:
    two.manifest = json.dumps({**MANIFEST, "bundles": {"all": "pack"}})
    two.build()
    two.disk.create("b.png", "B2")
    assert two.build("b") == ["b"]
    assert two.reasons() == {"all": "an asset in it changed"}
    assert two.build() == ["all"]


def test_an_asset_that_comes_out_the_same_stops_the_ripple(two: Project) -> None:
    two.build()
    two.disk.files["build/assets/b.c"] = two.disk.files["a.png"]
    assert two.build() == ["b"]


def test_a_changed_option_of_a_bundle_runs_it_alone(two: Project) -> None:
    two.build()
    bundles = {**MANIFEST["bundles"], "all": {"emit": "pack", "align": 64}}  # type: ignore[dict-item]
    two.manifest = json.dumps({**MANIFEST, "bundles": bundles})
    assert two.build() == ["all"]


def test_a_bundle_waits_for_its_last_member(two: Project) -> None:
    two.build()
    old = two.disk.files["build/assets/all.pack"]
    two.disk.create("a.png", "broken")
    two.disk.create("b.png", "B2")
    outcome = two.run()
    assert outcome.failed
    failed = [(e.rule.name, e.text) for e in two.events if e.kind == "failed"]
    words = "'a' could not be built"
    assert failed == [("a", "it is broken"), ("all", words), ("one", words)]
    assert two.disk.files["build/assets/all.pack"] == old
    two.disk.create("a.png", "A")
    assert two.build() == ["all"]


def test_a_part_leaves_bundles_alone_that_it_does_not_build_whole(two: Project) -> None:
    assert two.build("a") == ["a", "one"]
    assert "build/assets/all.pack" not in two.disk.files
    assert two.build("a", "b") == ["b", "all"]


def test_the_name_of_a_bundle_means_all_its_assets(two: Project) -> None:
    chosen = select(two.plan(), ["one"], None)
    assert [rule.name for rule in chosen.assets] == ["a"]
    assert [rule.name for rule in chosen.bundles] == ["one"]
    chosen = select(two.plan(), ["all"], None)
    assert [rule.name for rule in chosen.bundles] == ["all", "one"]
    with pytest.raises(Failure, match="no asset or bundle named 'al'"):
        select(two.plan(), ["al"], None)


def test_a_bundle_that_left_takes_its_files_with_it(two: Project) -> None:
    two.build()
    two.manifest = json.dumps({**MANIFEST, "bundles": {"all": "pack"}})
    outcome = two.run()
    assert outcome.removed == ("build/assets/one.pack", "build/assets/one.pack.h")


def test_an_asset_that_changes_while_bundles_are_made_is_bundled_again(two: Project) -> None:
    link = two.link

    def edit(job):  # type: ignore[no-untyped-def]
        two.disk.create("build/assets/a.bin", b"BPLN other")
        return link(job)

    two.link = edit  # type: ignore[method-assign]
    two.build()
    two.link = link  # type: ignore[method-assign]
    assert two.build() == ["a", "all", "one"]
    assert two.build() == []


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("ramp.png", "dot.png"):
        (tmp_path / name).write_bytes((INPUTS / name).read_bytes())
    text = "target: ssd1306-128x64\nassets: {a: ramp.png, b: dot.png}\nbundles: {ui: pack}\n"
    (tmp_path / "build.yaml").write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_what_is_bundled_is_listed_checked_and_cleaned(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["build", "--list-outputs"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert listed[-2:] == ["build/assets/ui.pack", "build/assets/ui.pack.h"]
    assert main(["build", "--check"]) == 1
    assert "bundle ui: 'a' is out of date" in capsys.readouterr().out
    assert main(["build"]) == 0
    assert "built 2 assets and 1 bundle, 8 files changed" in capsys.readouterr().err
    made = {path.as_posix() for path in Path("build").rglob("*") if path.is_file()}
    assert {path for path in made if "/." not in path} == set(listed)
    Path("build/assets/ui.pack").write_bytes(b"BPPK?")
    assert main(["build", "--check"]) == 1
    assert capsys.readouterr().out == (
        "ssd1306-128x64: bundle ui: build/assets/ui.pack was changed since\n"
    )
    assert main(["build", "-n"]) == 0
    assert capsys.readouterr().out == (
        "ssd1306-128x64: bundle ui: build/assets/ui.pack build/assets/ui.pack.h\n"
    )
    assert main(["build", "--explain", "--json"]) == 0
    assert [json.loads(line)["event"] for line in capsys.readouterr().out.splitlines()] == [
        "bundle-stale",
        "bundled",
        "end",
    ]
    assert main(["clean"]) == 0
    assert not (project / "build").exists()


def test_a_pack_that_somebody_else_made_is_not_replaced(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "build/assets").mkdir(parents=True)
    (project / "build/assets/ui.pack").write_bytes(b"mine")
    assert main(["build", "-q"]) == 1
    assert "bitplane did not make the file that is there" in capsys.readouterr().err
    assert (project / "build/assets/ui.pack").read_bytes() == b"mine"


def test_decode_gives_pictures_of_a_pack_back(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["build", "-q"]) == 0
    pack = "build/assets/ui.pack"
    assert main(["decode", pack]) == 1
    assert "2 pictures are in it; name one: a, b" in capsys.readouterr().err
    assert main(["decode", pack, "--asset", "c"]) == 1
    assert "there is no picture 'c' in it" in capsys.readouterr().err
    assert main(["decode", pack, "--all"]) == 2
    assert main(["decode", pack, "--all", "-o", "out"]) == 0
    for name in "ab":
        assert main(["decode", f"build/assets/{name}.bin", "-o", "bin.png"]) == 0
        assert main(["decode", pack, "--asset", name, "-o", "one.png"]) == 0
        wanted = (project / "bin.png").read_bytes()
        assert (project / "one.png").read_bytes() == wanted
        assert (project / f"out/{name}.png").read_bytes() == wanted
    damaged = Path(pack).read_bytes()[:-1]
    Path(pack).write_bytes(damaged)
    assert main(["decode", pack, "--all", "-o", "out"]) == 1
    assert f"the pack is {len(damaged)} bytes, and should be" in capsys.readouterr().err


def test_a_live_preview_does_not_build_again_for_what_it_has_bundled(project: Path) -> None:
    args = Namespace(file="build.yaml", directory=None)
    studio = Studio(args, lambda: pytest.fail("nothing is told"))
    read = load(Path("build.yaml"))
    studio.project = _Project(read, make(read, RealDisk(".")), {})
    assert not studio.matters(str(project.resolve() / "build/assets/ui.pack"))
    assert studio.matters(str(project.resolve() / "ramp.png"))
