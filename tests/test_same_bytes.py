"""The same project gives the same bytes, whatever machine, setting, path or clock it is built with.

`tests/same_bytes/build.yaml` uses every kind of work. It is built by the real command in one
process a setting. Six settings in CI contain every value of every axis; `make soak` builds the
whole product of what can change floats, in which every two values of all axes meet.

`tests/same_bytes/expect.txt` holds a digest of each file, so that bytes which change between
versions show; `BITPLANE_UPDATE=1` accepts them. Files of lossy sources are not in it: JPEG and
lossy WebP are decoded by the libraries that Pillow was built with, which differ from one
distribution to the next, and their rounding is not ours to promise. They are compared between
settings only, and so are the lossy sources that this file makes.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import combinations, product
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import sklearn.datasets
from PIL import Image

ROOT = Path(__file__).parent.parent
HERE = Path(__file__).parent / "same_bytes"
EXPECT = HERE / "expect.txt"
UPDATE = os.environ.get("BITPLANE_UPDATE") == "1"
POSIX = os.name == "posix"

Setting = Mapping[str, str]
Axes = dict[str, tuple[str, ...]]

NEEDS = {
    "Prescott": {"pni"},
    "Nehalem": {"sse4_2"},
    "Sandybridge": {"avx"},
    "Haswell": {"avx2", "fma"},
    "Zen": {"avx2", "fma"},
}
"""The kinds of processor that OpenBLAS can be told to be, and what Linux calls what they need."""

QUIET: dict[str, str] = {}
LOUD = {
    "COLUMNS": "20",
    "LINES": "5",
    "NO_COLOR": "1",
    "FORCE_COLOR": "1",
    "CI": "true",
    "GITHUB_ACTIONS": "true",
    "SOURCE_DATE_EPOCH": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "MAKEFLAGS": "",
    "USER": "somebody else",
}
NOISE = {"quiet": QUIET, "loud": LOUD}
CHECKOUTS = {"plain": "project", "odd": "ein Ordner, schön/日本 'x' #1"}
ORDERS = ("sorted", "reversed", "shuffled")
AGES: dict[str, int | None] = {"new": None, "1980": 315_532_800, "2099": 4_070_908_800}

SHUFFLE = """
import os, random
LIST, SCAN, SEEN = os.listdir, os.scandir, os.environ["TEST_SHUFFLE_SEEN"]

def shuffled(names):
    names = list(names)
    random.Random(os.environ["TEST_SHUFFLE"]).shuffle(names)
    open(SEEN, "a").close()
    return names

class Scan:
    def __init__(self, path="."):
        with SCAN(path) as entries:
            self.entries = iter(shuffled(entries))
    def __enter__(self): return self
    def __exit__(self, *_): pass
    def __iter__(self): return self
    def __next__(self): return next(self.entries)
    def close(self): pass

