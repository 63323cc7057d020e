"""Board: a file onto the file system of a MicroPython or CircuitPython board.

The file is written beside its place, its hash is computed by the board from what it reads back,
and only then it takes its name. All code is of the subset that boards with 8 KiB of memory run.
"""

import hashlib
import zlib
from binascii import b2a_base64

from pipeline.upload.error import UploadError
from pipeline.upload.exchange import Arrived, Exchange
from pipeline.upload.repl import BoardError, Limits, Repl

PIECE = 192
"""Bytes of a file in one piece of code: some 256 characters as Base64, which any board can hold."""

HASH_S_PER_KIB = 4.0
"""How long a board without a hash of its own may take for each KiB."""

_OPEN = """\
try:
 import os
except ImportError:
 import uos as os
d=None
for m in ('binascii','ubinascii'):
 try:
  d=d or __import__(m).a2b_base64
 except (ImportError,AttributeError):
  pass
f=open('{path}','wb')
print(d is not None)
"""
_CAN_RENAME = """\
try:
 import os
except ImportError:
 import uos as os
print(hasattr(os,'rename'))
"""
_HASH = """\
f.close()
c=0xffffffff
h=b=None
for m in ('hashlib','uhashlib'):
 try:
  h=h or __import__(m).sha256()
 except (ImportError,AttributeError):
  pass
for m in ('binascii','ubinascii'):
 try:
  b=b or __import__(m).crc32
 except (ImportError,AttributeError):
  pass
def s(c,p):
 for x in p:
  c^=x
  for _ in range(8):
   c=c>>1^(0xedb88320 if c&1 else 0)
 return c
f=open('{path}','rb')
while 1:
 p=f.read(128)
 if not p:
  break
 if h:
  h.update(p)
 elif b:
  c=b(p,c^0xffffffff)^0xffffffff
 else:
  c=s(c,p)
f.close()
print(''.join('%02x'%x for x in h.digest()) if h else '%08x'%(c^0xffffffff))
"""
_RENAME = """\
try:
 os.rename('{part}','{path}')
except OSError:
 os.remove('{path}')
 os.rename('{part}','{path}')
"""
_REMOVE = "f.close()\nos.remove('{path}')\n"
_HINTS = (
    ("Errno 28", "delete files on the board, or build smaller pictures"),
    ("ENOSPC", "delete files on the board, or build smaller pictures"),
    ("Errno 30", "CircuitPython gives its drive to the computer: eject it, or remount in boot.py"),
    ("EROFS", "CircuitPython gives its drive to the computer: eject it, or remount in boot.py"),
    ("MemoryError", "reset the board and try again: its program may hold all memory"),
)


def put(name: str, data: bytes, limits: Limits) -> Exchange[str]:
    """Write a file on a board, and make sure that it stands there.

    What runs on the board is stopped. The raw REPL is left on every way out.

    Args:
        name: Of letters, digits, `.` and `_`.
        data: Its content.
        limits: Times and sizes.

    Returns:
        The hash by which the board confirmed it: `sha256` or `crc32`.

    Raises:
        UploadError: The board did not take it, or has something else.
    """
    repl = Repl(limits)
    try:
        yield from repl.enter()
        kind = yield from _place(repl, name, data)
        yield from repl.leave()
    except (KeyboardInterrupt, UploadError) as error:
        yield from repl.leave()
        raise _explained(error) from None
    return kind


def _place(repl: Repl, name: str, data: bytes) -> Exchange[str]:
    """Write a file, and give it its name when it is right."""
    if (yield from repl.run(_CAN_RENAME)).strip() != "True":
        return (yield from _write(repl, name, data))
    part = f"{name}.part"
    kind = yield from _write(repl, part, data)
    yield from repl.run(_RENAME.format(part=part, path=name))
    return kind


def _explained(error: BaseException) -> BaseException:
    """The same, with what to do where a board's words need explaining."""
    if not isinstance(error, BoardError):
        return error
    return BoardError(error.last, next((hint for mark, hint in _HINTS if mark in error.last), ""))


def _write(repl: Repl, path: str, data: bytes) -> Exchange[str]:
    """Write a file under a name, and compare hashes."""
    has_base64 = (yield from repl.run(_OPEN.format(path=path))).strip() == "True"
    for place in range(0, len(data), PIECE):
        piece = data[place : place + PIECE]
        text = _base64(piece) if has_base64 else repr(piece)
        yield from repl.run(f"f.write({text})\n")
        yield Arrived(place + len(piece))
    patience = repl.limits.answer_s + HASH_S_PER_KIB * len(data) / 1024
    found = (yield from repl.run(_HASH.format(path=path), patience)).strip()
    kind = "sha256" if len(found) == 64 else "crc32"
    if found != _digest(kind, data):
        yield from repl.run(_REMOVE.format(path=path))
        words = "what the board stored is not what was sent"
        raise UploadError(words, "try again; a worn flash or a full disk does this")
    return kind


def _base64(piece: bytes) -> str:
    return f"d(b'{b2a_base64(piece, newline=False).decode('ascii')}')"


def _digest(kind: str, data: bytes) -> str:
    return hashlib.sha256(data).hexdigest() if kind == "sha256" else f"{zlib.crc32(data):08x}"
