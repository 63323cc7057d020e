"""The live preview: edits arrive in the open page, options are tried, strangers are kept out."""

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browser import browser, complaints, need_browser, pixels, reached, shot, unreached, wait
from hypothesis import given
from hypothesis import strategies as st

from pipeline import panel
from pipeline.cli import main
from pipeline.disk import RealDisk
from pipeline.manifest import load, read_manifest
from pipeline.plan import Job
from pipeline.planner import make
from pipeline.preview import album
from pipeline.preview import shot as shots
from pipeline.preview.entry import Changes, changed, text, with_entry
from pipeline.target_file import shipped

INPUTS = Path(__file__).parent / "corpus" / "inputs"
MANIFEST = """\
target: gameboy
defaults: {size: 24x16, fit: stretch}
assets:
  ramp: {source: art/ramp.png, dither: bayer-4}
  dot: art/dot.png
"""


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "art").mkdir()
    for name in ("ramp.png", "dot.png"):
        (tmp_path / "art" / name).write_bytes((INPUTS / name).read_bytes())
    (tmp_path / "build.yaml").write_text(MANIFEST)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@contextmanager
def live(*arguments: str) -> Iterator[str]:
    """A live preview of the project here; its address. It ends by Ctrl-C, and well."""
    for name in ("starlette", "uvicorn", "watchfiles"):
        pytest.importorskip(name, reason="the extra `preview` is not installed")
    call = [sys.executable, "-m", "pipeline", "preview", "--live", "--no-open", *arguments]
    path = os.pathsep.join([str(Path(__file__).parent.parent), os.environ.get("PYTHONPATH", "")])
    with subprocess.Popen(
        call,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
    ) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        try:
            yield address
        finally:
            process.send_signal(signal.SIGINT)
            _, words = process.communicate(timeout=30)
    assert process.returncode == 0, words
    assert "Traceback" not in words


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    need_browser()
    with browser(tmp_path_factory.mktemp("chromium")) as driver:
        yield driver


def settled(chromium: Any, condition: str) -> None:
    """Wait for a condition, and for the picture to be drawn."""
    wait(chromium, condition)
    wait(chromium, "byId('shown').complete && byId('shown').naturalWidth > 0")
    chromium.execute_async_script(
        "const done = arguments[0]; byId('shown').decode().then(() =>"
        " requestAnimationFrame(() => requestAnimationFrame(done)))"
    )


CLOSE = panel.View(4)


def model(name: str = "ramp", target: str = "gameboy", view: panel.View = CLOSE) -> Any:
    """What the panel model says of the files that are built, at zoom 4."""
    (rule,) = (r for r in make(load(Path("build.yaml")), RealDisk(".")).assets if r.name == name)
    held = shots.emitted(Job(rule, shipped(target), "."))
    assert held is not None
    return panel.look(held, shipped(target), view)


def opened(chromium: Any, address: str) -> None:
    chromium.get(f"{address}#gameboy%2Framp")
    wait(chromium, "document.querySelectorAll('.card-button').length === 2")
    chromium.execute_script("byId('zoom').value = 4; showSize()")
    settled(chromium, "byId('viewer').open")


def test_an_edited_source_arrives_in_the_open_page(project: Path, chromium: Any) -> None:
    with live() as address:
        opened(chromium, address)
        assert (shot(chromium, "#stage") == model()).all()
        chromium.execute_script("window.mark = 1; window.was = byId('shown').src")
        shutil.copy(INPUTS / "dot.png", project / "art" / "new.png")
        (project / "art" / "new.png").replace(project / "art" / "ramp.png")
        settled(chromium, "byId('shown').src !== window.was")
        assert (shot(chromium, "#stage") == model()).all()
        assert chromium.execute_script("return window.mark") == 1
        assert complaints(chromium) == []
        chromium.get("about:blank")


