"""The client of make's jobserver: never more jobs than lent, and every token goes back."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pool_work import meeting

from pipeline import pool
from pipeline.jobserver import Fixed, Jobserver, Slots, from_make
from pipeline.pool import Done, Limits

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="needs the POSIX jobserver"),
    # The same as in test_pool.
    pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning"),
]
TOKENS = b"+ab"
TESTS = Path(__file__).parent


class Server:
    """What make is to its children: a pipe that holds tokens."""

    def __init__(self, read: int, write: int) -> None:
        self.read, self.write = read, write
        os.write(write, TOKENS)

    def tokens(self) -> bytes:
        """Take all tokens out, sorted."""
        os.set_blocking(self.read, False)
        try:
            return bytes(sorted(os.read(self.read, 100)))
        except BlockingIOError:
            return b""


@pytest.fixture
def server() -> Iterator[Server]:
    read, write = os.pipe()
    yield Server(read, write)
    os.close(read)
    os.close(write)


@pytest.fixture(params=["pipe", "fifo"])
def auth(request: pytest.FixtureRequest, server: Server, tmp_path: Path) -> Iterator[str]:
    """The option that leads to the server, by both of make's ways."""
    if request.param == "pipe":
        yield f"--jobserver-auth={server.read},{server.write}"
        return
    os.mkfifo(tmp_path / "fifo")
    pipe = server.read, server.write
    server.read = os.open(tmp_path / "fifo", os.O_RDONLY | os.O_NONBLOCK)
    server.write = os.open(tmp_path / "fifo", os.O_WRONLY)
    os.write(server.write, TOKENS)
    yield f"--jobserver-auth=fifo:{tmp_path}/fifo"
    os.close(server.read)
    os.close(server.write)
    server.read, server.write = pipe


def take_all(slots: Slots | None) -> int:
    assert slots is not None
    count = 0
    while slots.acquire():
        count += 1
    return count


@pytest.mark.parametrize("flags", ["", "nk", " -j", "-j4 -Otarget", "--jobserver-auth=a,b -j2"])
def test_without_a_jobserver_make_leaves_the_number_to_us(flags: str) -> None:
    with from_make({"MAKEFLAGS": flags}) as lent:
        assert lent == (None, "")
    with from_make({}) as lent:
        assert lent == (None, "")


def test_make_j1_means_one_job() -> None:
    with from_make({"MAKEFLAGS": " -j1"}) as (slots, warning):
        assert (take_all(slots), warning) == (1, "")


@pytest.mark.parametrize(
    "flags",
    [
        "{auth}",
        "n -j4 {auth} -- A=b",
        "{auth} -j",
        "--jobserver-auth=fifo:/no/such {auth}",
        "{auth} --jobserver-auth=nonsense --jobserver-fds",
        "-k {auth} -- A=a\\ --jobserver-auth=fifo:/no/such --jobserver-auth=fifo:/no/such",
    ],
)
def test_the_last_jobserver_in_makeflags_counts(flags: str, auth: str) -> None:
    with from_make({"MAKEFLAGS": flags.format(auth=auth)}) as (slots, warning):
        assert isinstance(slots, Jobserver)
        assert warning == ""


def test_the_option_of_old_makes_is_known(server: Server) -> None:
    flags = f"--jobserver-fds={server.read},{server.write} -j"
    with from_make({"MAKEFLAGS": flags}) as (slots, _):
        assert take_all(slots) == 1 + len(TOKENS)


