"""Places, and the words that messages use for values."""

from __future__ import annotations

import pytest

from archspec.errors import Location
from archspec.reading import Entry, Mapping, Node, Scalar, Sequence, describe, plain, read_yaml


def mapping(text: str) -> Mapping:
    node = read_yaml(text, "spec.yaml")
    assert isinstance(node, Mapping)
    return node


def scalar(text: str) -> Scalar:
    node = mapping(text).get("k")
    assert isinstance(node, Scalar)
    return node


def test_every_node_has_its_place() -> None:
    text = "# comment\nname: Größe\nlist: [网络, {b: 1}]\nblock:\n  - x\n  -   y: z\n"
    root = mapping(text)
    places: dict[str, tuple[int, int]] = {}

    def note(path: str, node: Node) -> None:
        places[path] = (node.where.line, node.where.column)
        if isinstance(node, Mapping):
            for entry in node:
                key = f"{path}.{entry.key}"
                places[f"key {key}"] = (entry.key_where.line, entry.key_where.column)
                note(key, entry.value)
        elif isinstance(node, Sequence):
            for index, item in enumerate(node):
                note(f"{path}[{index}]", item)

    note("", root)
    assert root.where == Location("spec.yaml", 2, 1)
    assert places == {
        "": (2, 1),
        "key .name": (2, 1),
        ".name": (2, 7),
        "key .list": (3, 1),
        ".list": (3, 7),
        ".list[0]": (3, 8),
        ".list[1]": (3, 12),
        "key .list[1].b": (3, 13),
        ".list[1].b": (3, 16),
        "key .block": (4, 1),
        ".block": (5, 3),
        ".block[0]": (5, 5),
        ".block[1]": (6, 7),
        "key .block[1].y": (6, 7),
        ".block[1].y": (6, 10),
    }


def test_a_scalar_keeps_its_text() -> None:
    assert (scalar("k: 0x10").value, scalar("k: 0x10").text) == (16, "0x10")
    assert not scalar("k: 1").quoted
    for text in ("k: '1'", 'k: "1"', "k: |-\n  1", "k: >-\n  1"):
        assert (scalar(text).value, scalar(text).text, scalar(text).quoted) == ("1", "1", True)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("k: c1 + ?", (1, 9)),
        ("k: 'c1 + ?'", (1, 10)),
        ('k:   "c1 + ?"', (1, 12)),
        ("é: 1\nk: [c1 + ?]", None),
        ("k: 'c''1 + ?'", (1, 4)),
        ('k: "c\\x31 + ?"', (1, 4)),
        ("k: c1\n  + ?", (1, 4)),
        ("k: |-\n  c1 + ?", (1, 4)),
    ],
)
def test_the_place_of_a_character(text: str, place: tuple[int, int] | None) -> None:
    node = mapping(text).get("k")
    if isinstance(node, Sequence):
        assert isinstance(node[0], Scalar)
        assert node[0].at(5) == Location("spec.yaml", 2, 10)
        return
    assert isinstance(node, Scalar)
    where = node.at(5)
    assert (where.line, where.column) == place


def test_looking_into_a_mapping() -> None:
    root = mapping("a: 1\nb: null\n")
    assert root.keys() == ("a", "b")
    assert "a" in root and "c" not in root and 1 not in root
    assert len(root) == 2
    assert [entry.key for entry in root] == ["a", "b"]
    entry = root.entry("b")
    assert isinstance(entry, Entry)
    assert plain(entry.value) is None
    assert root.entry("c") is None
    assert root.get("c") is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("k: abc", "the string 'abc'"),
        ("k: '3'", "the string '3'"),
        ("k: ''", "the string ''"),
        ("k: 3", "the number 3"),
        ("k: 1e-5", "the number 1e-5"),
        ("k: 0x10", "the number 0x10"),
        ("k: True", "true"),
        ("k: false", "false"),
        ("k:", "nothing"),
        ("k: [1, 2, 3]", "a list of 3"),
        ("k: []", "an empty list"),
        ("k: {a: 1}", "a mapping"),
        ("k: {}", "an empty mapping"),
        ('k: "\\e[31m\\u202e"', "the string '\\x1b[31m\\u202e'"),
        ("k: " + "x" * 99, "the string '" + "x" * 37 + "...'"),
        ("k: " + "9" * 99, "the number " + "9" * 37 + "..."),
    ],
)
def test_describe(text: str, words: str) -> None:
    node = mapping(text).get("k")
    assert node is not None
    assert describe(node) == words
