"""What the tests of pool and jobserver have workers do, and small programs that they start."""

import faulthandler
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

from pipeline import jobserver, pool


class Unpicklable:
    def __reduce__(self) -> str:
        raise TypeError("made so that it cannot be pickled")


class Unreadable:
    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return int, ("not a number",)


def hang() -> None:
    while True:
        signal.pause()


def announce() -> None:
    os.write(1, b"%d\n" % os.getpid())
    hang()


def fail(message: str) -> None:
    raise ValueError(message)


def kill(number: int) -> None:
    faulthandler.disable()  # which pytest enables
    signal.raise_signal(number)


def eat(size: int) -> int:
    return len(bytearray(size))


def interrupt() -> str:
    signal.raise_signal(signal.SIGINT)
    return "went on"


def sockets() -> int:
    """How many sockets this process holds; in a worker, its pipe to the parent among them."""
    files = Path("/proc/self/fd").iterdir()
    return sum(file.is_socket() for file in files if int(file.name) > 2)


def meet(folder: str, place: int, count: int) -> int:
    """Return when `count` tasks, one for each place, are running at the same time."""
    come, go = ([Path(folder, f"{word}{n}") for n in range(count)] for word in ("come", "go"))
    if place:
        come[place].write_bytes(b"")  # opening one end of a fifo waits for the other
        go[place].read_bytes()
    else:
        _ = [fifo.read_bytes() for fifo in come[1:]]
        _ = [fifo.write_bytes(b"") for fifo in go[1:]]
    return sockets()


def meeting(folder: Path, count: int) -> list[tuple[Any, ...]]:
    """The tasks of one meeting."""
    for place in range(1, count):
        os.mkfifo(folder / f"come{place}")
        os.mkfifo(folder / f"go{place}")
    return [("meet", str(folder), place, count) for place in range(count)]


def log(path: str) -> None:
    """Write `+` to a file, work for some milliseconds, write `-`."""
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(file, b"+")
    sum(range(300_000))
    os.write(file, b"-")
    os.close(file)


def feed(fifo: str, folder: str) -> int:
    """Lend a token as make would, then meet the task that runs on it."""
    Path(fifo).write_bytes(b"t")
    return meet(folder, 0, 2)


WORK: dict[str, Callable[..., Any]] = {
    "announce": announce,
    "double": lambda number: number * 2,
    "eat": eat,
    "environ": os.environ.get,
    "exit": os._exit,
    "fail": fail,
    "feed": feed,
    "hang": hang,
    "interrupt": interrupt,
    "kill": kill,
    "log": log,
    "meet": meet,
    "read": lambda path: Path(path).read_bytes(),
    "pid": os.getpid,
    "repeat": lambda data, times: data * times,
    "sys.exit": sys.exit,
    "unpicklable": Unpicklable,
    "unreadable": Unreadable,
}


def act(order: tuple[Any, ...]) -> Any:
    """Do a task: the name of some work and its arguments."""
    name, *arguments = order
    return WORK[name](*arguments)


def run_from_make(orders: list[tuple[Any, ...]], start: pool.Start) -> None:
    """Run tasks on make's slots, or on 8 of our own, and print what was lost."""
    with jobserver.from_make(os.environ) as (slots, warning):
        if warning:
            sys.stderr.write(f"{warning}\n")
        limits = pool.Limits(8, timeout_s=60)
        for end in pool.run("pool_work:act", orders, limits, slots or jobserver.Fixed(8), start):
            if isinstance(end, pool.Lost):
                sys.stderr.write(f"{end}\n")


def be_interrupted(rounds: int) -> None:
    """Take and give slots, with Ctrl-C at random moments."""
    random = Random(1)  # noqa: S311 - a seeded test
    signal.signal(signal.SIGALRM, lambda *_: signal.raise_signal(signal.SIGINT))
    for _ in range(rounds):
        with suppress(KeyboardInterrupt), jobserver.from_make(os.environ) as (slots, _):
            assert isinstance(slots, jobserver.Jobserver)
            signal.setitimer(signal.ITIMER_REAL, random.uniform(1e-5, 5e-4))
            while True:
                while slots.acquire():
                    pass
                slots.release()


def main(program: str, *arguments: str) -> None:
    """Run one of the programs."""
    if program == "hang":
        run_from_make([("announce",)] * 3, "spawn" if arguments == ("spawn",) else "fork")
    elif program == "log":
        run_from_make([("log", arguments[0])] * 16, "fork")
    elif program == "meet":
        run_from_make(meeting(Path(arguments[0]), int(arguments[1])), "fork")
    else:
        be_interrupted(int(arguments[0]))


if __name__ == "__main__":
    main(*sys.argv[1:])
