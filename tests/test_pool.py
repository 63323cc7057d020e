"""The worker pool: every argument has one outcome, whatever its worker comes to."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import pytest
from pool_work import Unpicklable, fail, meeting, sockets

from pipeline import pool
from pipeline.jobserver import Fixed, Slots
from pipeline.pool import Done, Limits, Lost, Start

# Other tests load libraries whose threads never run here, so that a fork is safe; Python 3.12
# cannot know. What the pool chooses by itself is tested below.
pytestmark = pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning")

ON_LINUX = sys.platform == "linux"
STARTS: list[Start] = ["fork", "spawn"] if ON_LINUX else ["spawn"]
linux = pytest.mark.skipif(not ON_LINUX, reason="needs Linux")
posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
Order = tuple[Any, ...]


@pytest.fixture(params=STARTS)
def start(request: pytest.FixtureRequest) -> Start:
    chosen: Start = request.param
    return chosen


class Counted(Fixed):
    """Fixed slots that know how many are out, and were at most."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.held = self.peak = 0

    def acquire(self) -> bool:
        taken = super().acquire()
        self.held += taken
        self.peak = max(self.peak, self.held)
        return taken

    def release(self) -> None:
        super().release()
        self.held -= 1


def outcomes(
    orders: list[Order],
    start: Start,
    limits: Limits | None = None,
    slots: Slots | None = None,
) -> Generator[Done | Lost, None, None]:
    return pool.run(
        "pool_work:act", orders, limits or Limits(2, timeout_s=60), slots or Fixed(2), start
    )


def doubles(count: int) -> list[Order]:
    return [("double", number) for number in range(count)]


