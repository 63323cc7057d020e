"""Entry: the console script; a plain build that has nothing to do is over before argparse loads.

`plain` reads only calls that it understands fully. Every other one, and every one that finds
something to do, goes the long way through `cli`, whose grammar is the only one that counts.
"""

import sys

from pipeline import quick

_FLAGS = {"-q": "quiet", "--quiet": "quiet", "--check": "check"}
_NO_MATTER = ("--no-cache", "--no-wait")
_VALUES = {
    "-C": "directory",
    "--directory": "directory",
    "-f": "file",
    "--file": "file",
    "--depfile": "depfile",
    "--depfile-target": "depfile_target",
    "--stamp": "stamp",
}
_NUMBERS = {
    "-j": quick.MOST_JOBS,
    "--jobs": quick.MOST_JOBS,
    "--timeout": quick.MOST_TIMEOUT_S,
}


def plain(arguments: list[str]) -> quick.Call | None:
    """What a call of `bitplane` asks, when it is a plain build or check; else None."""
    if arguments[:1] != ["build"]:
        return None
    call = quick.Call()
    rest = arguments[:0:-1]
    while rest:
        name = rest.pop()
        if name in _FLAGS:
            setattr(call, _FLAGS[name], True)
        elif name not in _NO_MATTER and not _take(call, *_option(name, rest)):
            return None
    return call


def call_of(args: object) -> quick.Call:
    """The same of arguments that argparse has read."""
    call = quick.Call()
    for name in vars(call):
        setattr(call, name, getattr(args, name))
    return call


def _option(name: str, rest: list[str]) -> tuple[str, str]:
    """An option and its value: `--name value`, `--name=value` or `-j4`."""
    if name.startswith("--") and "=" in name:
        name, _, value = name.partition("=")
        return name, value
    if name.startswith("-j") and name != "-j":
        return "-j", name[2:]
    return name, rest.pop() if rest else ""


def _take(call: quick.Call, name: str, value: str) -> bool:
    """Note an option; False when it is not plain, or its value may be none."""
    if name in _NUMBERS:
        return quick.is_number(value, _NUMBERS[name])
    if name not in _VALUES or not value or value.startswith("-"):
        return False
    setattr(call, _VALUES[name], value)
    return True


def entry() -> None:
    """The console script."""
    if not _is_done(sys.argv[1:]):
        import gc

        from pipeline import cli

        gc.set_threshold(100_000)  # plans and states are many small values that stay to the end
        cli.entry()


def _is_done(arguments: list[str]) -> bool:
    """Whether the call was a plain build that had nothing to do."""
    call = plain(arguments)
    if call is None or sys.stdout is None or sys.stderr is None:  # closed by who started us
        return False
    try:
        return quick.nothing_to_do(call)
    except OSError:
        return False  # standard error is closed: `cli` knows what to do
    except KeyboardInterrupt:
        from pipeline import cli

        sys.exit(cli.interrupted())
