"""Worker processes: each task runs in one, and a task that kills its worker costs itself only."""

import os
import pickle
import signal
import sys
import time
import traceback
from collections import deque
from collections.abc import Generator, Sequence
from contextlib import suppress
from importlib import import_module
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Literal, NamedTuple

from pipeline.jobserver import Slots, signals_held

if sys.platform == "linux":
    import fcntl
    import resource

Start = Literal["fork", "spawn"]

ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""Environment variables that hold numeric libraries to one thread, if set before they load."""

TIMEOUT_S = 300.0
_OUT_OF_MEMORY = "ran out of memory"
_EXIT_S = 1.0
"""How long a worker may take from closing its pipe to its end."""


class Limits(NamedTuple):
    """What workers may use.

    Attributes:
        jobs: Most workers at a time.
        timeout_s: Longest that one task may take, in seconds.
        memory_bytes: Address space of each worker (Linux only), or None for no limit.
    """

    jobs: int
    timeout_s: float = TIMEOUT_S
    memory_bytes: int | None = None


class Done(NamedTuple):
    """What the function returned for `arguments[task]`."""

    task: int
    value: Any


class Lost(NamedTuple):
    """Why `arguments[task]` has no value: for people, and where Python raised, its traceback."""

    task: int
    reason: str
    detail: str = ""


def start_method() -> Start:
    """How workers start: `fork` where that is safe, in a Linux process of one thread."""
    with suppress(OSError):
        if sys.platform == "linux" and len(list(Path("/proc/self/task").iterdir())) == 1:
            return "fork"
    return "spawn"


def run(
    function: str,
    arguments: Sequence[Any],
    limits: Limits,
    slots: Slots,
    start: Start | None = None,
) -> Generator[Done | Lost, None, None]:
    """Call a function with each argument, in worker processes.

    Closing the generator, or an exception in it such as Ctrl-C, ends all workers at once.

    Args:
        function: "module:attribute"; workers import it.
        arguments: One for each task; they and the values travel pickled.
        limits: What workers may use.
        slots: A task runs only while it holds one of these.
        start: How workers start; None is `start_method()`.

    Yields:
        One outcome for each argument, in the order in which they finish.

    Raises:
        OSError: No process can be started.
    """
    pool = _Pool(function, arguments, limits, slots, start or start_method())
    try:
        ended: list[Done | Lost] = []
        while True:
            ended += pool.begin_tasks()
            yield from ended
            if not (pool.waiting or pool.held):
                return
            ended = pool.wait()
    finally:
        pool.close()


class _Worker:
    """A process, the pipe to it, and the task that it is busy with until a deadline."""

    def __init__(self, process: BaseProcess, pipe: "Connection[Any, Any]") -> None:
        self.process, self.pipe = process, pipe
        self.task: int | None = None
        self.deadline = 0.0


class _Pool:
    """The parent's side: its workers, the tasks that wait, and how many slots are held."""

    def __init__(
        self, function: str, arguments: Sequence[Any], limits: Limits, slots: Slots, start: Start
    ) -> None:
        self.function, self.arguments = function, arguments
        self.limits, self.slots, self.start = limits, slots, start
        self.waiting = deque(range(len(arguments)))
        self.held = 0
        self.workers: list[_Worker] = []

    def begin_tasks(self) -> list[Lost]:
        """Begin tasks while there are slots; those that cannot be sent are lost."""
        lost = []
        while self.waiting and self.held < self.limits.jobs and self._take_slot():
            worker = next((each for each in self.workers if each.task is None), None)
            worker = worker or self._start_worker()
            task = worker.task = self.waiting.popleft()
            worker.deadline = time.monotonic() + self.limits.timeout_s
            try:
                worker.pipe.send(self.arguments[task])
            except OSError:
                continue  # the worker has just died, which `wait` will find
            except Exception as error:  # noqa: BLE001 - whatever pickling it raises
                self._end_task(worker)
                lost.append(Lost(task, *_raised(error)))
        return lost

    def wait(self) -> list[Done | Lost]:
        """Sleep until a task ends, a deadline passes or a slot may be free; what ended."""
        now = time.monotonic()
        due = [worker.deadline - now for worker in self.workers if worker.task is not None]
        ready = wait(self._sources(), max(0.0, min(due)) if due else None)
        now = time.monotonic()
        ended: list[Done | Lost] = []
        for worker in [*self.workers]:
            if worker.pipe in ready:
                ended += self._receive(worker)
            elif worker.task is not None and worker.deadline <= now:
                ended.append(Lost(worker.task, f"took longer than {self.limits.timeout_s:g} s"))
                self._remove(worker)
                self._end_task(worker)
        return ended

    def close(self) -> None:
        """Kill and reap all workers and give all slots back."""
        with signals_held():
            for worker in self.workers:
                worker.process.kill()
            for worker in [*self.workers]:
                self._remove(worker)
            while self.held:
                self._give_slot()

    def _sources(self) -> "list[Connection[Any, Any] | int]":
        """What to wait for: results, ends of workers (idle ones too), a slot if one is wanted."""
        pipes: list[Connection[Any, Any] | int] = [worker.pipe for worker in self.workers]
        token = self.slots.fileno()
        wanted = self.waiting and self.held < self.limits.jobs
        return [*pipes, token] if wanted and token is not None else pipes

    def _receive(self, worker: _Worker) -> list[Done | Lost]:
        task, value = worker.task, None
        try:
            value, reason, detail = worker.pipe.recv()
        except (EOFError, OSError):
            worker.process.join(_EXIT_S)
            reason, detail = _end(self._remove(worker)), ""
        except Exception as error:  # noqa: BLE001 - whatever unpickling it raises
            reason, detail = _raised(error)
        if task is None:
            return []
        self._end_task(worker)
        if reason == _OUT_OF_MEMORY:  # it may hold much that no later task needs
            self._remove(worker)
        return [Lost(task, reason, detail) if reason else Done(task, value)]

    def _end_task(self, worker: _Worker) -> None:
        worker.task = None
        self._give_slot()

    def _take_slot(self) -> bool:
        with signals_held():
            taken = self.slots.acquire()
            self.held += taken
        return taken

    def _give_slot(self) -> None:
        with signals_held():
            self.held -= 1
            self.slots.release()

    def _start_worker(self) -> _Worker:
        context: Any = get_context(self.start)  # which has no typed Process
        ours, theirs = context.Pipe()
        # A fork inherits our ends; while it holds one, that pipe does not close when we end.
        foreign = [*(each.pipe for each in self.workers), ours] if self.start == "fork" else []
        arguments = (theirs, foreign, self.function, self.limits.memory_bytes)
        process = context.Process(target=_serve, args=arguments, daemon=True)
        worker = _Worker(process, ours)
        with theirs, signals_held():
            process.start()
            self.workers.append(worker)
        return worker

    def _remove(self, worker: _Worker) -> int | None:
        """Kill and reap a worker; its exit code."""
        worker.process.kill()
        worker.process.join()
        worker.pipe.close()
        self.workers.remove(worker)
        return worker.process.exitcode


