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
from pipeline.preview.page import Page
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
        page: Its page.
    """

    path: Path
    page: Page

    @property
    def data(self) -> Mapping[str, Any]:
        """What its page shows."""
        return self.page.data

    @property
    def assets(self) -> dict[str, dict[str, Any]]:
        """Its assets by id; those that are not as we write them are left out."""
        return assets_in(self.data)

    def has(self, name: str) -> bool:
        """Whether a picture is there."""
        if is_file(self.path):
            return name in self.page.texts
        return (self.path / PICTURES / f"{name}.png").is_file()

    def picture(self, name: str) -> bytes | None:
        """The PNG of that digest, or None."""
        if is_file(self.path):
            with suppress(binascii.Error, KeyError):
                return base64.b64decode(self.page.texts[name], validate=True)
            return None
        with suppress(OSError):
            return (self.path / PICTURES / f"{name}.png").read_bytes()
        return None


def is_file(path: Path) -> bool:
    """Whether a preview of that name is one file."""
    return path.suffix.lower() in (".html", ".htm")


def assets_in(data: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The assets of a page by id; those that are not as we write them are left out."""
    return {asset["id"]: asset for asset in data["assets"] if _is_sound(asset)}


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
        return Album(path, page.read(index.read_bytes()))
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
            _write_file(path, data, pictures, earlier)
            return
        for name, picture in pictures.items():
            files.write(path / PICTURES / f"{name}.png", picture)
        files.write(path / INDEX, page.html(data).encode())
        for name in _left(data, earlier):
            (path / PICTURES / f"{name}.png").unlink(missing_ok=True)
    except OSError as error:
        raise fail(f"cannot write {error.filename}: {error.strerror}", status=1) from None


def _write_file(
    path: Path, data: Mapping[str, Any], pictures: Mapping[str, bytes], earlier: Album | None
) -> None:
    html = page.html(data).encode()
    held: Mapping[str, memoryview] = earlier.page.texts if earlier else {}
    names = list(names_in(data))
    if earlier and html == earlier.page.html and names == list(held) and not pictures:
        return  # which is cheaper to see here than by the bytes of all pictures
    texts = {name: _text_of(name, pictures, held) for name in names}
    files.write(path, b"".join(page.parts(html, texts)))


def _text_of(
    name: str, pictures: Mapping[str, bytes], held: Mapping[str, memoryview]
) -> bytes | memoryview:
    if name in pictures:
        return base64.b64encode(pictures[name])
    if name not in held:
        raise Failure(fail(f"the picture {name} is lost").problems, 1)
    return held[name]


def _left(data: Mapping[str, Any], earlier: Album | None) -> Iterator[str]:
    """Pictures of the earlier page that the new one does not show."""
    if earlier is not None:
        now = names_in(data)
        for asset in earlier.assets.values():
            yield from (name for name in asset["pictures"].values() if name not in now)