def test_an_error_shows_with_its_place_and_goes_when_it_is_mended(
    project: Path, chromium: Any
) -> None:
    with live() as address:
        opened(chromium, address)
        (project / "build.yaml").write_text(MANIFEST.replace("bayer-4", "bayer-5"))
        wait(chromium, "!byId('problems').hidden")
        words = chromium.execute_script("return byId('problems').textContent")
        assert "build.yaml:4:" in words
        assert "unknown dither 'bayer-5'" in words
        assert "hint: did you mean 'bayer-" in words
        (project / "build.yaml").write_text(MANIFEST.replace("bayer-4", "bayer-8"))
        settled(
            chromium, "byId('problems').hidden && byId('figures').textContent.includes('bayer-8')"
        )
        assert (shot(chromium, "#stage") == model()).all()
        (project / "art" / "ramp.png").write_bytes(b"no picture")
        wait(chromium, "byId('problems').textContent.includes('art/ramp.png')")
        shutil.copy(INPUTS / "ramp.png", project / "art" / "ramp.png")
        wait(chromium, "byId('problems').hidden && assets.size === 2")
        chromium.get("about:blank")


def test_assets_come_and_go_with_the_manifest(project: Path, chromium: Any) -> None:
    with live() as address:
        chromium.get(address)
        wait(chromium, "document.querySelectorAll('.card-button').length === 2")
        (project / "build.yaml").write_text(f"{MANIFEST}  more: art/dot.png\n")
        wait(chromium, "document.querySelectorAll('.card-button').length === 3")
        (project / "build.yaml").write_text(MANIFEST)
        wait(chromium, "document.querySelectorAll('.card-button').length === 2")
        chromium.get("about:blank")


def test_what_is_tried_is_what_its_yaml_builds(project: Path, chromium: Any) -> None:
    with live() as address:
        opened(chromium, address)
        before = sorted(path for path in project.rglob("*") if path.is_file())
        chromium.execute_script(
            "window.was = byId('shown').src;"
            "byId('try-dither').value = 'floyd-steinberg'; byId('try-fit').value = 'contain';"
            "byId('try-strength').value = 70;"
            "byId('try-strength').dispatchEvent(new Event('input', {bubbles: true}))"
        )
        settled(chromium, "trial && byId('shown').src !== window.was && !asking")
        tried = shot(chromium, "#stage")
        assert not (tried == model()).all()
        assert sorted(path for path in project.rglob("*") if path.is_file()) == before
        lines = chromium.execute_script("return byId('try-lines').value")
        assert lines.startswith("  ramp:\n")
        rest = "target: gameboy\ndefaults: {size: 24x16, fit: stretch}\nassets:\n"
        (project / "build.yaml").write_text(rest + lines)
        wait(chromium, "assets.size === 1")
        assert main(["build", "-q"]) == 0
        assert (tried == model()).all()
        chromium.get("about:blank")


MOVES = """\
const done = arguments[0];
let left = 60;
const move = () => {
  left -= 1;
  const one = byId(left % 7 === 0 ? 'try-fit' : 'try-strength');
  one.value = one.id === 'try-fit' ? ['contain', 'cover'][left % 2] : 1 + (left * 37) % 100;
  one.dispatchEvent(new Event('input', {bubbles: true}));
  if (left === 0) done();
  else setTimeout(move, (left * 13) % 23);
};
move();
"""