def is_gone(pid: int) -> bool:
    """The process has ended, and its parent has reaped it."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_every_argument_gets_its_value(start: Start) -> None:
    assert sorted(outcomes(doubles(50), start)) == [Done(task, task * 2) for task in range(50)]


def test_without_arguments_no_worker_starts(start: Start) -> None:
    slots = Counted(1)
    assert list(outcomes([], start, slots=slots)) == []
    assert slots.peak == 0


FAULTS = [
    (("exit", 3), "stopped with status 3"),
    (("exit", 0), "stopped with status 0"),
    (("sys.exit", 4), "stopped with status 4"),
    (("fail", "no such color"), "raised ValueError: no such color"),
    (("fail", ""), "raised ValueError"),
    (("unpicklable",), "raised TypeError: made so that it cannot be pickled"),
    (("unreadable",), "raised ValueError: invalid literal for int() with base 10: 'not a number'"),
    (("no such work",), "raised KeyError: 'no such work'"),
]
if sys.platform != "win32":
    FAULTS += [
        (("kill", signal.SIGSEGV), "was killed by SIGSEGV"),
        (("kill", signal.SIGABRT), "was killed by SIGABRT"),
        (("kill", signal.SIGKILL), "was killed by SIGKILL"),
        (("kill", signal.SIGTERM), "was killed by SIGTERM"),
    ]
if ON_LINUX:
    FAULTS += [(("kill", signal.SIGRTMIN + 1), f"was killed by signal {signal.SIGRTMIN + 1}")]


@pytest.mark.parametrize(("order", "reason"), FAULTS)
def test_a_fault_costs_its_own_task_only(order: Order, reason: str, start: Start) -> None:
    slots = Counted(2)
    ends = sorted(outcomes([*doubles(3), order, *doubles(3)], start, slots=slots))
    assert ends.pop(3)[:2] == (3, reason)
    assert ends == [Done(task, task % 4 * 2) for task in (0, 1, 2, 4, 5, 6)]
    assert slots.held == 0


def test_a_task_that_hangs_ends_at_its_limit(start: Start) -> None:
    ends = list(outcomes([("hang",)], start, Limits(1, timeout_s=0.5)))
    assert ends == [Lost(0, "took longer than 0.5 s")]
    assert not multiprocessing.active_children()


@linux
def test_a_task_that_takes_too_much_memory_costs_itself_only(start: Start) -> None:
    limits = Limits(1, timeout_s=60, memory_bytes=4 << 30)
    ends = list(outcomes([("pid",), ("eat", 8 << 30), ("pid",), ("eat", 1 << 20)], start, limits))
    first, eaten, after, modest = ends
    assert eaten == Lost(1, "ran out of memory")
    assert modest == Done(3, 1 << 20)
    assert isinstance(first, Done)
    assert isinstance(after, Done)
    assert first.value != after.value  # what leaked in the first worker is gone


def test_an_exception_brings_its_traceback(start: Start) -> None:
    raised, stopped = sorted(outcomes([("fail", "no such color"), ("exit", 3)], start))
    assert isinstance(raised, Lost)
    assert isinstance(stopped, Lost)
    assert "in fail\n" in raised.detail
    assert raised.detail.endswith("ValueError: no such color\n")
    assert stopped.detail == ""


def test_a_function_that_cannot_be_imported_loses_its_tasks(start: Start) -> None:
    ends = list(pool.run("pool_work:nothing", [1, 2], Limits(1), Fixed(1), start))
    assert [end.task for end in ends] == [0, 1]
    assert all(isinstance(end, Lost) and "AttributeError" in end.reason for end in ends)


def test_an_argument_that_cannot_be_sent_costs_its_own_task_only(start: Start) -> None:
    ends = sorted(outcomes([("double", 1), ("double", Unpicklable()), ("double", 3)], start))
    assert ends[::2] == [Done(0, 2), Done(2, 6)]
    assert ends[1][:2] == (1, "raised TypeError: made so that it cannot be pickled")


def test_big_arguments_and_values_arrive_whole(start: Start) -> None:
    data = os.urandom(1 << 20)
    ends = list(outcomes([("repeat", data, 10)] * 3, start))
    assert sorted(ends) == [Done(task, data * 10) for task in range(3)]


@linux
def test_of_200_tasks_only_the_six_poisoned_are_lost(start: Start) -> None:
    reasons = {
        ("kill", signal.SIGSEGV): "was killed by SIGSEGV",
        ("kill", signal.SIGKILL): "was killed by SIGKILL",
        ("exit", 1): "stopped with status 1",
        ("eat", 8 << 30): "ran out of memory",
        ("fail", "bad"): "raised ValueError: bad",
        ("hang",): "took longer than 2 s",
    }
    orders = doubles(200)
    places = Random(3).sample(range(200), len(reasons))  # noqa: S311 - a seeded test
    for place, order in zip(places, reasons, strict=True):
        orders[place] = order
    slots = Counted(4)
    ends = sorted(outcomes(orders, start, Limits(4, timeout_s=2, memory_bytes=4 << 30), slots))
    lost = {end.task: end.reason for end in ends if isinstance(end, Lost)}
    assert lost == dict(zip(places, reasons.values(), strict=True))
    assert [end.task for end in ends] == list(range(200))
    assert all(end.value == end.task * 2 for end in ends if isinstance(end, Done))
    assert (slots.peak, slots.held) == (4, 0)


def test_a_worker_is_used_again(start: Start) -> None:
    ends = list(outcomes([("pid",)] * 10, start, Limits(1)))
    assert len({end.value for end in ends if isinstance(end, Done)}) == 1


def test_no_more_workers_start_than_there_are_tasks(start: Start) -> None:
    with closing(outcomes(doubles(1), start, Limits(8), Fixed(8))) as ends:
        next(ends)
        assert len(multiprocessing.active_children()) == 1


@posix
def test_all_slots_work_at_the_same_time(start: Start, tmp_path: Path) -> None:
    ends = list(outcomes(meeting(tmp_path, 3), start, Limits(3, timeout_s=60), Fixed(3)))
    assert all(isinstance(end, Done) for end in ends)


@linux
def test_a_worker_holds_no_pipe_but_its_own_end(start: Start, tmp_path: Path) -> None:
    inherited = sockets() if start == "fork" else 0
    ends = list(outcomes(meeting(tmp_path, 3), start, Limits(3, timeout_s=60), Fixed(3)))
    assert {end.value for end in ends if isinstance(end, Done)} == {inherited + 1}


@posix
def test_slots_go_back_while_the_rest_works(start: Start, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "gate")
    slots = Counted(3)
    ends = outcomes([("read", str(tmp_path / "gate")), *doubles(4)], start, Limits(3), slots)
    first = [next(ends) for _ in range(4)]
    assert {end.task for end in first} == {1, 2, 3, 4}
    assert slots.held == 1
    (tmp_path / "gate").write_bytes(b"")
    assert list(ends) == [Done(0, b"")]
    assert slots.held == 0


class Narrowing(Counted):
    """No more slots than are out, or one, once one was given back; until `limit` is set."""

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self.limit = limit

    def acquire(self) -> bool:
        return self.held < self.limit and super().acquire()

    def release(self) -> None:
        super().release()
        self.limit = max(self.held, 1)


@posix
def test_a_task_that_had_not_begun_outlives_an_idle_worker(start: Start, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "gate")
    slots = Narrowing(2)
    orders = [("pid",), ("read", str(tmp_path / "gate")), ("pid",)]
    ends = outcomes(orders, start, slots=slots)
    idle = next(ends)
    assert isinstance(idle, Done)
    worker = next(each for each in multiprocessing.active_children() if each.pid == idle.value)
    worker.kill()
    worker.join()
    slots.limit = 2
    (tmp_path / "gate").write_bytes(b"")
    assert [type(end) for end in ends] == [Done, Done]


@posix
def test_workers_leave_ctrl_c_to_the_parent(start: Start) -> None:
    assert list(outcomes([("interrupt",)], start)) == [Done(0, "went on")]


def test_workers_hold_numeric_libraries_to_one_thread(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in pool.ONE_THREAD:
        monkeypatch.setenv(name, "7")
    ends = list(outcomes([("environ", name) for name in pool.ONE_THREAD], start))
    assert sorted(ends) == [Done(task, "1") for task in range(3)]


def assert_all_gone(pids: list[Any], slots: Counted) -> None:
    assert not multiprocessing.active_children()
    assert pids
    assert all(is_gone(pid) for pid in pids)
    assert slots.held == 0


@posix
def test_no_worker_is_left_after_the_last_task(start: Start) -> None:
    slots = Counted(3)
    ends = list(outcomes([("pid",)] * 9, start, Limits(3), slots))
    assert_all_gone([end.value for end in ends if isinstance(end, Done)], slots)


@posix
def test_no_worker_is_left_after_close(start: Start) -> None:
    slots = Counted(3)
    ends = outcomes([("pid",), ("hang",), ("hang",), ("pid",)], start, Limits(3), slots)
    next(ends)
    pids = [child.pid for child in multiprocessing.active_children()]
    ends.close()
    assert len(pids) == 3
    assert_all_gone(pids, slots)


@posix
def test_no_worker_is_left_after_an_exception_in_the_loop(start: Start) -> None:
    slots = Counted(3)
    pids: list[int | None] = []

    def loop() -> None:
        for end in outcomes([("pid",), ("hang",), ("hang",)], start, Limits(3), slots):
            pids.extend(child.pid for child in multiprocessing.active_children())
            fail(f"at task {end.task}")

    with pytest.raises(ValueError, match="at task 0"):
        loop()
    assert_all_gone(pids, slots)


@linux
def test_no_descriptor_is_left(start: Start) -> None:
    orders = [("double", 1), ("exit", 1), ("double", 2)]
    list(outcomes(orders, start))  # the first spawn leaves a resource tracker's pipe
    before = len(list(Path("/proc/self/fd").iterdir()))
    list(outcomes(orders, start))
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def program(*arguments: str) -> "subprocess.Popen[str]":
    """A program of pool_work in a session of its own, so that signals reach nothing else."""
    here = Path(__file__).parent
    return subprocess.Popen(
        [sys.executable, "-W", "error", here / "pool_work.py", *arguments],
        env={**os.environ, "PYTHONPATH": str(here.parent), "MAKEFLAGS": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@posix
def test_ctrl_c_ends_all_workers_without_a_word(start: Start) -> None:
    with program("hang", start) as parent:
        assert parent.stdout is not None
        pids = [int(parent.stdout.readline()) for _ in range(3)]
        os.killpg(parent.pid, signal.SIGINT)
        _, errors = parent.communicate(timeout=60)  # until no worker holds the pipes open
    assert all(is_gone(pid) for pid in pids)
    assert parent.returncode == -signal.SIGINT
    assert errors.count("Traceback") == 1
    assert errors.endswith("KeyboardInterrupt\n")


@linux
def test_workers_amid_a_task_end_when_the_parent_is_killed(start: Start) -> None:
    with program("hang", start) as parent:
        assert parent.stdout is not None
        for _ in range(3):
            parent.stdout.readline()
        parent.kill()
        output, _ = parent.communicate(timeout=60)  # until no worker holds the pipes open
    assert output == ""


@linux
def test_workers_are_forked_only_from_a_process_of_one_thread() -> None:
    script = "from pipeline.pool import start_method; print(start_method())"
    alone = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, check=True)
    assert alone.stdout == b"fork\n"
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    assert pool.start_method() == "spawn"
    stop.set()
    thread.join()
