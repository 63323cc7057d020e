import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.disk import RealDisk
from pipeline.document import MAX_ALIASED, MAX_DEPTH, parse
from pipeline.manifest import read_manifest
from pipeline.planner import make
from pipeline.report import Failure, printable, render


def data(text: str) -> object:
    return parse(text.encode(), "t.yaml").data


def failure(text: str | bytes) -> Failure:
    with pytest.raises(Failure) as caught:
        parse(text if isinstance(text, bytes) else text.encode(), "t.yaml")
    return caught.value


@pytest.mark.parametrize(
    "text", ["no", "on", "012345", "0x10", "1_0", "12:30:45", "1.10", "=", "1e5"]
)
def test_scalars_stay_text(text: str) -> None:
    assert data(f"a: {text}\n") == {"a": text}


def test_every_value_and_key_keeps_its_place() -> None:
    document = parse(b"a: 1\nb:\n  - x\n  - {c: yy}\n", "t.yaml")
    assert document.value_span(("b", 1, "c"))[:4] == ("t.yaml", 4, 9, 2)
    assert document.key_span(("b", 1, "c"))[:4] == ("t.yaml", 4, 6, 1)
    assert document.key_span(("b",))[:4] == ("t.yaml", 2, 1, 1)
    assert document.value_span(("b", 7, "d"))[:3] == ("t.yaml", 3, 3)


def test_merge_keys_add_what_is_not_given() -> None:
    text = "a: &a {x: 1, y: 2}\nb: &b {y: 3, z: 4}\nc: {<<: [*a, *b], z: 5}\n"
    assert data(text) == {
        "a": {"x": "1", "y": "2"},
        "b": {"y": "3", "z": "4"},
        "c": {"x": "1", "y": "2", "z": "5"},
    }


def test_depth_is_bounded_exactly() -> None:
    fine = "[" * MAX_DEPTH + "x" + "]" * MAX_DEPTH
    assert data(fine) is not None
    assert "nested" in failure(f"[{fine}]").problems[0].message


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_a_hundred_thousand_levels_do_not_crash(opening: str) -> None:
    assert failure(opening * 100_000).problems[0].span is not None


def test_aliases_are_bounded() -> None:
    lines = ["b0: &b0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"b{i}: &b{i} [{', '.join([f'*b{i - 1}'] * 10)}]" for i in range(1, 9)]
    message = failure("\n".join(lines)).problems[0].message
    assert str(MAX_ALIASED) in message


def test_duplicate_key_names_both_places() -> None:
    problem = failure("a: 1\nb: 2\na: 3\n").problems[0]
    assert problem.span is not None
    assert problem.also is not None
    assert (problem.span.line, problem.also[0].line) == (3, 1)


yaml_like = st.text(
    alphabet=st.sampled_from(
        [*"abxz019:-#,&*!|>'\"%@`{}[]?<=~ \n\t", "é", "\u2028", "\x85", "\x07", "\ufeff"]
    ),
    max_size=60,
)


@settings(max_examples=600, deadline=None)
@given(yaml_like)
def test_any_text_is_parsed_or_refused_with_a_place(text: str) -> None:
    try:
        parse(text.encode(), "t.yaml")
    except Failure as caught:
        for problem in caught.problems:
            assert problem.span is not None
            assert problem.span.line >= 1
            assert printable(render(problem).replace("\n", "")) == render(problem).replace("\n", "")


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=40))
def test_any_bytes_are_parsed_or_refused(raw: bytes) -> None:
    try:
        parse(raw, "t.yaml")
    except Failure as caught:
        assert caught.problems


KEYS = [
    "target",
    "output",
    "defaults",
    "budget",
    "palettes",
    "assets",
    "source",
    "size",
    "palette",
    "dither",
    "emit",
    "on",
    "fixed",
    "colors",
    "method",
    "strength",
    "x",
    "0",
    "name",
    "frame",
    "rotate",
]
VALUES = [
    "ssd1306-128x64",
    "none",
    "x",
    "0",
    "-1",
    "1e9",
    "320x240",
    "#ff0000",
    "transparent",
    "keep",
    "{stem}",
    "[",
    "",
]
trees = st.recursive(
    st.sampled_from(VALUES),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5)
    ),
    max_leaves=20,
)


@settings(max_examples=400, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS[:6]), trees, max_size=6))
def test_any_tree_is_planned_or_refused_with_a_place(tree: dict[str, object]) -> None:
    import json
    from pathlib import Path

    try:
        make(read_manifest(json.dumps(tree).encode(), Path("build.yaml")), RealDisk("nowhere"))
    except Failure as caught:
        assert caught.problems
        assert all(problem.span is not None for problem in caught.problems)


def test_control_and_bidi_characters_are_escaped() -> None:
    assert printable("a\x1b[31m\u202eb\x9b\n") == "a\\x1b[31m\\u202eb\\x9b\\n"
    assert printable("grün ✓ 日本") == "grün ✓ 日本"
