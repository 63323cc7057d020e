"""When, on what and with what a bench ran, in a sentence; no names of hosts or folders."""

import datetime as dt
import os
import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


def machine_words(packages: Sequence[str] = ()) -> str:
    """Date, processors, system, Python, versions of packages, and how busy the machine was."""
    kind = f"{os.cpu_count()} processors{_model()}, {platform.system()} {platform.machine()}"
    tools = [f"Python {platform.python_version()}", *filter(None, map(_version, packages))]
    load = f"load average {os.getloadavg()[0]:.1f} at the start"
    return f"{dt.datetime.now(dt.UTC).date()}; {kind}; {', '.join(tools)}; {load}."


def _version(package: str) -> str:
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return ""


def _model() -> str:
    """The processor's name, where Linux tells it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f" ({names[0]})" if names else ""