os.listdir = lambda path=".": shuffled(LIST(path))
os.scandir = Scan
"""
"""A sitecustomize.py: every folder is listed in another order."""


@cache
def flags() -> frozenset[str]:
    """What this x86 processor can do; empty where Linux does not say."""
    try:
        text = Path("/proc/cpuinfo").read_text("utf-8")
    except OSError:
        return frozenset()
    found = re.search(r"^flags\s*:(.*)$", text, re.MULTILINE)
    return frozenset(found[1].split() if found else ())


def processors() -> tuple[str, ...]:
    """The kinds of processor that this one can stand in for; one nameless kind if none."""
    return tuple(name for name, need in NEEDS.items() if need <= flags()) or ("",)


@cache
def locales() -> tuple[str, ...]:
    """C and POSIX, and up to two that are installed. Only UTF-8 ones: others rename the files."""
    try:
        done = subprocess.run(["locale", "-a"], capture_output=True, check=False)
    except OSError:
        return ("C", "POSIX")
    names = sorted(name for name in done.stdout.decode("ascii", "replace").split())
    utf8 = [name for name in names if name.lower().replace("-", "").endswith(".utf8")]
    # Turkish has an I of its own, which has broken many a program.
    return ("C", "POSIX", *sorted(utf8, key=lambda name: not name.startswith("tr"))[:2])


@cache
def vectors() -> str:
    """The processor features that NumPy would use here beyond those it was built for."""
    told: dict[str, dict[str, list[str]]] = np.show_config("dicts")  # type: ignore[assignment]
    return " ".join(told["SIMD Extensions"].get("found", []))


def axes() -> Axes:
    """What is varied, and its values."""
    return {
        "OMP_NUM_THREADS": ("1", "2", "4"),
        "OPENBLAS_CORETYPE": processors(),
        "NPY_DISABLE_CPU_FEATURES": tuple(dict.fromkeys(("", vectors()))),
        "jobs": ("1", "4"),
        "PYTHONHASHSEED": ("0", "1", "4294967295"),
        "TZ": ("UTC", "Asia/Kathmandu", "America/St_Johns"),
        "LC_ALL": locales(),
        "umask": ("022", "077", "000"),
        "checkout": tuple(CHECKOUTS),
        "order": ORDERS,
        "mtime": tuple(AGES),
        "noise": tuple(NOISE),
    }


FLOATS = ("OMP_NUM_THREADS", "OPENBLAS_CORETYPE", "NPY_DISABLE_CPU_FEATURES", "jobs")
"""The axes that decide which machine code runs, and in which order sums are made."""

IN_CI = 6

Pair = frozenset[tuple[str, str]]


def pairs(setting: Setting) -> set[Pair]:
    """Every two values that stand together in a setting."""
    return {frozenset(two) for two in combinations(setting.items(), 2)}


def cover(starts: Iterable[Setting]) -> list[Setting]:
    """Fill settings up to all axes: the value that meets most new ones, then the one used least."""
    used: Counter[tuple[str, str]] = Counter()
    met: set[Pair] = set()
    made: list[Setting] = []
    for start in starts:
        setting = dict(start)
        for name, values in axes().items():
            ranks = {
                (-len(pairs({**setting, name: value}) - met), used[name, value], place): value
                for place, value in enumerate(values)
            }
            setting.setdefault(name, ranks[min(ranks)])
        used.update(setting.items())
        met |= pairs(setting)
        made.append(setting)
    return made


def few() -> list[Setting]:
    """As few settings as contain every value."""
    return cover([{}] * IN_CI)


def every() -> list[Setting]:
    """All settings of what can change floats."""
    table = axes()
    chosen = [table[name] for name in FLOATS]
    return cover(dict(zip(FLOATS, values, strict=True)) for values in product(*chosen))


def ids(setting: Setting) -> str:
    return "-".join(re.sub(r"\W+", "_", value) for value in setting.values())


def lossy(name: str) -> bool:
    return "lossy" in name


class Tree(NamedTuple):
    """What a build left.

    Attributes:
        digests: SHA-256 by name.
        modes: Permissions by name.
    """

    digests: dict[str, str]
    modes: dict[str, int]

    @property
    def listing(self) -> str:
        return "".join(f"{digest}  {name}\n" for name, digest in self.digests.items())


def tree(folder: Path) -> Tree:
    """All files that a build wrote for its user."""
    paths = {
        path.relative_to(folder).as_posix(): path
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(".bitplane")
    }
    digests = {name: hashlib.sha256(paths[name].read_bytes()).hexdigest() for name in sorted(paths)}
    return Tree(digests, {name: path.stat().st_mode & 0o777 for name, path in paths.items()})


@pytest.fixture(scope="module")
def art(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources: those of the repository, photographs, and forms that are made here."""
    folder = tmp_path_factory.mktemp("sources")
    for name in ("landscape.png", "portrait.png", "sprites.png", "ui.png", "ui.gpl"):
        shutil.copy(ROOT / "assets" / name, folder)
    (folder / "icons").mkdir()
    for name in ("heart", "sun", "wifi", "cloud"):
        shutil.copy(ROOT / "assets" / "icons" / f"{name}.png", folder / "icons")
    shutil.copy(ROOT / "assets" / "icons" / "bell.png", folder / "icons" / "Glöckchen 1.png")
    shutil.copy(ROOT / "tests" / "corpus" / "inputs" / "film.gif", folder)
    photos = Path(sklearn.datasets.__file__).parent / "images"
    for name in ("china.jpg", "flower.jpg"):
        shutil.copy(photos / name, folder)
    draw(folder)
    return folder