def test_the_last_of_many_quick_moves_wins_also_while_the_source_is_edited(
    project: Path, chromium: Any
) -> None:
    with live() as address:
        opened(chromium, address)
        shutil.copy(INPUTS / "dot.png", project / "art" / "new.png")
        (project / "art" / "new.png").replace(project / "art" / "ramp.png")
        chromium.execute_async_script(MOVES)
        # The source's second edit comes right after the last move, while that may be tried.
        shutil.copy(INPUTS / "ramp.png", project / "art" / "new.png")
        (project / "art" / "new.png").replace(project / "art" / "ramp.png")
        assert main(["build", "-q"]) == 0
        key = "assets.get('gameboy/ramp').key"
        settled(chromium, f"!asking && trial && current.last.key === {key}")
        wanted = chromium.execute_script("return [asked().strength, asked().fit]")
        assert wanted == [38, "contain"]
        lines = chromium.execute_script("return byId('try-lines').value")
        assert "fit: contain" in lines
        assert "strength: 38%" in lines
        rest = "target: gameboy\ndefaults: {size: 24x16, fit: stretch}\nassets:\n"
        (project / "build.yaml").write_text(rest + lines)
        assert main(["build", "-q"]) == 0
        wait(chromium, "assets.size === 1")
        settled(chromium, "!asking")
        assert (shot(chromium, "#stage") == model()).all()
        assert complaints(chromium) == []
        chromium.get("about:blank")


def test_as_built_wins_over_an_answer_that_comes_later(chromium: Any) -> None:
    with live() as address:
        opened(chromium, address)
        chromium.execute_script(
            "byId('try-dither').value = 'none';"
            "byId('try-dither').dispatchEvent(new Event('input', {bubbles: true}));"
            "byId('try-reset').click()"
        )
        settled(chromium, "!asking")
        assert chromium.execute_script("return trial") is None
        assert (shot(chromium, "#stage") == model()).all()
        chromium.get("about:blank")


def test_the_panel_is_looked_at_as_the_model_says(chromium: Any) -> None:
    with live() as address:
        opened(chromium, address)
        for light, away in (("warm", 0), ("dark", 0), ("cool", 500), ("day", 2000)):
            look(chromium, light=light, away=str(away))
            assert (
                shot(chromium, "#stage") == model(view=panel.View(4, light, mm_away=away))
            ).all()
        look(chromium, light="day", away="0")
        assert (shot(chromium, "#stage") == model()).all()
        assert chromium.execute_script("return byId('look-gap').disabled")
        assert complaints(chromium) == []
        chromium.get("about:blank")


def look(chromium: Any, **wanted: str) -> None:
    """Choose how the panel is looked at, and wait until it is drawn."""
    for name, value in wanted.items():
        chromium.execute_script(
            "const one = byId(`look-${arguments[0]}`); one.value = arguments[1];"
            "one.dispatchEvent(new Event('input', {bubbles: true}))",
            name,
            value,
        )
    here = "byId('shown').getAttribute('src').includes(pictureOf(current, 'seen'))"
    settled(chromium, f"!asksToLook && {here}")


def test_lines_between_pixels_show_where_they_are_known(project: Path, chromium: Any) -> None:
    (project / "build.yaml").write_text(MANIFEST.replace("gameboy", "ssd1306-128x64"))
    with live() as address:
        chromium.get(f"{address}#ssd1306-128x64%2Framp")
        wait(chromium, "byId('viewer').open")
        chromium.execute_script("byId('zoom').value = 4; showSize(); byId('look-gap').click()")
        settled(chromium, "!asksToLook && looked.picture")
        view = panel.View(4, gap=True)
        assert (shot(chromium, "#stage") == model(target="ssd1306-128x64", view=view)).all()
        assert chromium.execute_script("return byId('look-light').disabled")  # it shines by itself
        chromium.get("about:blank")


def test_what_is_tried_is_looked_at_in_the_same_way(project: Path, chromium: Any) -> None:
    with live() as address:
        opened(chromium, address)
        look(chromium, light="warm")
        chromium.execute_script(
            "byId('try-dither').value = 'atkinson';"
            "byId('try-dither').dispatchEvent(new Event('input', {bubbles: true}))"
        )
        settled(
            chromium,
            "trial && !asking && looked.question.includes(trial.asset.pictures.seen)",
        )
        tried = shot(chromium, "#stage")
        (project / "build.yaml").write_text(MANIFEST.replace("bayer-4", "atkinson"))
        assert main(["build", "-q"]) == 0
        assert (tried == model(view=panel.View(4, "warm"))).all()
        chromium.get("about:blank")


