"""Random edits; after every build what is there equals what a build from nothing gives.

A model beside the engine knows, from results alone, which rules have to run: those whose files
are not what they would be now, or that no memory of the engine vouches for.
"""

import json
from typing import Any

import pytest
from engine_model import (
    NOTHING,
    Clean,
    Expected,
    Memory,
    Stopped,
    Workshop,
    clean_build,
    compare_outcome,
    expect,
    target_file,
)
from fakes import SECOND
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from pipeline.look import look
from pipeline.plan import Plan, select
from pipeline.report import Failure
from pipeline.stale import rule_id

STATE = "build/assets/.bitplane.state"
SOURCES = ("a.png", "b.png", "pics/p.png", "pics/q.png", "pics/r.png")
LISTS = ("p.hex", "listed.hex")
ILI, SSD, OWN = "ili9341-240x320", "ssd1306-128x64", "mine.yaml"
TARGETS = ([ILI], [SSD], [OWN], [ILI, OWN], [SSD, ILI], [ILI, SSD, OWN])

names = st.sampled_from(("a", "b", "c", "x-y", "x_y", "glob"))
sources = st.sampled_from(SOURCES)
# Equal first letters give equal palettes; equal lengths give equal sizes.
contents = st.sampled_from(("A1", "A2", "B1", "X1", "A1", "A2", "B1", "X1", "broken", "crash"))
builds = st.sampled_from(("all", "all", "all", "part", "nothing"))
picks = st.integers(0, 11)
options: dict[str, st.SearchStrategy[Any]] = {
    "source": st.sampled_from((*SOURCES, "pics/*.png", "pics/*.png")),
    "rotate": st.sampled_from((0, 90)),
    "palette": st.sampled_from(("ui", "ui", "duo", "listed", "p.hex", "target")),
    "dither": st.sampled_from(("none", "bayer-2")),
    "emit": st.sampled_from(("c", "c-header", ["bin", "png"], ["png"])),
}
few = {name: options[name] for name in options if name != "source"}
assets = st.fixed_dictionaries({"source": options["source"]}, optional=few)
bundles = st.dictionaries(
    st.sampled_from(("p", "q")),
    st.fixed_dictionaries(
        {"emit": st.just("pack"), "assets": st.sampled_from(("*", "a", ["a", "b"], "glob*"))},
        optional={"align": st.sampled_from((4, 64))},
    ),
    max_size=2,
)
changes = st.one_of(*(st.fixed_dictionaries({name: values}) for name, values in options.items()))


