"""The kernels run under AddressSanitizer and UBSan without a finding."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FLAGS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer")


def library(name: str) -> str:
    """Where gcc has one of its libraries; its bare name when it has not."""
    asked = ["gcc", f"-print-file-name={name}"]
    return subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture(scope="module")
def extension(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if sys.platform != "linux" or shutil.which("gcc") is None:
        pytest.skip("the sanitizers need gcc on Linux")
    include = sysconfig.get_path("include")
    if not Path(include, "Python.h").exists():
        pytest.skip("Python.h is not installed")
    if not Path(library("libasan.so")).is_absolute():
        pytest.skip("gcc has no AddressSanitizer here")
    out = tmp_path_factory.mktemp("sanitized") / "_native.abi3.so"
    sources = sorted(map(str, (ROOT / "pipeline" / "kernels").glob("*.c")))
    build = ["gcc", "-std=c99", "-shared", "-fPIC", "-g", "-O1", *FLAGS]
    build += ["-DPy_LIMITED_API=0x030B0000", f"-I{include}", *sources, "-o", str(out)]
    subprocess.run(build, check=True, timeout=120)
    return out


def run_sanitized(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a script of this folder in a Python with the sanitizers loaded."""
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    extra = {
        "LD_PRELOAD": f"{library('libasan.so')} {library('libubsan.so')}",
        "ASAN_OPTIONS": "detect_leaks=0",
        "UBSAN_OPTIONS": "print_stacktrace=1",
        "PYTHONMALLOC": "malloc",  # so that small blocks have guards too
        "PYTHONPATH": path,
    }
    environment = {**os.environ, **extra}
    environment.pop("BITPLANE_NATIVE", None)
    command = [sys.executable, str(ROOT / "tests" / script), *arguments]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=300, check=False
    )


def test_the_sanitizers_find_nothing(extension: Path) -> None:
    ran = run_sanitized("drive_kernels.py", str(extension))
    assert ran.returncode == 0, ran.stderr[-4000:]
    assert ran.stdout.endswith(" cases\n")
