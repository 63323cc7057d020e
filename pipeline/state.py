"""State: which files a build made, so that `clean` removes those and no others."""

import hashlib
import json
from pathlib import Path

from pipeline import files

FILE_NAME = ".bitplane.json"
_VERSION = 1


def digest(data: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(data).hexdigest()


def load(folder: Path) -> dict[str, str]:
    """Digest by file, relative to the output folder; empty when there is no usable state."""
    try:
        state = json.loads((folder / FILE_NAME).read_bytes())
        made = state["files"] if state["version"] == _VERSION else {}
        return {str(name): str(value) for name, value in made.items() if _inside(str(name))}
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return {}


def _inside(name: str) -> bool:
    """A damaged or forged state must not name files outside the output folder."""
    parts = Path(name).parts
    return bool(parts) and not Path(name).is_absolute() and ".." not in parts


def save(folder: Path, made: dict[str, str]) -> None:
    """Replace the state in one step."""
    text = json.dumps({"version": _VERSION, "files": made}, indent=0, sort_keys=True)
    files.write(folder / FILE_NAME, text.encode())
