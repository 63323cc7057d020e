"""Owner: the one manifest whose builds an output folder holds.

Two manifests that write into one folder would each remove the other's files, as those of assets
that left. So the state remembers whose folder it is.
"""

import os

from pipeline.disk import Disk
from pipeline.report import fail
from pipeline.state import State


def owner_name(disk: Disk, manifest: str, output: str) -> str:
    """How a manifest is called seen from an output folder; "" where there is no such name.

    It stays the same when the whole project moves.
    """
    try:
        found = os.path.relpath(disk.real(manifest), disk.real(output or "."))
    except ValueError:  # another drive
        return ""
    return found.replace("\\", "/") if manifest else ""


def check_owner(disk: Disk, manifest: str, output: str, before: State) -> None:
    """Refuse the folder of another manifest; one that is gone has left its folder.

    Raises:
        Failure: The folder is another manifest's.
    """
    owner = owner_name(disk, manifest, output)
    other = f"{output}/{before.owner}"
    if not owner or before.owner in ("", owner) or not disk.is_file(other):
        return
    words = f"{output} holds what {os.path.normpath(other)} builds".replace("\\", "/")
    raise fail(words, None, "give one of the two manifests an `output` of its own")
