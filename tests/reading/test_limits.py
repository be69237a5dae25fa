"""Hostile files are refused early; a failure here shows as a hang or a RecursionError."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from archspec.errors import Problem, SpecError
from archspec.reading import plain, read_file, read_yaml
from archspec.reading.composer import MAX_DEPTH, MAX_NODES, MAX_PROBLEMS
from archspec.reading.source import MAX_BYTES


def refusals(data: bytes | str) -> tuple[Problem, ...]:
    with pytest.raises(SpecError) as caught:
        read_yaml(data, "bomb.yaml")
    return caught.value.problems


@pytest.mark.parametrize("opening", ["[", "{", "- ", "? ", "[a: ", "{a: ", "- - ", "[[", '{"a":'])
@pytest.mark.parametrize("times", [100, 10_000, 100_000])
def test_nesting(opening: str, times: int) -> None:
    (problem,) = refusals(opening * times)
    assert problem.problem == f"nested deeper than {MAX_DEPTH} levels"
    assert problem.where is not None and problem.where.line == 1


def test_nesting_by_indentation() -> None:
    (problem,) = refusals("".join(" " * level + "a:\n" for level in range(1000)))
    assert problem.problem == f"nested deeper than {MAX_DEPTH} levels"
    assert problem.where is not None
    assert problem.where.line == problem.where.column == MAX_DEPTH + 1


def test_the_deepest_that_is_read() -> None:
    text = "[" * MAX_DEPTH + "]" * MAX_DEPTH
    value = plain(read_yaml(text, "deep.yaml"))
    assert str(value) == text
    assert refusals(f"[{text}]")


def test_too_many_values() -> None:
    most = "[" + "a," * (MAX_NODES - 1) + "]"
    assert len(plain(read_yaml(most, "long.yaml"))) == MAX_NODES - 1
    (problem,) = refusals(most[:-1] + "\na]")
    assert problem.problem == f"more than {MAX_NODES} values in one file"
    assert problem.where is not None and problem.where.line == 2


def test_too_large(tmp_path: Path) -> None:
    text = "a: " + "x" * (MAX_BYTES - 3)
    path = tmp_path / "large.yaml"
    path.write_text(text)
    assert plain(read_file(path)) == {"a": text[3:]}
    path.write_text(text + "x")
    with pytest.raises(SpecError, match=f"larger than {MAX_BYTES} bytes"):
        read_file(path)
    for data in (text + "x", (text + "x").encode(), "é" * (MAX_BYTES // 2 + 1)):
        (problem,) = refusals(data)
        assert problem.problem.startswith("the file is larger than")


@pytest.mark.parametrize("line", ["a: 1\n", "- &a 1\n", "- *a\n", "- !t 1\n", "- {<<: 1}\n"])
def test_a_thousand_problems(line: str) -> None:
    problems = refusals(line * 10_000)
    assert len(problems) == MAX_PROBLEMS + 1
    assert problems[-1].problem == f"reading stopped here, after {MAX_PROBLEMS} problems"


def test_aliases_are_not_expanded() -> None:
    lines = ["a: &a [x, x]"]
    for one, two in itertools.pairwise("abcdefghij"):
        lines.append(f"{two}: &{two} [" + ", ".join([f"*{one}"] * 9) + "]")
    problems = refusals("\n".join(lines))
    assert len(problems) == 10 + 9 * 9


@pytest.mark.parametrize(
    "unit",
    ["\n", " ", "\t", "#", "x", "x ", "'", '"', "''", '"",', "\\", ":", ": ", "-", "--- \n", "%A\n",
     "&", "*", "!", "|", "|\n", ">\n\n", "[],", "{},", "a,", "é", "\r", "? \n", "- \n", "]", "9",
     "\ufffd", "...\n", "0.", "(, "],
)  # fmt: skip
@pytest.mark.parametrize("prefix", ["", "a: ", 'a: "', "a: '", "a: |\n ", "[", "{a: ", "? "])
def test_a_file_of_one_thing(prefix: str, unit: str) -> None:
    text = prefix + unit * (50_000 // len(unit))
    try:
        read_yaml(text, "one.yaml")
    except SpecError as error:
        assert all(len(str(problem)) < 300 for problem in error.problems)
