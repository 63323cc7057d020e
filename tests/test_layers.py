"""The ranks in docs/architecture.md hold: the table there is read and compared with the imports."""

import ast
import tomllib
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "pipeline"
DOC = (ROOT / "docs" / "architecture.md").read_text("utf-8")
DOORS = {
    "yaml": {"document"},
    "pydantic": {
        "scalars",
        "validate",
        "target_file",
        "manifest",
        "palette_lock",
        "commands.convert",
    },
    "pydantic_core": {"scalars"},
    "PIL": {"source", "sheet"},
    "sklearn": {"kmeans"},
    "threadpoolctl": {"kmeans"},
    "starlette": {"preview.server"},
    "uvicorn": {"preview.server"},
    "watchfiles": {"preview.server"},
    "serial": {"upload.transport", "upload.ports"},
}


def ranks() -> list[tuple[str, str]]:
    """(world, pattern) pairs, lowest first."""
    block = DOC.split("```ranks\n")[1].split("```")[0]
    return [(line.split()[0], name) for line in block.splitlines() for name in line.split()[1:]]


def lines() -> list[list[str]]:
    block = DOC.split("```ranks\n")[1].split("```")[0]
    return [line.split()[1:] for line in block.splitlines()]


def rank(module: str) -> int:
    """The line of a module; an exact name goes before a pattern."""
    for matches in (lambda name: name == module, lambda name: fnmatchcase(module, name)):
        for place, names in enumerate(lines()):
            if any(matches(name) for name in names):
                return place
    pytest.fail(f"docs/architecture.md does not rank {module}")


def world(module: str) -> str:
    exact = [world for world, name in ranks() if name == module]
    alike = [world for world, name in ranks() if fnmatchcase(module, name)]
    return [*exact, *alike, "not ranked"][0]


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = sorted(
    name
    for path in PACKAGE.rglob("*.py")
    if (name := module_name(path)) not in {"", "__main__", "commands"}
)


def imports(module: str) -> set[str]:
    path = PACKAGE.joinpath(*module.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return found


def ours(module: str) -> set[str]:
    names = {
        name.removeprefix("pipeline.") for name in imports(module) if name.startswith("pipeline.")
    }
    return names & set(MODULES)


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_lower_ranks(module: str) -> None:
    package = module.rpartition(".")[0]
    for used in ours(module) - {package, module}:
        lazy = (module, used) in {("engine", "steps"), ("commands.convert", "steps")}
        assert rank(used) < rank(module) or lazy or same_command(module, used), (
            f"{module} uses {used}"
        )


def same_command(module: str, used: str) -> bool:
    return module.startswith("commands.") and used.startswith("commands.")


@pytest.mark.parametrize("module", [m for m in MODULES if world(m) == "front"])
def test_front_never_imports_pixels(module: str) -> None:
    assert {world(used) for used in ours(module)} <= {"front"}
    assert not any(name.split(".")[0] in {"numpy", "PIL", "sklearn"} for name in imports(module))


@pytest.mark.parametrize("module", [m for m in MODULES if world(m) == "pixels"])
def test_pixels_touch_no_files(module: str) -> None:
    # The compiled kernels compute and no more; only whether they are used is the world's affair.
    assert {world(used) for used in ours(module) - {"kernels"}} <= {"pixels", "front"}
    assert "pathlib.Path" not in imports(module)
    assert not {"os", "yaml", "pydantic"} & {name.split(".")[0] for name in imports(module)}


@pytest.mark.parametrize(("package", "doors"), DOORS.items())
def test_third_parties_have_one_door(package: str, doors: set[str]) -> None:
    users = {m for m in MODULES if package in {name.split(".")[0] for name in imports(m)}}
    assert users == doors


def test_the_wheel_has_every_package() -> None:
    named = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    found = {".".join(file.parent.relative_to(ROOT).parts) for file in PACKAGE.rglob("__init__.py")}
    assert set(named) - {"pipeline.targets"} == found
