"""Page: the preview's HTML; everything from outside is data in it, never markup or script."""

import base64
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.preview.facts import VERSION

FOLDER = Path(__file__).resolve().parent.parent / "share" / "preview"
SCRIPTS = ("base.js", "sheet.js", "viewer.js", "facts.js")
LIVE_SCRIPTS = ("look.js", "live.js")
MARK = "<!-- bitplane preview -->"
_START = '<script type="application/json" id="data">'
_END = "</script>"
_BODY = b"</body>"
_PICTURE = b'<script type="text/plain" class="shelf" id="p-%s">'
_PICTURE_END = b"</script>\n"
_PICTURES = re.compile(_PICTURE % b"([0-9a-f]{32})" + b"([^<]*)" + _PICTURE_END)


def html(data: Mapping[str, Any], *, live: bool = False) -> str:
    """The whole page.

    Args:
        data: What it shows, plain values.
        live: It is served, and follows the server's events.
    """
    style = _text("page.css")
    script = "".join(map(_text, [*SCRIPTS, *(LIVE_SCRIPTS if live else ()), "start.js"]))
    parts = {
        "{{policy}}": policy(style, script, live=live),
        "{{style}}": style,
        "{{data}}": inert(data),
        "{{script}}": script,
    }
    out, rest = "", _text("page.html")
    for name, value in parts.items():
        before, _, rest = rest.partition(name)
        out += before + value
    return out + rest


def policy(style: str, script: str, *, live: bool) -> str:
    """The content security policy: nothing but our own style, script and pictures."""
    rules = [
        "default-src 'none'",
        "img-src 'self' file: blob: data:",
        f"style-src '{_hash(style)}'",
        f"script-src '{_hash(script)}'",
        "base-uri 'none'",
        "form-action 'none'",
        "require-trusted-types-for 'script'",
    ]
    return "; ".join([*rules, *(["connect-src 'self'"] if live else [])])


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


class Page(NamedTuple):
    """A page that was written.

    Attributes:
        html: The page without the pictures that it holds.
        data: What it shows.
        texts: The pictures that it holds, in base64 by digest.
    """

    html: bytes
    data: Mapping[str, Any]
    texts: Mapping[str, memoryview]


def parts(html: bytes, texts: Mapping[str, bytes | memoryview]) -> Iterator[bytes | memoryview]:
    """A page that holds its pictures, each in an element of its own, which no script is.

    They come last, so that the page is there before them.

    Args:
        html: The page.
        texts: PNG files in base64 by digest.
    """
    before, body, after = html.rpartition(_BODY)
    yield before
    for name, text in texts.items():
        yield _PICTURE % name.encode()
        yield text
        yield _PICTURE_END
    yield body + after


def read(html: bytes) -> Page:
    """A page, taken apart.

    Raises:
        ValueError: It is no page of ours.
    """
    whole = memoryview(html)
    found = list(_PICTURES.finditer(html))
    plain = html[: found[0].start()] + html[found[-1].end() :] if found else html
    texts = {one[1].decode(): whole[slice(*one.span(2))] for one in found}
    return Page(plain, data_of(plain.decode()), texts)


def inert(data: Mapping[str, Any]) -> str:
    """JSON that no HTML parser can take for markup."""
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=True)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def data_of(text: str) -> dict[str, Any]:
    """What a page shows.

    Raises:
        ValueError: It is no page of ours.
    """
    if MARK not in text[:200]:
        raise ValueError("not a preview of bitplane")
    body = text.partition(_START)[2].partition(_END)[0]
    data = json.loads(body)
    if not isinstance(data, dict) or data.get("version") != VERSION:
        raise ValueError("a preview of another version")
    return data


def _text(name: str) -> str:
    return (FOLDER / name).read_text("utf-8")
