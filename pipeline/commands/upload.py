"""`bitplane upload`: send built assets to a display."""

import argparse
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipeline import cli
from pipeline.cli import FINE
from pipeline.commands import build
from pipeline.commands.common import add_manifest_arguments, enter, manifest, number
from pipeline.plan import Plan, select
from pipeline.report import Failure, Problem, fail, printable

if TYPE_CHECKING:  # loaded when something is sent
    from pipeline.upload.payload import Payload
    from pipeline.upload.ports import Port

MOST_S = 3600.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `upload`."""
    parser.add_argument("names", nargs="*", metavar="NAME", help="assets to send (default all)")
    add_manifest_arguments(parser)
    parser.add_argument("--list", action="store_true", help="list the serial ports, and stop")
    parser.add_argument("-q", "--quiet", action="store_true", help="say nothing but problems")
    add_sending_arguments(parser)


def add_sending_arguments(parser: argparse._ActionsContainer) -> None:
    """The options that say where to, how, and for which display."""
    from pipeline.upload.methods import METHODS

    add = parser.add_argument
    add("--target", metavar="NAME", help="the target that is connected, if there are several")
    port = "serial port, pty, socket://HOST:PORT or rfc2217://HOST:PORT (default: the only board)"
    add("--port", metavar="PORT", help=port)
    add("--baud", type=number(1, 100_000_000), default=115200, help="speed (default 115200)")
    add("--protocol", choices=list(METHODS), help="how to send (default bitplane)")
    add("--raw", action="store_true", help="short for --protocol raw")
    slot = "bitplane: where the first picture goes (default 0)"
    add("--slot", type=number(0, 255), default=0, metavar="N", help=slot)
    add("--no-show", action="store_true", help="bitplane: store, but do not show the last picture")
    chunk = "raw: rest after so many bytes (default never)"
    add("--chunk", type=number(1, 1 << 24), default=0, metavar="BYTES", help=chunk)
    add("--pause", type=_seconds, default=0.0, metavar="SECONDS", help="raw: how long a rest is")
    add("--timeout", type=_seconds, metavar="SECONDS", help="how long to wait for an answer")
    retries = "xmodem, ymodem: send a block again so many times (default 10)"
    add("--retries", type=number(0, 1000), metavar="N", help=retries)
    add("--reset", action="store_true", help="first reset the board by DTR and RTS")
    add("--no-dtr", action="store_true", help="keep the modem line DTR off")
    add("--no-rts", action="store_true", help="keep the modem line RTS off")
    settle = "wait after opening, for boards that start anew (default 0)"
    add("--settle", type=_seconds, default=0.0, metavar="SECONDS", help=settle)


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= MOST_S:
        words = f"expected seconds from 0 to {MOST_S:.0f}, got '{text}'"
        raise argparse.ArgumentTypeError(words)
    return value


def run(args: argparse.Namespace) -> int:
    """Build, then send."""
    if args.list:
        return _list()
    begin(args)
    chosen = plan_of(args)
    port = port_of(args)
    status = build_first(args)
    if status:
        return status
    payloads = payloads_of(args, chosen)
    slots = range(args.slot, args.slot + len(payloads))
    return send(args, port, payloads, tuple(slots))


def _list() -> int:
    from pipeline.upload.ports import listed

    for port in listed():
        print(printable(str(port)))
    return FINE


def begin(args: argparse.Namespace) -> None:
    """Go to the folder of `-C`, once options that do not go together are refused."""
    if args.raw and args.protocol not in (None, "raw"):
        raise fail(f"--raw is not --protocol {args.protocol}", None, "leave one of them out")
    if (args.chunk > 0) != (args.pause > 0):
        raise fail("--chunk and --pause go together", None, "for example --chunk 64 --pause 0.01")
    enter(args)
    args.directory = None


def protocol_of(args: argparse.Namespace) -> str:
    """The way to send that the arguments name."""
    return "raw" if args.raw else args.protocol or "bitplane"


def plan_of(args: argparse.Namespace) -> Plan:
    """What of the manifest is for the display that is connected.

    Raises:
        Failure: It has faults, or is for several displays and none is named.
    """
    from pipeline.disk import RealDisk
    from pipeline.planner import make

    read = manifest(args)
    whole = make(read, RealDisk(str(read.folder)))
    if args.target is None and len(whole.targets) > 1:
        names = " or ".join(f"--target {name}" for name in whole.targets)
        raise fail("the manifest is for several displays", None, f"say which one this is: {names}")
    return select(whole, args.names, args.target)


def port_of(args: argparse.Namespace) -> str:
    """The port that is named, or that of the only board."""
    from pipeline.upload.ports import chosen, listed

    if args.port is not None:
        return str(args.port)
    can_ask = sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()
    return chosen(listed(), _ask if can_ask else None)


def _ask(ports: "Sequence[Port]") -> "Port | None":
    """Let the user pick one of several ports."""
    for place, port in enumerate(ports, 1):
        print(f"{place:3}  {printable(str(port))}", file=sys.stderr)
    print(f"which one? [1-{len(ports)}] ", end="", file=sys.stderr, flush=True)
    answer = sys.stdin.readline(16).strip()
    known = answer.isascii() and answer.isdigit() and 1 <= int(answer) <= len(ports)
    return ports[int(answer) - 1] if known else None


def build_first(args: argparse.Namespace) -> int:
    """Build as `bitplane build` does; its exit status."""
    words = ["--file", args.file, *(["--quiet"] if args.quiet else [])]
    words += ["--target", args.target] if args.target else []
    return build.run(cli.parser_for("build").parse_args([*words, "--", *args.names]))


def payloads_of(args: argparse.Namespace, chosen: Plan) -> "list[Payload]":
    """What to send of a plan that was built."""
    from pathlib import Path

    from pipeline.cache import open_default
    from pipeline.disk import RealDisk
    from pipeline.store import CacheStore
    from pipeline.upload.methods import METHODS
    from pipeline.upload.pack import payloads

    file = Path(args.file)
    disk = RealDisk(str(file.parent))
    made = payloads(chosen, disk, CacheStore(open_default()), file.name)
    if not METHODS[protocol_of(args)].sized:
        _check_filling(chosen, made)
    return made


def _check_filling(chosen: Plan, payloads: "Sequence[Payload]") -> None:
    """A receiver that is not told the size takes whole screens only."""
    problems = []
    for rule, payload in zip(chosen.assets, payloads, strict=True):
        screen, size = chosen.targets[rule.target].size, (payload.width, payload.height)
        if screen not in (None, size):
            words = f"{rule.name} is {size[0]}x{size[1]}, and raw bytes do not tell their size"
            hint = "set `size: screen`, or name the assets to send"
            problems.append(Problem(words, rule.place_of("size"), hint))
    if problems:
        raise Failure(problems)


def send(
    args: argparse.Namespace, port: str, payloads: "Sequence[Payload]", slots: tuple[int, ...]
) -> int:
    """Send pictures to slots; the port is given back on every way out."""
    from pipeline.teller import is_live
    from pipeline.upload.bar import Bar
    from pipeline.upload.methods import METHODS, Wishes
    from pipeline.upload.transport import Settings, open_transport

    settings = Settings(args.baud, not args.no_dtr, not args.no_rts, args.reset, args.settle)
    wishes = Wishes(
        slots, not args.no_show, args.chunk, args.pause, args.timeout or None, args.retries
    )
    bar = Bar(sys.stderr, live=is_live(sys.stderr, os.environ.get), quiet=args.quiet)
    line = open_transport(port, settings)
    try:
        METHODS[protocol_of(args)].send(line, payloads, wishes, bar)
    finally:
        bar.clear()
        line.close()
    return FINE