def _end(code: int | None) -> str:
    """An exit code in words; a negative one is a signal."""
    if code is None or code >= 0:
        return f"stopped with status {code}"
    try:
        return f"was killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"was killed by signal {-code}"


def _raised(error: Exception) -> tuple[str, str]:
    text = f"raised {type(error).__name__}" + (f": {error}" if str(error) else "")
    return text, "".join(traceback.format_exception(error))


def _serve(
    pipe: "Connection[Any, Any]",
    foreign: "list[Connection[Any, Any]]",
    function: str,
    memory_bytes: int | None,
) -> None:
    """The worker's side: answer tasks until the parent closes the pipe or is gone."""
    for other in foreign:
        other.close()
    _settle(memory_bytes)
    with suppress(EOFError, OSError):
        while True:
            pipe.send_bytes(_answer(function, pipe.recv_bytes()))


def _answer(function: str, message: bytes) -> bytes:
    """The pickled value, reason and detail for a pickled argument."""
    try:
        argument = pickle.loads(message)  # noqa: S301 - our parent wrote it
        module, _, attribute = function.partition(":")
        value = getattr(import_module(module), attribute)(argument)
        return pickle.dumps((value, "", ""))
    except MemoryError:
        pass  # what the task held is free only after this block
    except Exception as error:  # noqa: BLE001 - whatever the task raises costs the task
        return pickle.dumps((None, *_raised(error)))
    return pickle.dumps((None, _OUT_OF_MEMORY, ""))


def _settle(memory_bytes: int | None) -> None:
    """Leave Ctrl-C to the parent, end with it, and keep to one thread and the memory."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGINT, signal.SIGTERM))
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    if sys.platform == "linux":
        _end_with_parent()
        if memory_bytes is not None:
            hard = resource.getrlimit(resource.RLIMIT_AS)[1]
            most = memory_bytes if hard == resource.RLIM_INFINITY else min(memory_bytes, hard)
            resource.setrlimit(resource.RLIMIT_AS, (most, hard))


def _end_with_parent() -> None:
    """Have the kernel end this process, even amid a task, when the parent's pipe closes."""
    parent = parent_process()
    if parent is None:
        return
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    fcntl.fcntl(parent.sentinel, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(parent.sentinel, fcntl.F_SETFL, os.O_ASYNC)
    if wait([parent.sentinel], 0):
        sys.exit()