def test_keys_reach_what_only_a_live_page_has(chromium: Any) -> None:
    with live() as address:
        opened(chromium, address)
        assert {"look-light", "look-away", "try-dither", "try-strength"} <= reached(chromium, 24)
        assert unreached(chromium, "#viewer") == []
        chromium.get("about:blank")


def test_options_that_do_not_go_together_are_told_at_the_controls(chromium: Any) -> None:
    with live() as address:
        opened(chromium, address)
        chromium.execute_script(
            "byId('try-dither').value = 'threshold';"
            "byId('try-dither').dispatchEvent(new Event('input', {bubbles: true}))"
        )
        wait(chromium, "byId('try-fault').textContent.includes('two colors')")
        chromium.get("about:blank")


def ask(address: str, path: str, headers: dict[str, str], body: bytes | None = None) -> Any:
    """Status, headers and body of an answer."""
    host = address.removeprefix("http://").rstrip("/")
    line = http.client.HTTPConnection(host, timeout=30)
    try:
        line.putrequest("GET" if body is None else "POST", path, skip_host="Host" in headers)
        for name, value in headers.items():
            line.putheader(name, value)
        if body is not None:
            line.putheader("Content-Length", str(len(body)))
        line.endheaders(body)
        answer = line.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        line.close()


def test_strangers_are_kept_out() -> None:
    with live() as address:
        port = address.rstrip("/").rpartition(":")[2]
        status, headers, page = ask(address, "/", {})
        assert status == 200
        assert headers["X-Frame-Options"] == "DENY"
        for bad in (
            {"Host": "evil.example"},
            {"Host": f"evil.example:{port}"},
            {"Host": "127.0.0.1"},
            {"Origin": "http://evil.example"},
            {"Origin": "null"},
            {"Sec-Fetch-Site": "cross-site"},
        ):
            for path in ("/", "/events", "/pictures/x.png", "/try", "/look"):
                assert ask(address, path, bad)[0] == 403
        assert ask(address, "/", {"Host": f"localhost:{port}"})[0] == 200
        assert ask(address, "/pictures/..%2f..%2fbuild.yaml.png", {})[0] == 404
        request = json.dumps({"id": "gameboy/ramp", "dither": "none"}).encode()
        assert ask(address, "/try", {}, request)[0] == 403
        assert ask(address, "/try", {"X-Bitplane-Token": "guess"}, request)[0] == 403
        start = page.index(b'"token":"') + 9
        token = {"X-Bitplane-Token": page[start : page.index(b'"', start)].decode()}
        status, _, answer = ask(address, "/try", token, request)
        assert (status, json.loads(answer)["problems"]) == (200, [])
        for odd in (b"", b"[]", b'{"id": 1}', b'{"id": "x", "strength": 1e9}', b"x" * 9999):
            assert ask(address, "/try", token, odd)[0] == 400
            assert ask(address, "/look", token, odd)[0] == 400
        view = {"id": "gameboy/ramp", "seen": "x", "light": "warm", "away": 0, "scale": 1}
        wrong = ({"light": "noon"}, {"away": -1}, {"scale": 65}, {"scale": 1e9}, {"seen": 1})
        for part in wrong:
            assert ask(address, "/look", token, json.dumps({**view, **part}).encode())[0] == 400
        _, _, answer = ask(address, "/look", token, json.dumps(view).encode())
        assert json.loads(answer) == {"picture": None, "problems": []}


def test_a_taken_port_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with live() as address:
        port = address.rstrip("/").rpartition(":")[2]
        assert main(["preview", "--live", "--no-open", "--port", port]) == 1
        assert f"cannot serve on port {port}" in capsys.readouterr().err


NAMES = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), min_size=1)
CHANGES = st.builds(
    Changes,
    st.sampled_from([None, "none", "atkinson", "bayer-2"]),
    st.none() | st.integers(0, 100),
    st.none() | st.integers(1, 4),
    st.sampled_from([None, "cover"]),
)