def test_the_path_of_a_fifo_may_hold_blanks(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a b\\c")
    path = f"{tmp_path}/a\\ b\\\\c"  # as make escapes it
    with from_make({"MAKEFLAGS": f"-j2 --jobserver-auth=fifo:{path} -k"}) as (slots, warning):
        assert isinstance(slots, Jobserver)
        assert warning == ""


@given(
    st.lists(
        st.sampled_from(["--jobserver-auth=", "--jobserver-fds=", "fifo:", " ", "\\", "-- ", ","])
        | st.integers(1000).map(str)
        | st.text(st.characters(exclude_characters="\0", codec="utf-8"))
    ).map("".join)
)
def test_nonsense_in_makeflags_gives_one_job_or_leaves_the_number_to_us(flags: str) -> None:
    with from_make({"MAKEFLAGS": flags}) as (slots, warning):
        assert slots is None or isinstance(slots, Fixed)
        assert slots is not None or not warning


def test_descriptors_that_make_closed_mean_one_job_and_advice() -> None:
    for pair in ("998,999", "-2,-2"):
        with from_make({"MAKEFLAGS": f"-j4 --jobserver-auth={pair}"}) as (slots, warning):
            assert take_all(slots) == 1
            assert "put `+` in front of the recipe line" in warning


def test_descriptors_of_something_else_are_not_touched(server: Server, tmp_path: Path) -> None:
    other_read, other_write = os.pipe()
    with (tmp_path / "file").open("w+b") as file:
        file.write(b"bytes")
        file.seek(0)
        pairs = [(server.read, other_write), (file.fileno(), file.fileno())]
        for read, write in pairs if sys.platform == "linux" else pairs[1:]:
            with from_make({"MAKEFLAGS": f"--jobserver-auth={read},{write}"}) as (slots, warning):
                assert take_all(slots) == 1
                assert warning
        assert file.read() == b"bytes"
    assert server.tokens() == TOKENS
    os.close(other_read)
    os.close(other_write)


def test_a_fifo_that_is_not_there_means_one_job_and_a_warning(tmp_path: Path) -> None:
    with from_make({"MAKEFLAGS": f"--jobserver-auth=fifo:{tmp_path}/gone"}) as (slots, warning):
        assert take_all(slots) == 1
        assert f"{tmp_path}/gone" in warning


def test_one_slot_is_our_own_and_one_comes_with_each_token(auth: str, server: Server) -> None:
    with from_make({"MAKEFLAGS": auth}) as (slots, _):
        assert isinstance(slots, Jobserver)
        assert slots.acquire()
        assert server.tokens() == TOKENS
        os.write(server.write, TOKENS)
        assert take_all(slots) == len(TOKENS)
        assert server.tokens() == b""
        slots.release()
        assert len(server.tokens()) == 1


def test_each_token_goes_back_as_the_byte_it_was(auth: str, server: Server) -> None:
    with from_make({"MAKEFLAGS": auth}) as (slots, _):
        assert isinstance(slots, Jobserver)
        for _ in range(take_all(slots)):
            slots.release()
        assert server.tokens() == TOKENS


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, GeneratorExit])
def test_tokens_go_back_whatever_happens(
    error: type[BaseException], auth: str, server: Server
) -> None:
    def fail() -> None:
        with from_make({"MAKEFLAGS": auth}) as (slots, _):
            assert take_all(slots) == 1 + len(TOKENS)
            raise error

    with pytest.raises(error):
        fail()
    assert server.tokens() == TOKENS


@given(st.lists(st.booleans(), max_size=40))
@settings(deadline=None)
def test_never_more_slots_than_lent(takes: list[bool]) -> None:
    read, write = os.pipe()
    server = Server(read, write)
    held = 0
    with from_make({"MAKEFLAGS": f"--jobserver-auth={read},{write}"}) as (slots, _):
        assert slots is not None
        for take in takes:
            if take:
                taken = slots.acquire()
                assert taken == (held <= len(TOKENS))
                held += taken
            elif held:
                slots.release()
                held -= 1
    assert server.tokens() == TOKENS
    os.close(read)
    os.close(write)


def test_the_descriptors_of_make_keep_their_flags(server: Server) -> None:
    flags = f"--jobserver-auth={server.read},{server.write}"
    with from_make({"MAKEFLAGS": flags}) as (slots, _):
        take_all(slots)
        assert os.get_blocking(server.read)
        assert os.get_blocking(server.write)


def test_no_descriptor_is_left(auth: str, tmp_path: Path) -> None:
    def lowest_free() -> int:
        with (tmp_path / "file").open("wb") as file:
            return file.fileno()

    before = lowest_free()
    for flags in (auth, "--jobserver-auth=0,999", f"--jobserver-auth=fifo:{tmp_path}/file"):
        with from_make({"MAKEFLAGS": flags}):
            pass
    assert lowest_free() == before


