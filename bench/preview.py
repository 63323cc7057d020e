"""What a preview costs: writing, opening, and how long an edit or a control takes to be seen.

Run as `python bench/preview.py [--write] [--assets N] [--edits N]` with the extras `preview` and
`test` and with Chromium and its chromedriver installed (Debian: chromium chromium-driver). The
table is Markdown; `--write` also puts it into docs/benchmarks-preview.md.

Latencies are taken in the page: from the moment that a file is written, or a control is moved, to
the animation frame after the new picture is decoded.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles
from typing import Any, NamedTuple

import numpy as np
import PIL.Image
from machine import machine_words

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
PAGE = ROOT / "docs" / "benchmarks-preview.md"
SIZE = (320, 240)
GRAIN_S = 2.1  # a younger file is read again by every build: it might change unseen
PAUSE_S = 0.3  # between edits
PANELS = {
    "inks, floyd-steinberg": ("waveshare-7in3e", "floyd-steinberg", ""),
    "RGB565, bayer-8": ("ili9341-240x320", "bayer-8", "palette: target, "),
    "16 learned colors, atkinson": ("ili9341-240x320", "atkinson", "palette: {colors: 16}, "),
}

INTRODUCTION = """\
# Benchmarks of the preview

Measured with `python bench/preview.py --write`: {words}
Other work on the machine makes figures larger: its load average was {load} when this run ended.

