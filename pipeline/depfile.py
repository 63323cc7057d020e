r"""Depfiles: what a build has read, as rules that GNU make includes and ninja reads.

The two agree on the escapes that gcc writes (`\ `, `\#`, `$$`) and on little else, so names that
either cannot carry are refused. Measured with GNU make 4.3 and ninja 1.11; the grammars are in
GNU make's manual, "Rule Syntax", and in ninja's src/depfile_parser.in.cc.
"""

import re
from collections.abc import Iterable

_REFUSED = (
    (r"[\x00-\x1f\x7f\"&'*;<>?^`|]", "ninja ends a name at {}"),
    (r"(?<!^[A-Za-z]):|:(?!/)", "make ends a target at {}"),
    (r"=", "make takes {} for an assignment"),
    (r"%", "make takes {} for a pattern, and then stops when the file is deleted"),
    (r"\[[^/]+?\]", "make takes {} for a pattern, and then looks at the files that match it"),
    (r"(?!^)\(.*\)\Z", "make takes {} at the end for a member of an archive"),
    (r"^(?:\./+)*~", "make takes {} at the start for a home folder"),
    (r"^(?:\./+)*-l", "make takes {} at the start for a library"),
    (r"^(?:\./+)*(?:\.[A-Za-z_]+){1,2}\Z", "make has meanings of its own for names like {}"),
    (r" \Z", "make drops {} at the end"),
    (r"\\(?=[#$]|\Z)", "make and ninja read {} before `#`, `$` and at the end differently"),
    (r"[\ud800-\udfff]", "{} is not UTF-8"),
    (r"\A\Z", "it is empty"),
)
"""What is refused, and why."""

_ANY_REFUSED = re.compile("|".join(f"({pattern})" for pattern, _ in _REFUSED))

_PLAIN = re.compile(r"[\w/][\w/.-]*")
"""Most names; they need no closer look, which is what takes the time when there are many."""


def depfile(target: str, inputs: Iterable[str]) -> str:
    """The text of a depfile: `target` depends on `inputs`.

    Each input also gets a rule of its own without prerequisites, as gcc's `-MP` writes it: when
    the input is deleted, make then builds `target` again instead of asking who makes the input.
    Inputs are sorted and named once, one on a line.

    Args:
        target: What the build writes, spelled as the build system spells it.
        inputs: Files and folders that it has read, with forward slashes. Relative paths start
            where the build system runs. Folders should end with a slash: make then neither takes
            `icons (1)` for an archive's member nor tries to compile `icons` from an `icons.c`.

    Raises:
        ValueError: `check_names` refuses a name; the message is its first.
    """
    names = sorted(set(inputs))
    for fault in check_names([target, *names]):
        raise ValueError(fault)
    read = [_escaped(name) for name in names]
    rule = " \\\n  ".join([f"{_escaped(target)}:", *read])
    return "".join(f"{line}\n" for line in [rule, *(f"{name}:" for name in read)])


def check_names(names: Iterable[str]) -> tuple[str, ...]:
    """What is wrong with names that make or ninja cannot carry, in their order; empty if nothing.

    Windows paths may begin with a drive (`C:/`), which make reads on Windows only.
    """
    return tuple(
        f"a depfile cannot carry {_shown(name)}: {_reason(found)}; rename it"
        for name in names
        if not _PLAIN.fullmatch(name) and (found := _ANY_REFUSED.search(name))
    )


def _reason(found: re.Match[str]) -> str:
    return _REFUSED[(found.lastindex or 0) - 1][1].format(_shown(found[0]))


def _shown(text: str) -> str:
    """Text in quotes, with what cannot be printed escaped."""
    return f"'{''.join(c if c.isprintable() else ascii(c)[1:-1] for c in text)}'"


def _escaped(name: str) -> str:
    """A name with gcc's escapes: backslashes are doubled before a space and nowhere else."""
    spaces = re.sub(r"(\\*) ", r"\1\1\\ ", name)
    return spaces.replace("$", "$$").replace("#", "\\#")
