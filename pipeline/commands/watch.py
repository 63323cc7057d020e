"""`bitplane watch`: build again whenever a file changes, and send what is different."""

import argparse
import time
from pathlib import Path

from pipeline.cli import os_problem, show
from pipeline.commands import upload
from pipeline.commands.common import add_manifest_arguments, say
from pipeline.disk import RealDisk
from pipeline.plan import Plan
from pipeline.report import Failure
from pipeline.watching import Stamps, stamps, wait, watched

LOOK_S = 0.25


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `watch`."""
    parser.add_argument("names", nargs="*", metavar="NAME", help="assets to build (default all)")
    add_manifest_arguments(parser)
    parser.add_argument("--upload", action="store_true", help="send what changed to a display")
    parser.add_argument("-q", "--quiet", action="store_true", help="say nothing but problems")
    upload.add_sending_arguments(parser.add_argument_group("with --upload"))


def run(args: argparse.Namespace) -> int:
    """Build until Ctrl-C."""
    upload.begin(args)
    rounds = Rounds(args)
    while True:
        rounds.once()
        if not args.quiet:
            say("watching; Ctrl-C ends it")
        wait(rounds.look, rounds.before, lambda: time.sleep(LOOK_S))


class Rounds:
    """What is kept from one round to the next.

    Attributes:
        names: What is looked at.
        before: How it looked before the last build read it.
    """

    def __init__(self, args: argparse.Namespace) -> None:
        self.args = args
        self.file = Path(args.file)
        self.names: tuple[str, ...] = (self.file.name,)
        self.before: Stamps = {}
        self.on_device: dict[str, bytes] = {}

    def look(self) -> Stamps:
        """How everything that decides the build looks now."""
        return stamps(RealDisk(str(self.file.parent)), self.names)

    def once(self) -> None:
        """Build, and send what the device does not have; what goes wrong is told."""
        self.before = self.look()
        try:
            chosen = self._plan()
            if upload.build_first(self.args) == 0 and self.args.upload:
                self._send(chosen)
        except Failure as failure:
            show(failure.problems)
        except BrokenPipeError:
            raise
        except OSError as error:
            show([os_problem(error)])

    def _plan(self) -> Plan:
        """The plan; from now on everything is looked at that it is made of."""
        chosen = upload.plan_of(self.args)
        self.names = watched(chosen, self.file.name)
        self.before = self.look() | {
            name: stamp for name, stamp in self.before.items() if name in self.names
        }
        return chosen

    def _send(self, chosen: Plan) -> None:
        """Send the pictures whose bytes are not those that were sent last."""
        payloads = upload.payloads_of(self.args, chosen)
        due = {
            slot: payload
            for slot, payload in enumerate(payloads, self.args.slot)
            if self.on_device.get(payload.name) != payload.data
        }
        for payload in due.values():
            self.on_device.pop(payload.name, None)  # if sending fails, it may have half of it
        if due:
            port = upload.port_of(self.args)
            upload.send(self.args, port, list(due.values()), tuple(due))
        self.on_device |= {payload.name: payload.data for payload in due.values()}