class Engine(RuleBasedStateMachine):
    """One project over time."""

    def __init__(self) -> None:
        super().__init__()
        self.project = Workshop()
        self.disk = self.project.disk
        self.memory = NOTHING
        self.earlier: list[tuple[bytes, Memory]] = []
        self.manifest: dict[str, Any] = {}

    @initialize(displays=st.sampled_from(TARGETS))
    def start(self, displays: list[str]) -> None:
        for path, content in zip(SOURCES, ("A1", "B1", "A1", "B1", "X1"), strict=True):
            self.disk.create(path, content)
        for path in LISTS:
            self.disk.create(path, "000000")
        self.write_target("one", "#000000", msb=True)
        shared = {"ui": {"colors": 4}, "duo": {"colors": 2}, "listed": "listed.hex"}
        self.manifest = {
            "target": displays,
            "palettes": shared,
            "bundles": {"p": {"emit": "pack"}},
            "assets": {
                "a": {"source": "a.png", "palette": "ui"},
                "b": {"source": "b.png", "palette": "ui"},
                "glob": {"source": "pics/*.png", "palette": "p.hex"},
            },
        }
        self.disk.tick()
        self.then("all")

    # What can happen to sources.

    @rule(path=sources, content=contents, build=builds)
    def edit_or_add_source(self, path: str, content: str, build: str) -> None:
        self.disk.create(path, content)
        self.then(build)

    @rule(path=sources, build=builds)
    def touch_source(self, path: str, build: str) -> None:
        if self.disk.is_file(path):
            self.disk.touch(path)
        self.then(build)

    @rule(
        path=sources,
        content=contents,
        build=builds,
        before=st.sampled_from((0, 0, 1, 9)),
        after=st.sampled_from((0, 1, 9)),
    )
    def edit_source_and_revert(
        self, path: str, content: str, build: str, before: int, after: int
    ) -> None:
        if self.disk.is_file(path):
            old = self.disk.files[path].data
            self.disk.create(path, content)
            self.then(build)
            self.disk.tick(before)
            self.disk.create(path, old)
            self.disk.tick(after)
        self.then("all")

    @rule(path=sources, build=builds)
    def delete_source(self, path: str, build: str) -> None:
        self.disk.remove(path)
        self.then(build)

    @rule(path=sources, new=sources, follow=st.booleans(), build=builds)
    def rename_source(self, path: str, new: str, build: str, *, follow: bool) -> None:
        if self.disk.is_file(path):
            self.disk.files[new] = self.disk.files.pop(path)  # keeps its stamp
            for name, asset in self.manifest["assets"].items():
                if follow and asset["source"] == path:
                    self.manifest["assets"][name] = {**asset, "source": new}
        self.then(build)

    @rule(path=sources, content=contents, build=builds)
    def break_source_for_a_while(self, path: str, content: str, build: str) -> None:
        old = self.disk.files.get(path)
        self.disk.create(path, "broken")
        self.then(build)
        self.disk.create(path, old.data if old else content)
        self.then("all")

    @rule(path=st.sampled_from((*SOURCES, *LISTS, OWN)), build=builds)
    def hide_file_for_a_while(self, path: str, build: str) -> None:
        hidden = self.disk.files.pop(path, None)
        self.then(build)
        if hidden:
            self.disk.files[path] = hidden
        self.then("all")

    @rule(path=st.sampled_from(LISTS), content=st.sampled_from(("000000", "ffffff")), build=builds)
    def edit_palette_file(self, path: str, content: str, build: str) -> None:
        self.disk.create(path, content)
        self.then(build)

    # What can happen to the manifest and the targets.

    @rule(name=names, asset=assets, build=builds)
    def add_or_replace_asset(self, name: str, asset: dict[str, Any], build: str) -> None:
        self.manifest["assets"][name] = asset
        self.then(build)

    @rule(pick=picks, change=changes, build=builds)
    def change_option(self, pick: int, change: dict[str, Any], build: str) -> None:
        name = self.some_asset(pick)
        self.manifest["assets"][name] = {**self.manifest["assets"][name], **change}
        self.then(build)

    @rule(pick=picks, change=changes, build=builds)
    def change_option_and_revert(self, pick: int, change: dict[str, Any], build: str) -> None:
        name = self.some_asset(pick)
        old = self.manifest["assets"][name]
        self.manifest["assets"][name] = {**old, **change}
        self.then(build)
        self.manifest["assets"][name] = old
        self.then("all")

    @rule(pick=picks, build=builds)
    def remove_asset(self, pick: int, build: str) -> None:
        if len(self.manifest["assets"]) > 1:
            del self.manifest["assets"][self.some_asset(pick)]
        self.then(build)

    @rule(pick=picks, build=builds)
    def remove_asset_for_a_while(self, pick: int, build: str) -> None:
        old = self.manifest["assets"]
        name = self.some_asset(pick)
        self.manifest["assets"] = {key: asset for key, asset in old.items() if key != name}
        self.then(build)
        self.manifest["assets"] = old
        self.then("all")

    @rule(pick=picks, new=names, build=builds)
    def rename_asset(self, pick: int, new: str, build: str) -> None:
        name, old = self.some_asset(pick), self.manifest["assets"].items()
        self.manifest["assets"] = {new if key == name else key: asset for key, asset in old}
        self.then(build)

    @rule(colors=st.integers(2, 4), build=builds)
    def change_shared_palette(self, colors: int, build: str) -> None:
        self.manifest["palettes"]["ui"] = {"colors": colors}
        self.then(build)

    @rule(bundles=bundles, build=builds)
    def change_bundles(self, bundles: dict[str, Any], build: str) -> None:
        self.manifest["bundles"] = bundles
        self.then(build)

    @rule(displays=st.sampled_from(TARGETS), build=builds)
    def switch_targets(self, displays: list[str], build: str) -> None:
        self.manifest["target"] = displays
        self.then(build)

    @rule(
        notes=st.sampled_from(("one", "two")),
        background=st.sampled_from(("#000000", "#ffffff")),
        msb=st.booleans(),
        build=builds,
    )
    def change_own_target(self, notes: str, background: str, build: str, *, msb: bool) -> None:
        self.write_target(notes, background, msb=msb)
        self.then(build)

    @rule(folder=st.sampled_from(("build/assets", "build/assets/{target}")), build=builds)
    def change_output_folder(self, folder: str, build: str) -> None:
        self.manifest["output"] = folder
        self.then(build)

    # What can happen to outputs, the state, the tool and the clock.

    @rule(pick=picks, build=builds)
    def delete_output(self, pick: int, build: str) -> None:
        self.disk.remove(self.some_output(pick))
        self.then(build)

    @rule(pick=picks, build=builds)
    def edit_output(self, pick: int, build: str) -> None:
        self.overwrite(self.some_output(pick))
        self.then(build)

    @rule(pick=picks, build=builds)
    def edit_output_of_an_asset_that_leaves(self, pick: int, build: str) -> None:
        plan = self.plan()
        if plan and len(self.manifest["assets"]) > 1:
            some = plan.assets[pick % len(plan.assets)]
            self.overwrite(some.outputs[-1])
            del self.manifest["assets"][some.entry]
        self.then(build)

    @rule(share=st.floats(0, 1, exclude_max=True), flip=st.booleans(), build=builds)
    def damage_state(self, share: float, build: str, *, flip: bool) -> None:
        data = self.disk.read(STATE) if self.disk.is_file(STATE) else b""
        if data:
            place = int(share * len(data))
            flipped = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
            self.disk.create(STATE, flipped if flip else data[:place])
            self.memory = NOTHING
        self.then(build)

    @rule(pick=picks, build=builds)
    def restore_an_earlier_state(self, pick: int, build: str) -> None:
        if self.earlier:
            data, self.memory = self.earlier[pick % len(self.earlier)]
            self.disk.create(STATE, data)
        self.then(build)

    @rule(version=st.integers(1, 2), build=builds)
    def change_tool(self, version: int, build: str) -> None:
        self.project.tool = f"tool {version}"
        self.then(build)

    @rule(seconds=st.sampled_from((0.001, 1, 3, 60, 10**6, -1, -5, -(10**6))), build=builds)
    def move_clock(self, seconds: float, build: str) -> None:
        # A clock of nanoseconds that was set back does not meet the same instant again.
        self.disk.time += int(seconds * SECOND) + (seconds < 0)
        self.then(build)

    # Builds that are not all.

    @rule(pick=picks)
    def build_one_target(self, pick: int) -> None:
        plan = self.plan()
        if plan is not None:
            self.check(target=plan.assets[pick % len(plan.assets)].target)

    @rule(count=st.integers(0, 9), kill=st.booleans())
    def be_stopped(self, count: int, *, kill: bool) -> None:
        """Killed before a change of the disk, or interrupted there with time to save the state."""
        plan = self.plan()
        if plan is None:
            return
        before, clean = self.project.outputs(), clean_build(self.project)
        expected = expect(self.project, plan, self.memory, clean, whole=True)
        self.disk.stop_after(count, kill=kill)
        try:
            self.project.run()
        except Stopped:
            for path, data in self.project.outputs().items():
                assert data in (before.get(path), clean.files().get(path)), f"{path} is torn"
            if not kill and self.disk.stopped_at != STATE:
                done = self.project.events_of("built")
                self.memory = self.memory.after(expected._replace(done=done), clean)
        else:
            self.remember(expected, clean, whole=len(expected.done) == len(plan.assets))
        finally:
            self.disk.go_on()
        self.then("all")

    @rule()
    def rest(self) -> None:
        for _ in range(2):
            self.disk.tick()
            self.then("all")
        files = dict(self.disk.files)
        self.then("all")
        assert self.disk.files == files, "a build with nothing to do wrote something"

    # What has to come of it.

    def write_target(self, notes: str, background: str, *, msb: bool) -> None:
        self.disk.create(OWN, target_file(notes, background, msb=msb))

    def some_output(self, pick: int) -> str:
        """A file that is built, was built, or that the user might put there."""
        plan = self.plan()
        named = plan.outputs if plan else ()
        paths = sorted({*named, *self.memory.files, "build/assets/of-the-user.c"})
        return paths[pick % len(paths)]

    def overwrite(self, path: str) -> None:
        size = len(self.disk.files[path].data) if self.disk.is_file(path) else 4
        self.disk.create(path, b"x" * size)

    def some_asset(self, pick: int) -> str:
        keys: list[str] = list(self.manifest["assets"])
        return keys[pick % len(keys)]

    def plan(self) -> Plan | None:
        """The plan, or None when the manifest is refused."""
        self.project.manifest = json.dumps(self.manifest)
        try:
            return self.project.plan()
        except Failure:
            return None

    def then(self, build: str) -> None:
        """Build all twice, where only what cannot be built may run again; or a part; or nothing."""
        if build == "all":
            self.check()
            self.check()
        plan = self.plan() if build == "part" else None
        if plan is not None:
            self.check(plan.assets[-1].entry)

    def check(self, *only: str, target: str | None = None) -> None:
        """Build, and hold all that happens against the model."""
        plan, before = self.plan(), dict(self.disk.files)
        if plan is None:
            with pytest.raises(Failure):
                self.project.run()
            assert self.disk.files == before
            return
        chosen, whole = select(plan, list(only), target), not only and target is None
        clean = clean_build(self.project)
        expected = expect(self.project, chosen, self.memory, clean, whole=whole)
        stale = look(chosen, self.disk, self.project.tool, {}).stale
        assert {rule_id(reason.rule) for reason in stale} == expected.stale
        assert self.disk.files == before, "looking changed something"
        self.project.learned = []
        outcome = self.project.run(*only, target=target)
        self.compare_files(before, expected)
        assert self.project.events_of("stale") == expected.ran
        assert sorted(self.project.learned) == sorted(expected.relearned)
        compare_outcome(outcome, chosen, expected, clean)
        self.remember(expected, clean, whole=whole and not outcome.failed)

    def compare_files(self, before: dict[str, Any], expected: Expected) -> None:
        assert self.project.outputs() == expected.files
        for path in before.keys() & expected.files.keys():
            if before[path].data == expected.files[path]:
                assert self.disk.files[path] == before[path], f"{path} was touched"

    def remember(self, expected: Expected, clean: Clean, *, whole: bool) -> None:
        start = NOTHING if whole else self.memory
        self.memory = start.after(expected, clean)
        self.earlier = [*self.earlier[-11:], (self.disk.read(STATE), self.memory)]


def run_machine(examples: int, steps: int) -> None:
    chosen = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        report_multiple_bugs=False,
        phases=[Phase.explicit, Phase.reuse, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow],
    )
    run_state_machine_as_test(Engine, settings=chosen)


def test_after_any_edit_a_build_equals_a_clean_one_and_runs_nothing_needless() -> None:
    run_machine(examples=10, steps=20)


@pytest.mark.soak
def test_after_thousands_of_edits_a_build_equals_a_clean_one() -> None:
    run_machine(examples=100, steps=50)