def draw(folder: Path) -> None:
    """Forms of files that the repository does not hold."""
    down, across = np.mgrid[0:48, 0:80]
    color = np.stack([across * 3, down * 5, (across * down) % 256], axis=-1).astype(np.uint8)
    Image.fromarray(color).save(folder / "exact.webp", lossless=True, exact=True)
    Image.fromarray(color[::-1]).save(folder / "small.bmp")
    veil = np.dstack([color, (across * 255 // 79).astype(np.uint8)])
    Image.fromarray(veil).save(folder / "veil.png")
    photo = Image.open(folder / "flower.jpg").crop((200, 100, 440, 260))
    photo.save(folder / "lossy.webp", quality=60)
    turned = Image.Exif()
    turned[0x0112] = 6
    photo.save(folder / "turned.jpg", quality=80, exif=turned)


def lay_out(art: Path, project: Path, setting: Setting) -> None:
    """A checkout: files appear in the setting's order, and are as old as it says."""
    names = sorted(path.relative_to(art) for path in art.rglob("*") if path.is_file())
    if setting["order"] != "sorted":
        names.reverse()
    project.mkdir(parents=True)
    shutil.copy(HERE / "build.yaml", project)
    for name in names:
        (project / "art" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(art / name, project / "art" / name)
    age = AGES[setting["mtime"]]
    if age is not None:
        for path in (*project.rglob("*"), project):
            os.utime(path, (age, age))


def tool(folder: Path, setting: Setting) -> Path:
    """Where bitplane itself lies: in a checkout that is odd another copy of it."""
    if setting["checkout"] == "plain":
        return ROOT
    copy = folder / CHECKOUTS["odd"] / "tool"
    for name in ("pipeline", "targets"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


def environment(folder: Path, setting: Setting) -> dict[str, str]:
    path = [str(tool(folder, setting))]
    values = {name: value for name, value in setting.items() if name == "TZ" or name.isupper()}
    env = {**os.environ, **values, **NOISE[setting["noise"]]}
    env["BITPLANE_CACHE"] = str(folder / "cache")
    if setting["order"] == "shuffled":
        (folder / "site").mkdir()
        (folder / "site" / "sitecustomize.py").write_text(SHUFFLE)
        path.insert(0, str(folder / "site"))
        env |= {"TEST_SHUFFLE": "7", "TEST_SHUFFLE_SEEN": str(folder / "seen")}
    env["PYTHONPATH"] = os.pathsep.join(path)
    unset = {name for name, value in values.items() if not value}
    return {name: value for name, value in env.items() if name not in unset}


def build(art: Path, folder: Path, setting: Setting) -> Tree:
    """Run the real command in a fresh checkout."""
    project = folder / CHECKOUTS[setting["checkout"]] / "here"
    lay_out(art, project, setting)
    done = subprocess.run(
        [
            sys.executable,
            "-P",
            "-m",
            "pipeline",
            "build",
            "-q",
            "--no-cache",
            "-j",
            setting["jobs"],
        ],
        cwd=project,
        env=environment(folder, setting),
        umask=int(setting["umask"], 8) if POSIX else -1,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    assert f"{done.stdout}{done.stderr}[exit {done.returncode}]" == "[exit 0]"
    assert not (folder / "cache").exists()
    assert (folder / "seen").exists() == (setting["order"] == "shuffled")
    made = tree(project / "build")
    shutil.rmtree(project)
    return made


@pytest.fixture(scope="module")
def reference(art: Path, tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """The first setting's build, with which all others are compared."""
    return build(art, tmp_path_factory.mktemp("reference"), few()[0])


def check(art: Path, folder: Path, setting: Setting, reference: Tree) -> None:
    made = build(art, folder, setting)
    assert made.digests == reference.digests
    if POSIX:
        assert set(made.modes.values()) == {0o666 & ~int(setting["umask"], 8)}


@pytest.mark.parametrize("setting", few()[1:], ids=ids)
def test_bytes_are_the_same_in_every_setting_and_modes_follow_the_umask(
    art: Path, tmp_path: Path, reference: Tree, setting: Setting
) -> None:
    check(art, tmp_path, setting, reference)


@pytest.mark.soak
@pytest.mark.parametrize("setting", every(), ids=ids)
def test_bytes_are_the_same_in_all_settings(
    art: Path, tmp_path: Path, reference: Tree, setting: Setting
) -> None:
    check(art, tmp_path, setting, reference)


def test_bytes_are_those_of_earlier_versions(reference: Tree) -> None:
    exact = Tree({name: d for name, d in reference.digests.items() if not lossy(name)}, {})
    whole = hashlib.sha256(exact.listing.encode()).hexdigest()
    text = f"{whole}  (all of these lines)\n{exact.listing}"
    if UPDATE:
        EXPECT.write_text(text, "utf-8", newline="\n")
    assert text == EXPECT.read_text("utf-8")


def test_few_settings_hold_every_value_and_all_hold_every_pair() -> None:
    table = axes()
    values = {(name, value) for name in table for value in table[name]}
    assert {item for setting in few() for item in setting.items()} == values
    meeting = {
        frozenset(((one, a), (other, b)))
        for one, other in combinations(table, 2)
        for a in table[one]
        for b in table[other]
    }
    assert set().union(*(pairs(setting) for setting in every())) == meeting


def test_the_libraries_heed_the_kind_of_processor() -> None:
    """Otherwise all those settings would be one and the same."""
    code = (
        "import sklearn.cluster, threadpoolctl as t; "
        "print({i['architecture'] for i in t.threadpool_info() if 'architecture' in i})"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "OPENBLAS_CORETYPE": kind},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for kind in (processors()[0], processors()[-1])
    }
    assert len(told) == min(2, len(processors()))