{assets} assets of 320x240, each a different photograph-like picture, for one target. *Warm* means
that the build and the last preview are up to date; *beyond the build* is what is left after the
time of `bitplane build -v`, which has to look at everything too. Latencies are those of one asset
of 320x240 in an open page, over {edits} edits, 0.3 s apart: from the write of the file, or the move
of the control, to the frame that shows the new picture; a goal is met when p50 meets it.
"""


class Result(NamedTuple):
    """One line of the table."""

    what: str
    value: str
    goal: str
    met: bool | None


def photograph(seed: int) -> Any:
    """uint8 (240, 320, 3): soft shapes under fine grain."""
    random = np.random.default_rng(seed)
    small = random.integers(0, 256, (6, 8, 3), np.uint8)
    soft = PIL.Image.fromarray(small).resize(SIZE, PIL.Image.Resampling.BICUBIC)
    grain = random.integers(-12, 13, (SIZE[1], SIZE[0], 3))
    return np.clip(np.asarray(soft).astype(int) + grain, 0, 255).astype(np.uint8)


def save(path: Path, seed: int) -> None:
    """A picture, put in place in one step as editors do."""
    beside = path.with_suffix(".new")
    PIL.Image.fromarray(photograph(seed)).save(beside, "PNG", compress_level=1)
    beside.replace(path)


def project(folder: Path, count: int, target: str, dither: str, palette: str) -> None:
    """A manifest of so many pictures."""
    (folder / "art").mkdir(parents=True)
    for seed in range(count):
        save(folder / "art" / f"p{seed:03}.png", seed)
    text = (
        f"target: {target}\ndefaults: {{size: 320x240, {palette}dither: {dither}, emit: [bin]}}\n"
    )
    (folder / "build.yaml").write_text(f"{text}assets: {{p: art/*.png}}\n")


def run(*arguments: str) -> float:
    """Seconds that a command takes."""
    begin = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", *arguments], check=False, capture_output=True
    )
    if done.returncode:
        sys.exit(done.stderr.decode())
    return time.perf_counter() - begin


def writing(folder: Path, count: int) -> Iterator[Result]:
    """Cold and warm galleries."""
    project(folder, count, "ili9341-240x320", "bayer-8", "palette: target, ")
    os.chdir(folder)
    build = run("build", "-q")
    yield Result("build, cold", f"{build:.1f} s", "", None)
    yield Result("preview after the build, cold", f"{run('preview'):.1f} s", "", None)
    time.sleep(GRAIN_S)
    run("build", "-v")
    run("preview")
    for where in ("a folder", "one file"):
        arguments = ["preview"] if where == "a folder" else ["preview", "-o", "one.html"]
        run(*arguments)
        beyond = min(run(*arguments) - run("build", "-v") for _ in range(3))
        words = f"preview to {where}, warm, beyond the build"
        yield Result(words, f"{beyond:.2f} s", "0.5 s", beyond <= 0.5)


def memory_of(driver: Any) -> int:
    """Bytes that all processes of a browser hold for themselves."""
    total, waiting = 0, [driver.service.process.pid]
    while waiting:
        pid = waiting.pop()
        try:
            for task in Path(f"/proc/{pid}/task").iterdir():
                waiting += [int(child) for child in (task / "children").read_text().split()]
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
            name = Path(f"/proc/{pid}/comm").read_text().strip()
        except OSError:
            continue
        kind = Path(f"/proc/{pid}/cmdline").read_text()
        if name.startswith("chrom") and "--type=renderer" in kind and "extension" not in kind:
            fields = dict(line.split(":", 1) for line in rollup.splitlines()[1:])
            kilobytes = [int(fields[key].split()[0]) for key in ("Private_Clean", "Private_Dirty")]
            total += 1024 * sum(kilobytes)
    return total


def opening(folder: Path, page: str) -> Iterator[Result]:
    """First paint and memory of a gallery, scrolled to its end."""
    from browser import browser, wait

    with browser(folder / "chromium") as driver:
        driver.get("about:blank")
        driver.get((folder / page).resolve().as_uri())
        paint = wait(driver, "performance.getEntriesByType('paint').map((one) => one.startTime)[0]")
        driver.execute_async_script(
            "const done = arguments[0]; const go = () => { scrollBy(0, 500);"
            "if (scrollY + innerHeight >= document.body.scrollHeight - 2) done();"
            "else requestAnimationFrame(go); }; go();"
        )
        wait(driver, "[...document.images].filter((one) => one.src && !one.complete).length === 0")
        wait(driver, "document.querySelectorAll('script[id^=p-]').length === 0")
        size = memory_of(driver)
    yield Result(f"first paint, {page}", f"{paint:.0f} ms", "1 s", paint < 1000)
    goal = "300 MB"
    words = f"memory of the page's process, all pictures seen, {page}"
    yield Result(words, f"{size / 1e6:.0f} MB", goal, size < 300e6)


@contextmanager
def live() -> Iterator[str]:
    """A live preview of the project here."""
    call = [sys.executable, "-m", "pipeline", "preview", "--live", "--no-open"]
    with subprocess.Popen(call, stdout=subprocess.PIPE, text=True) as process:
        if process.stdout is None:
            raise RuntimeError
        try:
            yield process.stdout.readline().strip()
        finally:
            process.send_signal(signal.SIGINT)


# Notes when a picture that was not there before has been drawn.
WATCH = """\
window.drawn = [];
let last = byId('shown').src;
new MutationObserver(() => {
  const picture = byId('shown');
  if (picture.src === last) return;
  last = picture.src;
  picture.decode().then(() => requestAnimationFrame(() => window.drawn.push(Date.now())));
}).observe(byId('shown'), {attributes: true, attributeFilter: ['src']});
"""


def latencies(folder: Path, panel: tuple[str, str, str], edits: int) -> tuple[Any, Any]:
    """Milliseconds of edits of a source, and of moves of a control."""
    from browser import browser, wait

    (folder / "one").mkdir()
    os.chdir(folder / "one")
    project(folder / "one", 1, *panel)
    with live() as address, browser(folder / "driver") as driver:
        driver.get(f"{address}#{panel[0]}%2Fp_p000")
        wait(driver, "byId('viewer').open && byId('shown').complete")
        driver.execute_script(WATCH)
        edited = []
        for seed in range(edits):
            driver.execute_script("window.drawn = []")
            path = Path("art/p000.png")
            beside = path.with_suffix(".new")
            PIL.Image.fromarray(photograph(1000 + seed)).save(beside, "PNG", compress_level=1)
            begin = time.time() * 1000
            beside.replace(path)
            edited.append(wait(driver, "window.drawn[0]") - begin)
            time.sleep(PAUSE_S)
        moved = []
        for step in range(edits):
            script = (
                "window.drawn = []; const one = byId('try-strength'); one.value = arguments[0];"
                "window.begun = Date.now(); one.dispatchEvent(new Event('input', {bubbles: true}))"
            )
            strength = (99, 49)[step % 2] - step // 2  # two in a row differ much
            driver.execute_script(script, strength)
            moved.append(wait(driver, "window.drawn[0] && window.drawn[0] - window.begun + 1") - 1)
        driver.get("about:blank")
    return edited, moved


def responding(edits: int) -> Iterator[Result]:
    """How long edits and controls take, on some kinds of panel."""
    for name, panel in PANELS.items():
        with tempfile.TemporaryDirectory() as folder:
            for what, goal, values in zip(
                ("edit of a source", "control"),
                (300, 150),
                latencies(Path(folder), panel, edits),
                strict=True,
            ):
                cuts = quantiles(values, n=20)
                words = f"p50 {cuts[9]:.0f} ms, p95 {cuts[18]:.0f} ms"
                yield Result(f"{what} shows: {name}", words, f"{goal} ms", cuts[9] <= goal)


def every(folder: Path, assets: int, edits: int) -> Iterator[Result]:
    """All lines of the table."""
    yield from writing(folder, assets)
    yield from opening(folder, "build/preview/index.html")
    yield from opening(folder, "one.html")
    yield from responding(edits)


def table(results: list[Result]) -> str:
    """The results in Markdown."""
    marks = {True: "met", False: "not met", None: ""}
    rows = [("what", "measured", "goal", ""), ("---",) * 4]
    rows += [(one.what, one.value, one.goal, marks[one.met]) for one in results]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def main() -> None:
    """Measure, print, and write the page if asked."""
    parser = argparse.ArgumentParser(description="What a preview costs.")
    parser.add_argument("--write", action="store_true", help=f"also write {PAGE.name}")
    parser.add_argument("--assets", type=int, default=200)
    parser.add_argument("--edits", type=int, default=50)
    args = parser.parse_args()
    words = machine_words(["starlette", "uvicorn", "watchfiles"])
    os.environ["PYTHONPATH"] = str(ROOT)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["BITPLANE_CACHE"] = str(Path(folder) / "cache")
        work = Path(folder) / "gallery"
        results = []
        for one in every(work, args.assets, args.edits):
            sys.stderr.write(f"{one.what}: {one.value}\n")
            results.append(one)
        os.chdir(ROOT)
    load = " ".join(f"{one:.1f}" for one in os.getloadavg())
    head = INTRODUCTION.format(words=words, load=load, assets=args.assets, edits=args.edits)
    text = f"{head}\n{table(results)}\n"
    print(text)
    if args.write:
        PAGE.write_text(text, "utf-8", newline="\n")


if __name__ == "__main__":
    main()
