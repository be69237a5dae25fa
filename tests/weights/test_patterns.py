from __future__ import annotations

import time

import pytest

from archspec.weights.patterns import PatternError, UnfilledError, parse

TABLES = {"tensor": {"gamma": "weight", "beta": "bias"}, "block": {"0": "stem", "10": "tail.a"}}

RENAMED = [
    ("conv.weight", "stem.weight", "conv.weight", "stem.weight"),
    ("features.{i}.*", "body.{i+1}.*", "features.12.bias", "body.13.bias"),
    ("features.{i}.*", "body.{i-2}.*", "features.12.bias", "body.10.bias"),
    ("l{i}.{j}.*", "s{j}.{i}.*", "l3.0.w", "s0.3.w"),
    ("*.x.*", "*.*", "a.x.b", "a.b"),
    ("**.weight", "net.**.weight", "a.b/c.weight", "net.a.b/c.weight"),
    ("module.**", "**", "module.a.b", "a.b"),
    ("bn{i}/{tensor}", "norm{i}.{tensor}", "bn4/gamma", "norm4.weight"),
    ("b{block}.c", "{block}.c", "b10.c", "tail.a.c"),
    (r"a\*\{i\}\\.{i}", r"\{{i}\}", r"a*{i}\.7", "{7}"),
    ("conv{ i = 1..3 }.w", "c{i}.w", "conv3.w", "c3.w"),
    ("*_conv{i}.w", "*.{i}.w", "block_a_conv12.w", "block_a.12.w"),
    ("{i}.{i}", "{i}", "3.3", "3"),
]


@pytest.mark.parametrize(("given", "target", "name", "expected"), RENAMED)
def test_a_name_becomes_another(given: str, target: str, name: str, expected: str) -> None:
    found = parse(given, TABLES).match(name)
    assert found is not None
    assert parse(target, TABLES).fill(found) == expected


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("conv.weight", "conv_weight"),
        ("a.*", "a.b.c"),
        ("a.*", "a."),
        ("a/*", "a/b/c"),
        ("a{i}", "ab"),
        ("a{i=1..3}", "a4"),
        ("{i}.{i}", "3.4"),
        ("{tensor}", "alpha"),
        ("b{block}", "b1"),
        ("**.w", ".w"),
        ("a", "a" * 2000),
    ],
)
def test_another_name_does_not_match(pattern: str, name: str) -> None:
    assert parse(pattern, TABLES).match(name) is None


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("", "received nothing"),
        ("a" * 501, "longer than 500"),
        ("a{i", "not closed"),
        ("a}", "closes nothing"),
        ("a\\", "stands for nothing"),
        ("{I}", "expected a name in braces"),
        ("{i*2}", "expected a name in braces"),
        ("{__import__('os')}", "expected a name in braces"),
        ("{i=3..1}", "matches no number"),
        ("{i}{j}", "something between"),
        ("**{i}", "something between"),
        ("***", "something between"),
        ("**.a.**", "once"),
        ("*a*.b", "one `*` or one table"),
        ("{tensor+1}", "is a table"),
        ("{i}0.a", "a digit right after"),
    ],
)
def test_what_means_nothing_is_refused(pattern: str, problem: str) -> None:
    with pytest.raises(PatternError, match=problem.replace("*", r"\*")):
        parse(pattern, TABLES)


def test_a_number_below_0_is_refused() -> None:
    found = parse("a{i}", {}).match("a2")
    assert found is not None
    with pytest.raises(UnfilledError, match="would be -1"):
        parse("b{i-3}", {}).fill(found)


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("**" + ".*1x1{i}" * 50, "1x1." * 240 + "y"),
        ("*1{i}." * 80 + "z", "1111111." * 120),
        ("**" + "a" * 400 + "b", "a" * 999),
        ("*" + "a" * 400 + "b", "a" * 999),
        ("{t}." * 60 + "z", "aaaaaaaaaaaaaaaa." * 58 + "y"),
    ],
)
def test_no_pattern_takes_long(pattern: str, name: str) -> None:
    tables = {"t": {"a" * length: "b" for length in range(1, 64)}}
    parsed = parse(pattern, tables)
    begun = time.perf_counter()
    assert parsed.match(name) is None
    assert time.perf_counter() - begun < 0.5