def test_the_pool_wakes_up_for_a_token(tmp_path: Path) -> None:
    """The first task lends the token that the second needs, and waits for it to run."""
    os.mkfifo(tmp_path / "fifo")
    _, guest = meeting(tmp_path, 2)
    with from_make({"MAKEFLAGS": f"--jobserver-auth=fifo:{tmp_path}/fifo"}) as (slots, _):
        assert slots is not None
        orders = [("feed", str(tmp_path / "fifo"), str(tmp_path)), guest]
        ends = list(pool.run("pool_work:act", orders, Limits(2, timeout_s=60), slots))
    assert [type(end) for end in ends] == [Done, Done]


def test_the_pool_takes_all_that_is_lent_and_gives_it_back(
    auth: str, server: Server, tmp_path: Path
) -> None:
    with from_make({"MAKEFLAGS": auth}) as (slots, _):
        assert slots is not None
        orders = meeting(tmp_path, 1 + len(TOKENS))
        ends = list(pool.run("pool_work:act", orders, Limits(9, timeout_s=60), slots))
        assert all(isinstance(end, Done) for end in ends)
        assert server.tokens() == TOKENS


def environment(**variables: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(TESTS.parent), "MAKEFLAGS": "", **variables}


def test_ctrl_c_gives_the_tokens_of_a_running_pool_back(server: Server) -> None:
    flags = f"--jobserver-auth={server.read},{server.write}"
    with subprocess.Popen(
        [sys.executable, TESTS / "pool_work.py", "hang"],
        env=environment(MAKEFLAGS=flags),
        pass_fds=(server.read, server.write),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as client:
        assert client.stdout is not None
        for _ in range(3):
            client.stdout.readline()
        client.send_signal(signal.SIGINT)
        client.communicate(timeout=60)
    assert server.tokens() == TOKENS


def test_ctrl_c_at_any_moment_loses_no_token(server: Server) -> None:
    subprocess.run(
        [sys.executable, TESTS / "pool_work.py", "be interrupted", "500"],
        env=environment(MAKEFLAGS=f"--jobserver-auth={server.read},{server.write}"),
        pass_fds=(server.read, server.write),
        check=True,
    )
    assert server.tokens() == TOKENS


Make = Callable[..., str]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Runs real make on recipes, which are programs of pool_work; gives what it complains of."""
    if shutil.which("make") is None:
        pytest.skip("needs GNU make")

    def run(jobs: int, *recipes: str) -> str:
        client = f"{sys.executable} {TESTS / 'pool_work.py'}"
        names = [f"r{number}" for number in range(len(recipes))]
        rules = [
            f"{name}:\n\t{recipe.replace('client', client)}\n"
            for name, recipe in zip(names, recipes, strict=True)
        ]
        (tmp_path / "Makefile").write_text(f"all: {' '.join(names)}\n" + "".join(rules))
        done = subprocess.run(
            ["make", f"-j{jobs}"],
            cwd=tmp_path,
            env=environment(),
            stderr=subprocess.PIPE,
            text=True,
            check=True,
            timeout=120,
        )
        return done.stderr

    return run


def peak(log: str) -> int:
    """How many tasks ran at a time, at most."""
    counts = [0]
    for mark in log:
        counts.append(counts[-1] + (1 if mark == "+" else -1))
    return max(counts)


@pytest.mark.parametrize("jobs", [1, 2, 4])
def test_all_jobs_of_make_are_used(jobs: int, make: Make, tmp_path: Path) -> None:
    assert make(jobs, f"+@client meet {tmp_path} {jobs}") == ""


@pytest.mark.parametrize("jobs", [1, 2, 4])
def test_two_recipes_together_stay_within_the_jobs_of_make(
    jobs: int, make: Make, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    assert make(jobs, f"+@client log {log}", f"+@client log {log}") == ""  # no token is missed
    marks = log.read_text()
    assert (marks.count("+"), marks.count("-")) == (32, 32)
    assert peak(marks) <= jobs


def test_a_recipe_without_plus_runs_one_job_and_says_why(make: Make, tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert "put `+` in front" in make(4, f"@client log {log}")
    assert peak(log.read_text()) == 1
