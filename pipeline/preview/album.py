"""Album: a preview on disk, one folder or one file; writing it and reading it back."""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from pipeline import files
from pipeline.preview import page
from pipeline.report import Failure, fail

INDEX = "index.html"
PICTURES = "pictures"
_NAME = re.compile(r"[0-9a-f]{32}")


class Earlier(Protocol):
    """What an earlier preview says and has."""

    @property
    def data(self) -> Mapping[str, Any]:
        """What its page shows."""

    @property
    def assets(self) -> dict[str, dict[str, Any]]:
        """Its assets by id."""

    def has(self, name: str) -> bool:
        """Whether a picture is there."""


class Album(NamedTuple):
    """A preview that was written.

    Attributes:
        path: The folder, or the file.
        data: What its page shows.
        texts: In base64 by digest, the pictures that a file holds.
    """

    path: Path
    data: Mapping[str, Any]
    texts: Mapping[str, bytes]

    @property
    def assets(self) -> dict[str, dict[str, Any]]:
        """Its assets by id; those that are not as we write them are left out."""
        return {asset["id"]: asset for asset in self.data["assets"] if _is_sound(asset)}

    def has(self, name: str) -> bool:
        """Whether a picture is there."""
        if is_file(self.path):
            return name in self.texts
        return (self.path / PICTURES / f"{name}.png").is_file()

    def picture(self, name: str) -> bytes | None:
        """The PNG of that digest, or None."""
        if is_file(self.path):
            with suppress(binascii.Error, KeyError):
                return base64.b64decode(self.texts[name], validate=True)
            return None
        with suppress(OSError):
            return (self.path / PICTURES / f"{name}.png").read_bytes()
        return None


def is_file(path: Path) -> bool:
    """Whether a preview of that name is one file."""
    return path.suffix.lower() in (".html", ".htm")


def _is_sound(asset: Any) -> bool:
    return (
        isinstance(asset, dict)
        and isinstance(asset.get("id"), str)
        and isinstance(asset.get("key"), str)
        and all(map(_is_name, asset.get("pictures", {}).values()))
    )


def _is_name(text: Any) -> bool:
    return isinstance(text, str) and _NAME.fullmatch(text) is not None


def load(path: Path) -> Album | None:
    """The preview at a path; None when there is none.

    Raises:
        Failure: Something else is there.
    """
    index = path if is_file(path) else path / INDEX
    try:
        return Album(path, *page.read(index.read_bytes()))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise fail(f"cannot read {index}: {error.strerror}", status=1) from None
    except (ValueError, RecursionError) as error:
        if page.MARK in _start(index):
            return None  # of another version, or damaged: made anew
        hint = "name another with -o"
        raise fail(f"{index} is {_plain(error)}", None, hint, status=1) from None


def _start(path: Path) -> str:
    with suppress(OSError), path.open("rb") as file:
        return file.read(200).decode("utf-8", "replace")
    return ""


def _plain(error: Exception) -> str:
    return str(error) if not isinstance(error, UnicodeDecodeError) else "not a preview of bitplane"


def names_in(data: Mapping[str, Any]) -> dict[str, None]:
    """The digests of all pictures of a page, each once."""
    return {name: None for asset in data["assets"] for name in asset["pictures"].values()}


def write(
    path: Path, data: Mapping[str, Any], pictures: Mapping[str, bytes], earlier: Album | None
) -> None:
    """Write a preview.

    Args:
        path: The folder, or the file.
        data: What the page shows.
        pictures: New pictures by digest; all others are in `earlier`.
        earlier: The preview that stood there.

    Raises:
        Failure: It cannot be written.
    """
    try:
        if is_file(path):
            texts = {name: _text_of(name, pictures, earlier) for name in names_in(data)}
            files.write(path, page.with_pictures(page.html(data).encode(), texts))
            return
        for name, picture in pictures.items():
            files.write(path / PICTURES / f"{name}.png", picture)
        files.write(path / INDEX, page.html(data).encode())
        for name in _left(data, earlier):
            (path / PICTURES / f"{name}.png").unlink(missing_ok=True)
    except OSError as error:
        raise fail(f"cannot write {error.filename}: {error.strerror}", status=1) from None


def _text_of(name: str, pictures: Mapping[str, bytes], earlier: Album | None) -> bytes:
    if name in pictures:
        return base64.b64encode(pictures[name])
    if earlier is None or name not in earlier.texts:
        raise Failure(fail(f"the picture {name} is lost").problems, 1)
    return earlier.texts[name]


def _left(data: Mapping[str, Any], earlier: Album | None) -> Iterator[str]:
    """Pictures of the earlier page that the new one does not show."""
    if earlier is not None:
        now = names_in(data)
        for asset in earlier.assets.values():
            yield from (name for name in asset["pictures"].values() if name not in now)
