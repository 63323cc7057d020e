"""Tool: a digest of bitplane itself and of the libraries that can change a byte."""

import os
import sys
from functools import cache
from pathlib import Path

from pipeline.keys import content, digest
from pipeline.target import builtin_folder

LIBRARIES = ("numpy", "pillow", "scikit-learn")
"""Each decodes or computes pixels; a new version of one may change bytes."""


def own_files() -> list[str]:
    """The files that bitplane consists of, sorted; absolute paths."""
    package = Path(__file__).resolve().parent
    files = [*package.rglob("*.py"), *builtin_folder().glob("*.yaml")]
    return sorted(str(path) for path in files)


def library_folders() -> list[str]:
    """The folders where libraries are installed; their stamp changes when one is replaced."""
    return sorted({path for path in sys.path if os.path.basename(path) in _SITES})  # noqa: PTH119 (cheap on the no-op path)


_SITES = ("site-packages", "dist-packages")


@cache
def version_digest() -> str:
    """What decides bytes beside the user's files: our own sources and library versions.

    Of a running process that is what it has loaded, whatever becomes of the files.
    """
    from importlib.metadata import PackageNotFoundError, version

    versions = []
    for name in LIBRARIES:
        try:
            versions.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            versions.append(f"{name} missing")
    base = Path(__file__).resolve().parent.parent
    sources = [
        (os.path.relpath(name, base), content(Path(name).read_bytes())) for name in own_files()
    ]
    return digest(sources, versions)


def watched() -> list[str]:
    """Everything that `version_digest` reads, and the folders where more could appear."""
    files = own_files()
    return [*files, *{os.path.dirname(name) for name in files}, *library_folders()]  # noqa: PTH120 (as above)
