"""The command line: a table of commands, loaded when used; problems and exit status."""

import argparse
import contextlib
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

from pipeline import __version__
from pipeline.report import Failure, Problem, annotation, did_you_mean, in_order, inert, render

FINE, FAILED, USAGE, DEVICE, INTERRUPTED = 0, 1, 2, 3, 130

# name -> what it does; the module is pipeline.commands.<name>
COMMANDS = {
    "build": "build the assets that build.yaml names",
    "upload": "build, and send the pictures to a display over serial",
    "watch": "build again whenever a file changes, and send what is different",
    "check": "validate the manifest and its targets, build nothing",
    "convert": "convert one image, without a manifest",
    "compare": "show one image in all dithers side by side",
    "preview": "write a page that shows what the panels will show",
    "decode": "turn a built file back into a PNG",
    "inspect": "say what a file is, and what each of its bytes means",
    "show": "show an asset, a scene or a built file in the terminal, as on the panel",
    "scene": "write the scenes of build.yaml as PNG files, as on the panel",
    "calibrate": "measure a panel's inks from a photograph of its test card",
    "palette": "show, convert, sort and compare palettes",
    "receiver": "write the device's side of uploads, in C",
    "runtime": "write the decoders of compressed pictures, in C",
    "simulate": "be a device, to try uploads without one",
    "targets": "list the display profiles, show one, or check one of your own",
    "testcard": "write a picture that shows which setting of a display is wrong",
    "schema": "print the JSON Schema of build.yaml for editors",
    "new": "write a commented starter manifest",
    "lock": "write the learned palettes to a file to commit",
    "cache": "show, clear or verify the content cache that projects share",
    "clean": "remove what builds made, and nothing else",
}

_EXAMPLES = """\
examples:
  bitplane new                                  start a project
  bitplane build                                build all of build.yaml
  bitplane convert photo.jpg -o photo.png --target waveshare-7in3e --dither floyd-steinberg

`bitplane COMMAND --help` tells more. Exit status: 0 fine, 1 a build or check failed,
2 the manifest or the call is wrong, 3 the device, 130 interrupted.
"""


class _Parser(argparse.ArgumentParser):
    """An argument parser whose errors look like all our errors."""

    def error(self, message: str) -> NoReturn:
        raise Failure([Problem(message, hint=f"`{self.prog} --help` tells more")], USAGE)


def parser_for(command: str) -> argparse.ArgumentParser:
    """The parser of one command."""
    parser = _Parser(
        prog=f"bitplane {command}",
        description=f"{COMMANDS[command][0].upper()}{COMMANDS[command][1:]}.",
    )
    import_module(f"pipeline.commands.{command}").add_arguments(parser)
    return parser


def top_parser() -> argparse.ArgumentParser:
    """The parser of `bitplane` itself: it only finds the command."""
    width = max(map(len, COMMANDS))
    lines = "\n".join(f"  {name.ljust(width)}  {what}" for name, what in COMMANDS.items())
    parser = _Parser(
        prog="bitplane",
        usage="bitplane [--version] COMMAND [ARGUMENTS]",
        description="The asset build for limited-color displays.",
        epilog=f"commands:\n{lines}\n\n{_EXAMPLES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"bitplane {__version__}")
    parser.add_argument("command", nargs="?", help=argparse.SUPPRESS)
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    return parser


def main(argv: Sequence[str]) -> int:
    """Run one command.

    Returns:
        The exit status.
    """
    try:
        return _dispatch(argv)
    except Failure as failure:
        show(failure.problems)
        return failure.status
    except KeyboardInterrupt:
        return interrupted()
    except BrokenPipeError:
        # Whoever read our output has seen enough; a second flush at exit must not complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FINE
    except OSError as error:
        show([os_problem(error)])
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


def interrupted() -> int:
    """Say that Ctrl-C ended the run, and give its status."""
    print("interrupted", file=sys.stderr)
    return INTERRUPTED


def _dispatch(argv: Sequence[str]) -> int:
    args = top_parser().parse_args(argv)
    if args.command == "help":
        top_parser().print_help()
        return FINE
    if args.command is None:
        top_parser().print_help(sys.stderr)
        return USAGE
    if args.command not in COMMANDS:
        hint = did_you_mean(args.command, COMMANDS)
        raise Failure([Problem(f"unknown command '{args.command}'", hint=hint)], USAGE)
    parsed = parser_for(args.command).parse_args(args.arguments)
    status: int = import_module(f"pipeline.commands.{args.command}").run(parsed)
    sys.stdout.flush()
    return status


def os_problem(error: OSError) -> Problem:
    """What the system refused, as a problem."""
    name = f"{error.filename}: " if error.filename else ""
    return Problem(f"{name}{error.strerror or error}")


def show(problems: Sequence[Problem]) -> None:
    """Problems on standard error, in file order."""
    annotate = os.environ.get("GITHUB_ACTIONS") == "true"
    for problem in in_order(problems):
        text = render(problem)
        print(inert(text) if annotate else text, file=sys.stderr)
        if annotate:
            print(annotation(_from_workspace(problem)), file=sys.stderr)


def _from_workspace(problem: Problem) -> Problem:
    """The same place, named as GitHub does: from the top of the checkout."""
    top, place = os.environ.get("GITHUB_WORKSPACE"), problem.span
    if not top or place is None:
        return problem
    from pathlib import Path  # only here, because the no-op path would load it for nothing

    path, top = os.path.realpath(place.file), os.path.realpath(top)
    if not Path(path).is_relative_to(top):
        return problem
    file = Path(path).relative_to(top).as_posix()
    return problem._replace(span=place._replace(file=file))


def entry() -> NoReturn:
    """The console script."""
    if sys.stdout is None:  # closed by who started us, as some daemons do
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 (for good)
    if sys.stderr is None:
        sys.stderr = sys.stdout
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError):  # a test or an embedder may have replaced it
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    sys.exit(main(sys.argv[1:]))
