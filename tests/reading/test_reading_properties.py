"""Whatever the bytes, the answer is a node or a SpecError; and data survives the round trip."""

from __future__ import annotations

import json
import re
from typing import Any

import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from archspec.errors import Location, SpecError
from archspec.reading import Mapping, Node, Scalar, Sequence, plain, read_yaml, yaml_reader

KEYS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner),
    max_leaves=20,
)
YAMLISH = st.lists(
    st.sampled_from(
        ["a", "b: ", "- ", "\n", "\n  ", " ", "[", "]", "{", "}", ", ", ": ", "'", '"', "#", "&a ",
         "*a", "!t ", "<<: ", "|\n", ">-\n", "---\n", "...\n", "%YAML 1.2\n", "? ", "\t", "1", "é",
         "\\", "\\UFFFFFFFF", "\\ud800", "0x", "1e999", "\r\n", "(", "max(", ")", "c[0]", "\ufeff"]
    ),
    max_size=30,
).map("".join)  # fmt: skip
NOT_PLAIN_IN_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


class StringsQuoted(yaml.SafeDumper):
    """PyYAML follows YAML 1.1, and so would leave the text ``1e-5`` bare."""


StringsQuoted.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'),
)


def same(left: Any, right: Any) -> bool:
    """Equal, with equal types (``1 == 1.0 == True`` in Python)."""
    return json.dumps(left) == json.dumps(right)


@given(VALUES)
def test_yaml_round_trip(value: Any) -> None:
    text = yaml.dump(value, Dumper=StringsQuoted, sort_keys=False, allow_unicode=False)
    assert same(plain(read_yaml(text, "x")), value)


@given(VALUES, st.sampled_from([None, 2]))
def test_json_round_trip(value: Any, indent: int | None) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    text = NOT_PLAIN_IN_YAML.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    assert same(plain(read_yaml(text, "x")), value)


@given(st.binary(max_size=200))
@example(b"\xef\xbb\xbf")
@example(b"\xff\xfe")
@example(b"\0\0\0\0")
def test_any_bytes(data: bytes) -> None:
    check(data)


@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    check(text)


@settings(max_examples=500)
@given(YAMLISH)
@example("? a")
@example("[")
def test_anything_like_yaml(text: str) -> None:
    check(text)


@given(YAMLISH | st.text(max_size=50))
def test_the_pure_python_parser(text: str) -> None:
    before, yaml_reader._PARSER = yaml_reader._PARSER, yaml.SafeLoader
    try:
        check(text)
    finally:
        yaml_reader._PARSER = before


def check(data: bytes | str) -> None:
    """Read it; whatever comes out has places inside the file and is printable."""
    text = data if isinstance(data, str) else data.decode("utf-8", "replace")
    lines = len(re.split("\r\n|\r|\n", text))
    try:
        node = read_yaml(data, "x")
    except SpecError as error:
        assert error.problems
        for problem in error.problems:
            assert str(problem).isprintable()
            assert problem.hint is None or problem.hint.isprintable()
            check_place(problem.where, lines)
    else:
        check_places(node, lines)


def check_place(where: Location | None, lines: int) -> None:
    assert where is not None
    assert 1 <= where.line <= lines
    assert where.column >= 1


def check_places(node: Node, lines: int) -> None:
    check_place(node.where, lines)
    if isinstance(node, Scalar):
        assert node.value == node.text or not node.quoted
        return
    parts = node.items if isinstance(node, Sequence) else [entry.value for entry in node]
    if isinstance(node, Mapping):
        assert len(set(node.keys())) == len(node.keys())
    for part in parts:
        check_places(part, lines)
