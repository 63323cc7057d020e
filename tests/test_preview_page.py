"""The preview's page in a real browser: exact pixels, keys reach all, text stays text."""

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browser import browser, complaints, need_browser, pixels, reached, shot, unreached, wait

from pipeline import panel
from pipeline.cli import main
from pipeline.preview import album
from pipeline.target_file import shipped

INPUTS = Path(__file__).parent / "corpus" / "inputs"
MANIFEST = """\
target: [gameboy, ssd1306-128x64]
defaults: {size: 24x16, fit: stretch, dither: bayer-4}
assets: {ramp: art/ramp.png, dot: art/dot.png}
"""
SPY = """\
window.hits = []; window.reports = [];
document.addEventListener('securitypolicyviolation', (e) => window.reports.push(e.blockedURI));
"""


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    need_browser()
    with browser(tmp_path_factory.mktemp("chromium")) as driver:
        driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": SPY})
        yield driver


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "art").mkdir()
    for name in ("ramp.png", "dot.png"):
        (tmp_path / "art" / name).write_bytes((INPUTS / name).read_bytes())
    (tmp_path / "build.yaml").write_text(MANIFEST)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def opened(chromium: Any, where: str, address: str = "") -> album.Album:
    """The preview, made and shown."""
    assert main(["preview", "-o", where]) == 0
    made = album.load(Path(where))
    assert made is not None
    file = made.path if album.is_file(made.path) else made.path / album.INDEX
    chromium.get("about:blank")
    chromium.get(file.resolve().as_uri() + address)
    wait(chromium, "document.querySelectorAll('.card-button').length > 0")
    return made


def loaded(chromium: Any) -> None:
    """Wait until the pictures of the viewer are drawn."""
    script = "['shown', 'before'].every((id) => byId(id).complete && byId(id).naturalWidth > 0)"
    wait(chromium, script)
    chromium.execute_async_script(
        "const done = arguments[0];"
        "Promise.all(['shown', 'before'].map((id) => byId(id).decode())).then(() =>"
        " requestAnimationFrame(() => requestAnimationFrame(done)))"
    )


def move(chromium: Any, name: str, value: str) -> None:
    """What a hand does to an input."""
    chromium.execute_script(
        "const one = byId(arguments[0]); one.value = arguments[1];"
        "one.dispatchEvent(new Event('input', {bubbles: true}))",
        name,
        value,
    )
    loaded(chromium)


