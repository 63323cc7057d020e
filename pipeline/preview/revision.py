"""Revision: the project as it was in git, in a folder of its own."""

import io
import shutil
import subprocess
import tarfile
from pathlib import Path

from pipeline.report import Failure, fail, printable

_MOST_S = 120
_HINT = "give --diff a revision, a folder of outputs, or an earlier preview"


def check_out(folder: Path, name: str, revision: str, into: Path) -> Path:
    """Put the files of a revision into a folder.

    Nothing of the working tree is touched; git's own filters apply, such as that of LFS.

    Args:
        folder: Of the manifest.
        name: The manifest's file name.
        revision: Anything that git takes for a commit.
        into: An empty folder.

    Returns:
        The manifest of that revision.

    Raises:
        Failure: There is no such revision, or it has no such manifest.
    """
    top = Path(_git(folder, "rev-parse", "--show-toplevel").decode().rstrip("\n"))
    below = _git(folder, "rev-parse", "--show-prefix").decode().rstrip("\n")
    commit = _commit(folder, revision)
    packed = _git(top, "archive", "--format=tar", commit)
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(into, filter="data")
    found = into / below / name
    if not found.is_file():
        raise fail(f"{revision} has no {below}{name}", None, "name a later revision")
    return found


def _commit(folder: Path, revision: str) -> str:
    words = "rev-parse", "--verify", "--quiet", "--end-of-options"
    try:
        return _git(folder, *words, f"{revision}^{{commit}}").decode().strip()
    except Failure:
        raise fail(f"git knows no commit '{printable(revision)}'", None, _HINT) from None


def _git(folder: Path, *arguments: str) -> bytes:
    git = shutil.which("git")
    if git is None:
        raise fail("there is no git, so --diff can only compare with a folder")
    try:
        done = subprocess.run(  # noqa: S603 (no shell; what users give comes after --end-of-options)
            [git, *arguments], cwd=folder, capture_output=True, timeout=_MOST_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise fail(f"git {arguments[0]} takes too long") from None
    if done.returncode:
        words = done.stderr.decode("utf-8", "replace").strip().splitlines()
        said = printable(words[0].removeprefix("fatal: ")) if words else "it failed"
        raise fail(f"git {arguments[0]}: {said}", None, _HINT)
    return done.stdout
