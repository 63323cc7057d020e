"""CI must not pass by skipping: BITPLANE_NO_SKIP=1 turns every skipped test into a failure."""

import os
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from crash_lab import Lab


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    report = yield
    if (
        report.skipped
        and os.environ.get("BITPLANE_NO_SKIP") == "1"
        and not hasattr(report, "wasxfail")
    ):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped: {report.longrepr[2]}"
    return report


@pytest.fixture(autouse=True)
def no_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests print the same wherever they run, also in GitHub Actions and under `make -j`."""
    for name in ("GITHUB_ACTIONS", "GITHUB_WORKSPACE", "MAKEFLAGS", "MFLAGS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the user's cache, or that of another test."""
    monkeypatch.setenv("BITPLANE_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> "Lab":
    """Projects to disturb builds in; made once, and copied for each use."""
    from crash_lab import Lab

    return Lab(tmp_path_factory.mktemp("lab") / "lab")