@pytest.mark.parametrize("where", ["out", "out.html"])
def test_zoom_keeps_hard_pixels_and_the_slider_shows_the_source(where: str, chromium: Any) -> None:
    made = opened(chromium, where, "#gameboy%2Framp")
    asset = made.assets["gameboy/ramp"]
    seen, before, index = (
        pixels(made.picture(asset["pictures"][kind]) or b"") for kind in ("seen", "before", "index")
    )
    for zoom in (1, 3, 8):
        move(chromium, "zoom", str(zoom))
        assert (shot(chromium, "#stage") == seen.repeat(zoom, 0).repeat(zoom, 1)).all()
    move(chromium, "slider", "100")
    assert (shot(chromium, "#stage") == before.repeat(8, 0).repeat(8, 1)).all()
    move(chromium, "slider", "50")
    half, width = shot(chromium, "#stage"), 24 * 8
    big = [part.repeat(8, 0).repeat(8, 1) for part in (before, seen)]
    assert (half[:, : width // 2 - 2] == big[0][:, : width // 2 - 2]).all()
    assert (half[:, width // 2 + 2 :] == big[1][:, width // 2 + 2 :]).all()
    move(chromium, "slider", "0")
    chromium.execute_script("document.querySelector('input[value=index]').click()")
    loaded(chromium)
    assert (shot(chromium, "#stage") == index.repeat(8, 0).repeat(8, 1)).all()
    assert complaints(chromium) == []


def test_pictures_are_held_once_and_only_while_they_are_near(project: Path, chromium: Any) -> None:
    more = "".join(f"more{n}: art/ramp.png, " for n in range(80))
    (project / "build.yaml").write_text(MANIFEST.replace("dot:", f"{more}dot:"))
    opened(chromium, "out.html")
    wait(chromium, "document.readyState === 'complete'")
    assert chromium.execute_script("return document.querySelectorAll('.shelf').length") == 0
    src = "document.querySelector(`[data-id='gameboy/ramp'] img`).getAttribute('src')"
    wait(chromium, f"({src} || '').startsWith('blob:')")
    chromium.execute_script("scrollTo(0, document.body.scrollHeight)")
    wait(chromium, f"{src} === null")
    chromium.execute_script("scrollTo(0, 0)")
    wait(chromium, f"({src} || '').startsWith('blob:')")
    assert complaints(chromium) == []


def test_the_slider_moves_by_keys(chromium: Any) -> None:
    from selenium.webdriver.common.keys import Keys

    opened(chromium, "out", "#gameboy%2Framp")
    chromium.execute_script("byId('slider').focus()")
    slider = chromium.switch_to.active_element
    for key, clip in ((Keys.END, "none"), (Keys.HOME, " 100% "), (Keys.PAGE_UP, " 90% ")):
        slider.send_keys(key)
        assert clip in chromium.execute_script("return byId('before').style.clipPath")
    assert "percent the source" in slider.get_attribute("aria-valuetext")


def test_the_divider_follows_the_mouse(chromium: Any) -> None:
    from selenium.webdriver.common.action_chains import ActionChains

    opened(chromium, "out", "#gameboy%2Framp")
    move(chromium, "zoom", "8")
    stage = chromium.execute_script("return byId('stage')")
    width = 24 * 8
    hand = ActionChains(chromium)
    hand.move_to_element_with_offset(stage, 0, 0).click_and_hold()
    hand.move_by_offset(width // 4, 20).perform()
    assert float(chromium.execute_script("return byId('slider').value")) == pytest.approx(75, abs=1)
    ActionChains(chromium).release().move_by_offset(-30, 0).perform()
    assert float(chromium.execute_script("return byId('slider').value")) == pytest.approx(75, abs=1)


def test_pixels_that_are_not_square_are_as_the_model_has_them(project: Path, chromium: Any) -> None:
    (project / "build.yaml").write_text(MANIFEST.replace("gameboy", "pcd8544"))
    opened(chromium, "out", "#pcd8544%2Framp")
    target = shipped("pcd8544")
    for zoom in (1, 5, 16):
        move(chromium, "zoom", str(zoom))
        width, height = panel.cell(target, zoom)
        assert shot(chromium, "#stage").shape[:2] == (16 * height, 24 * width)
    for pitch in ([1.0, 1.0], [0.345, 0.406], [0.5, 0.3], [0.0001, 0.2]):
        cells = chromium.execute_script(
            "return [1, 3, 8, 16].map((zoom) => cellOf(arguments[0], zoom))", pitch
        )
        odd = target._replace(pitch_mm=(pitch[0], pitch[1]))
        assert cells == [list(panel.cell(odd, zoom)) for zoom in (1, 3, 8, 16)]


def test_glass_that_is_round_cuts_the_panel_and_not_the_indices(
    project: Path, chromium: Any
) -> None:
    (project / "build.yaml").write_text(
        "target: gc9a01-240x240\nassets: {ramp: {source: art/ramp.png, size: screen}}\n"
    )
    opened(chromium, "out", "#gc9a01-240x240%2Framp")
    move(chromium, "zoom", "1")
    radius = "return byId('stage').style.borderRadius"
    assert chromium.execute_script(radius) == "50%"
    chromium.execute_script("document.querySelector('input[value=index]').click()")
    assert chromium.execute_script(radius) == ""


def test_true_size_is_the_pitch_times_the_pixels(project: Path, chromium: Any) -> None:
    text = MANIFEST.replace("gameboy", "pcd8544")
    (project / "build.yaml").write_text(text)
    made = opened(chromium, "out", "#pcd8544%2Framp")
    (target,) = (one for one in made.data["targets"] if one["name"] == "pcd8544")
    chromium.execute_script("byId('true-size').click()")
    for ppi in (96, 200):
        move(chromium, "ppi", str(ppi))
        size = chromium.execute_script(
            "const r = byId('stage').getBoundingClientRect(); return [r.width, r.height]"
        )
        wanted = [
            side * pitch * ppi / 25.4 for side, pitch in zip((24, 16), target["pitch"], strict=True)
        ]
        assert np.allclose(size, wanted, atol=0.05)
        card = chromium.execute_script("return byId('card').style.width")
        assert float(card.removesuffix("px")) == pytest.approx(85.6 * ppi / 25.4, abs=0.01)


def test_keys_reach_everything_and_escape_leads_back(chromium: Any) -> None:
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    opened(chromium, "out")
    reached(chromium, 14)
    assert unreached(chromium, "body") == []
    chromium.execute_script("document.querySelector('[data-id=\"gameboy/dot\"]').focus()")
    ActionChains(chromium).send_keys(Keys.ENTER).perform()
    wait(chromium, "byId('viewer').open")
    reached(chromium, 16)
    assert unreached(chromium, "#viewer") == []
    ActionChains(chromium).send_keys("p").perform()
    wait(chromium, "byId('viewer-title').textContent === 'ramp on gameboy'")
    ActionChains(chromium).send_keys(Keys.ESCAPE).perform()
    wait(chromium, "!byId('viewer').open")
    wait(chromium, "document.activeElement.dataset.id === 'gameboy/ramp'")


def test_the_focus_is_seen(chromium: Any) -> None:
    opened(chromium, "out")
    before = shot(chromium, "#bar")
    reached(chromium, 3)
    assert (shot(chromium, "#bar") != before).any()


def test_every_control_has_a_name(chromium: Any) -> None:
    opened(chromium, "out", "#gameboy%2Framp")
    nodes = chromium.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    kinds = {"button", "slider", "checkbox", "radio", "combobox", "searchbox", "image", "table"}
    named = [
        (node["role"]["value"], node["name"]["value"])
        for node in nodes
        if not node["ignored"] and node["role"]["value"] in kinds
    ]
    assert {kind for kind, _ in named} >= {"button", "slider", "checkbox", "radio", "image"}
    assert [kind for kind, name in named if not name and kind != "table"] == []


def cards(chromium: Any) -> list[str]:
    return list(
        chromium.execute_script(
            "return [...document.querySelectorAll('.card-button')].map((one) => one.dataset.id)"
        )
    )


def test_filter_target_and_order_choose_the_cards(chromium: Any) -> None:
    opened(chromium, "out")
    every = ["gameboy/ramp", "gameboy/dot", "ssd1306-128x64/ramp", "ssd1306-128x64/dot"]
    assert cards(chromium) == every
    for name, value, left in (
        ("filter", "DO", [every[1], every[3]]),
        ("filter", "", every),
        ("target", "gameboy", every[:2]),
        ("sort", "name", [every[1], every[0]]),
    ):
        chromium.execute_script(
            "byId(arguments[0]).value = arguments[1];"
            "byId(arguments[0]).dispatchEvent(new Event('input'))",
            name,
            value,
        )
        assert cards(chromium) == left
    assert chromium.execute_script("return byId('count').textContent") == "2 of 4 pictures"


def test_one_picture_is_counted_as_one(chromium: Any) -> None:
    opened(chromium, "out")
    chromium.execute_script(
        "byId('filter').value = 'dot'; byId('filter').dispatchEvent(new Event('input'))"
    )
    counts = "return document.body.innerText.match(/\\d+ pictures?,/g)"
    assert chromium.execute_script(counts) == ["1 picture,", "1 picture,"]


def ground(chromium: Any) -> int:
    return int(shot(chromium, "#count").mean())


def test_dark_and_light_follow_the_system_until_one_is_chosen(chromium: Any) -> None:
    opened(chromium, "out")
    for scheme, dark in (("light", False), ("dark", True)):
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        assert (ground(chromium) < 128) == dark
    chromium.execute_script("byId('theme').click()")
    assert ground(chromium) > 128
    chromium.execute_script("byId('theme').click()")
    chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    assert ground(chromium) < 128
    chromium.execute_script("localStorage.clear()")


def test_a_narrow_window_does_not_scroll_sideways(chromium: Any) -> None:
    opened(chromium, "out", "#gameboy%2Framp")
    metrics = {"width": 360, "height": 700, "deviceScaleFactor": 1, "mobile": False}
    chromium.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    wide = "return [document.documentElement.scrollWidth, byId('viewer').scrollWidth]"
    assert max(chromium.execute_script(wide)) <= 360
    chromium.execute_script("byId('viewer').close()")
    assert max(chromium.execute_script(wide)) <= 360
    chromium.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


HIT = "window.hits.push(1)"
PAYLOADS = [
    f"<script>{HIT}</script>",
    f"</script><script>{HIT}</script>",
    f'</script ><img src=x onerror="{HIT}">',
    f"<img src=x onerror={HIT}>",
    f'"><img src=x onerror={HIT}>',
    f"'><img src=x onerror={HIT}>",
    f"<svg onload={HIT}>",
    f"<svg><script>{HIT}</script></svg>",
    f"<iframe srcdoc='<script>parent.{HIT}</script>'>",
    f"<iframe src=javascript:parent.{HIT}>",
    f"<a href=javascript:{HIT}>x</a>",
    f"javascript:{HIT}",
    f"data:text/html,<script>{HIT}</script>",
    f"<!--<script>{HIT}</script>-->",
    f"--><script>{HIT}</script>",
    f"<![CDATA[<script>{HIT}</script>]]>",
    f"]]><script>{HIT}</script>",
    f"<style>*{{background:url(javascript:{HIT})}}</style>",
    f"</style><script>{HIT}</script>",
    f"</title><script>{HIT}</script>",
    f"</textarea><script>{HIT}</script>",
    f"<body onload={HIT}>",
    f"<details open ontoggle={HIT}>",
    f"<input autofocus onfocus={HIT}>",
    f"<video><source onerror={HIT}>",
    f"<math><mtext><script>{HIT}</script>",
    f"<object data=javascript:{HIT}>",
    f"<embed src=javascript:{HIT}>",
    f"<meta http-equiv=refresh content='0;url=javascript:{HIT}'>",
    f"<base href=//evil.example/><script src=x.js>{HIT}</script>",
    f"<form action=javascript:{HIT}><button autofocus>",
    f"<template><script>{HIT}</script></template>",
    f"<noscript><p title='</noscript><img src=x onerror={HIT}>'>",
    f"<plaintext><script>{HIT}</script>",
    f"&lt;script&gt;{HIT}&lt;/script&gt;",
    f"&#60;script&#62;{HIT}",
    f"\\u003cscript>{HIT}</script>",
    f"\\x3cscript>{HIT}</script>",
    f"'-{HIT}-'",
    f'"-{HIT}-"',
    f"`${{{HIT}}}`",
    f"${{{HIT}}}",
    f"{{{{constructor.constructor('{HIT}')()}}}}",
    f"\u2028{HIT}//",
    f"\u202e<script>{HIT}</script>",
    f"\x01<script>{HIT}</script>",
    f"<scr\x00ipt>{HIT}</script>",
    f"<link rel=stylesheet href=//evil.example/{HIT}>",
    f"__proto__ {HIT}",
    f"#{{{HIT}}}%3Cscript%3E",
]


def with_words(png: bytes, words: str) -> bytes:
    """A PNG with text and EXIF of somebody's choice behind its header."""
    text = words.encode("utf-8")
    exif = b"MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x0e\x00\x02" + struct.pack(">II", len(text), 26)
    made = b""
    for name, body in (
        (b"tEXt", b"Title\x00" + text),
        (b"iTXt", b"Comment\x00\x00\x00\x00\x00" + text),
        (b"eXIf", exif + bytes(4) + text),
    ):
        made += (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )
    return png[:33] + made + png[33:]


def quoted(text: str) -> str:
    """A YAML text in double quotes."""
    escape = {'"': '\\"', "\\": "\\\\", "\x00": "", "\x01": "\\x01", "\u2028": "\\L"}
    return '"' + "".join(escape.get(char, char) for char in text) + '"'


def hostile(project: Path) -> None:
    """A project in which every name and text is an attack."""
    lines = []
    for place, payload in enumerate(PAYLOADS):
        plain = "".join(char for char in payload if char not in "/\\\x00\x01\u2028*?[]")
        file = f"art/{place} {plain}.png"
        (project / file).write_bytes(with_words((INPUTS / "dot.png").read_bytes(), payload))
        lines.append(f"  {quoted(f'a{place} {payload}')}: {quoted(file)}")
    profile = Path(__file__).parent.parent / "targets" / "gameboy.yaml"
    text = profile.read_text("utf-8").splitlines()
    attack = quoted(PAYLOADS[1])
    text = [f"title: {attack}" if line.startswith("title:") else line for line in text]
    (project / "evil.yaml").write_text("\n".join(text))
    manifest = ["target: evil.yaml", "defaults: {size: 8x8}", "assets:", *lines]
    (project / "build.yaml").write_text("\n".join(manifest) + "\n")


@pytest.mark.parametrize("where", ["out", "out.html"])
def test_nothing_in_names_paths_and_metadata_becomes_script(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chromium: Any
) -> None:
    project = tmp_path / "<img src=x onerror=window.hits.push(1)>"
    (project / "art").mkdir(parents=True)
    monkeypatch.chdir(project)
    hostile(project)
    made = opened(chromium, where)
    assert len(made.assets) == len(PAYLOADS) == 50
    for name in made.assets:
        chromium.execute_script("openViewer(arguments[0])", name)
        assert chromium.execute_script("return current.id") == name
    loaded(chromium)
    assert chromium.execute_script("return window.hits") == []
    assert chromium.execute_script("return window.reports") == []
    assert complaints(chromium) == []
    kinds = "script:not([type]), iframe, object, embed, svg, base"
    scripts = f"return document.querySelectorAll('{kinds}').length"
    assert chromium.execute_script(scripts) == 1


def test_the_difference_is_explained_while_it_shows(project: Path, chromium: Any) -> None:
    assert main(["preview", "-o", "then"]) == 0
    text = MANIFEST.replace("bayer-4", "atkinson")
    (project / "build.yaml").write_text(text)
    assert main(["preview", "--diff", "then", "-o", "out"]) == 0
    chromium.get("about:blank")
    chromium.get(Path("out/index.html").resolve().as_uri() + "#gameboy%2Framp")
    wait(chromium, "byId('viewer').open")
    hidden = "return byId('difference-help').hidden"
    assert chromium.execute_script(hidden)
    chromium.execute_script("document.querySelector('input[value=difference]').click()")
    assert not chromium.execute_script(hidden)


def test_the_page_of_a_failed_build_says_what_is_wrong(project: Path, chromium: Any) -> None:
    (project / "art/dot.png").write_bytes(b"no picture")
    assert main(["preview", "-o", "out"]) == 1
    chromium.get(Path("out/index.html").resolve().as_uri())
    words = chromium.execute_script("return byId('problems').textContent")
    assert "build.yaml:3:" in words
    assert "art/dot.png" in words