@given(
    NAMES,
    CHANGES,
    st.sampled_from(["gameboy", "[gameboy, ssd1306-128x64]"]),
    st.sampled_from(["art/x.png", "a b/'é\".png", "*.png"]),
)
def test_lines_to_paste_say_what_was_tried(
    name: str, changes: Changes, targets: str, source: str
) -> None:
    entry = json.dumps(
        {name: {"source": source, "map": {"#ff0000": "#00ff00"}}}, ensure_ascii=False
    )
    manifest = read_manifest(f"target: {targets}\nassets: {entry}\n".encode(), Path("build.yaml"))
    if name not in manifest.model.assets:
        return
    data = changed(manifest, name, shipped("gameboy"), changes)
    again = with_entry(manifest, name, text(name, data)).model.assets[name]
    options = again if targets == "gameboy" else again.on["gameboy"]
    assert again.source == source
    assert again.map == manifest.model.assets[name].map
    assert options.fit == changes.fit
    wanted = changes.dither or ("none" if changes.strength is not None else None)
    assert (options.dither.method if options.dither else None) == wanted
    if changes.strength is not None and options.dither is not None:
        assert options.dither.strength == np.floor(changes.strength * 2.56 + 0.5)
    assert getattr(options.palette, "colors", None) == changes.colors


def test_one_method_keeps_its_other_options() -> None:
    asset = "{source: x.png, dither: {method: atkinson, serpentine: no, strength: 0.5}}"
    manifest = read_manifest(f"target: gameboy\nassets: {{a: {asset}}}\n".encode(), Path("b.yaml"))
    lines = text("a", changed(manifest, "a", shipped("gameboy"), Changes(strength=25)))
    dither = with_entry(manifest, "a", lines).model.assets["a"].dither
    assert dither is not None
    assert (dither.method, dither.serpentine, dither.strength) == ("atkinson", False, 64)


@pytest.mark.parametrize(
    "defaults",
    ["{dither: bayer-8}", "{dither: none, on: {gameboy: {dither: {method: bayer-8}}}}"],
)
def test_a_strength_alone_keeps_the_method_of_the_defaults(defaults: str) -> None:
    text_of = f"target: gameboy\ndefaults: {defaults}\nassets: {{a: x.png}}\n"
    manifest = read_manifest(text_of.encode(), Path("b.yaml"))
    lines = text("a", changed(manifest, "a", shipped("gameboy"), Changes(strength=25)))
    dither = with_entry(manifest, "a", lines).model.assets["a"].dither
    assert dither is not None
    assert (dither.method, dither.strength) == ("bayer-8", 64)


def test_pictures_of_the_live_page_are_those_of_the_model(project: Path) -> None:
    with live() as address:
        page = ask(address, "/", {})[2]
        from pipeline.preview.page import data_of

        (asset,) = (one for one in data_of(page.decode())["assets"] if one["name"] == "dot")
        png = ask(address, f"/pictures/{asset['pictures']['seen']}.png", {})[2]
        assert (pixels(png).repeat(4, 0).repeat(4, 1) == model("dot")).all()
    assert (project / "build/assets/dot.c").is_file()


def test_a_live_preview_starts_from_the_one_that_was_written(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["preview"]) == 0
    arguments = ["preview", "--live", "--no-open"]
    seen: list[Any] = []

    def serve(studio: Any, *_: Any) -> None:
        studio.refresh(afar=True)
        seen.append(studio.held)

    def never(job: Job) -> None:
        raise AssertionError(job)

    server = pytest.importorskip("pipeline.preview.server")
    monkeypatch.setattr(server, "serve", serve)
    monkeypatch.setattr(shots, "take", never)
    assert main(arguments) == 0
    written = album.load(project / "build/preview")
    assert written is not None
    assert seen[0].assets.keys() == written.assets.keys()
    for name in album.names_in(written.data):
        assert seen[0].pictures[name] == written.picture(name)
