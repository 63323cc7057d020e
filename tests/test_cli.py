import json
import os
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml

from pipeline.cli import COMMANDS, main
from pipeline.commands.schema import schema
from pipeline.manifest import ManifestModel
from pipeline.target import builtin_folder, builtin_names
from pipeline.target_file import TargetFile

ROOT = Path(__file__).parent.parent
HEAVY = {"numpy", "PIL", "sklearn", "scipy"}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([command, "--help"])
    assert caught.value.code == 0
    assert f"usage: bitplane {command}" in capsys.readouterr().out


def test_without_a_command_help_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    out, err = capsys.readouterr()
    assert not out
    assert all(f"  {command}" in err for command in COMMANDS)


def modules_after(arguments: list[str], folder: Path) -> set[str]:
    """Top-level names in sys.modules after a command, in a process of its own."""
    code = (
        "import sys; from pipeline.cli import main; status = main(sys.argv[1:]); "
        "print(' '.join({name.split('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stderr.splitlines()[-1].split())


@pytest.mark.parametrize(
    "arguments", [["check"], ["build", "-n"], ["targets"], ["schema"], ["build", "nonsense"]]
)
def test_commands_that_open_no_picture_load_no_heavy_module(arguments: list[str]) -> None:
    assert not modules_after(arguments, ROOT) & HEAVY


def test_a_build_that_finds_nothing_to_do_loads_no_heavy_module(tmp_path: Path) -> None:
    (tmp_path / "build.yaml").write_text("target: ssd1306-128x64\nassets: {a: ramp.png}\n")
    ramp = ROOT / "tests" / "corpus" / "inputs" / "ramp.png"
    (tmp_path / "ramp.png").write_bytes(ramp.read_bytes())
    assert modules_after(["build"], tmp_path) & HEAVY
    assert not modules_after(["build"], tmp_path) & HEAVY
    (tmp_path / "build" / "assets" / "a.c").unlink()
    assert not modules_after(["build"], tmp_path) & HEAVY, "the cache knows it"


def test_a_build_with_fixed_palettes_never_loads_scikit_learn(tmp_path: Path) -> None:
    text = "target: ssd1306-128x64\nassets: {a: ramp.png}\n"
    (tmp_path / "build.yaml").write_text(text)
    ramp = ROOT / "tests" / "corpus" / "inputs" / "ramp.png"
    (tmp_path / "ramp.png").write_bytes(ramp.read_bytes())
    loaded = modules_after(["build"], tmp_path)
    assert "numpy" in loaded
    assert not loaded & {"sklearn", "scipy"}


def test_the_package_prints_nothing_when_its_output_is_closed() -> None:
    code = "from pipeline.cli import entry; import sys; sys.argv = ['bitplane', 'schema']; entry()"
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as closed:
        done = subprocess.run(
            [sys.executable, "-c", code], stdout=closed, stderr=subprocess.PIPE, check=False
        )
    assert not done.stderr


def yaml_as_editors_read_it(path: Path) -> object:
    """YAML 1.2 core types, as the language server of editors resolves them: `on` is text."""
    text = re.sub(r"(?<=\s)on:", "'on':", path.read_text("utf-8"))
    return yaml.safe_load(text)


def test_the_editor_schema_accepts_our_manifest() -> None:
    jsonschema.validate(yaml_as_editors_read_it(ROOT / "build.yaml"), schema(ManifestModel))


@pytest.mark.parametrize("case", ["palette-list", "size-none", "compress-in-layouts"])
def test_the_editor_schema_accepts_short_forms(case: str) -> None:
    path = ROOT / "tests" / "corpus" / case / "build.yaml"
    jsonschema.validate(yaml_as_editors_read_it(path), schema(ManifestModel))


@pytest.mark.parametrize("name", builtin_names())
def test_the_editor_schema_accepts_our_targets(name: str) -> None:
    path = builtin_folder() / f"{name}.yaml"
    jsonschema.validate(yaml_as_editors_read_it(path), schema(TargetFile))


@pytest.mark.parametrize(
    "fault",
    [
        {"target": "x"},
        {"target": "x", "assets": {"a": {"sourc": "a.png"}}},
        {"target": "x", "assets": {"a": {"source": "a.png", "dither": "floyd"}}},
        {"target": "x", "assets": {"a": "a.png"}, "colour": 1},
        {"target": "x", "assets": {"a": {"source": "a.png", "size": "big"}}},
        {"target": "x", "assets": {"a": {"source": "a.png", "background": "red"}}},
        {"target": "x", "assets": {"a": {"source": "a.png", "emit": "cc"}}},
        {"target": "x", "assets": {"a": {"source": "a.png", "alpha-threshold": 999}}},
        {"target": "x", "assets": {"a": {"source": "a.png", "dither": {"threshold": 256}}}},
        {"target": "x", "assets": {"a": "a.png"}, "palettes": {"p": {"colors": 257}}},
        {"target": "x", "assets": {"a": "a.png"}, "palettes": {"p": {"fixed": {"x": "#fff"}}}},
        {"target": "x", "assets": {"a": "a.png"}, "palettes": {"p": ["red"]}},
        {"target": "x", "assets": {"a": {"source": "a.png", "palette": []}}},
    ],
)
def test_the_editor_schema_refuses_faults(fault: object) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(fault, schema(ManifestModel))


def test_the_schema_is_valid_json_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    jsonschema.Draft202012Validator.check_schema(json.loads(capsys.readouterr().out))
