from __future__ import annotations

import re
from pathlib import Path

import pytest

from archspec.errors import SpecError
from archspec.reading import read_yaml
from archspec.weights.rules_reading import read_rules, rules_of
from archspec.weights.writing import quoted

WHOLE = r"""
archspec: 1
doc: All there is.
names:
  block: [stem, body.0, body.1]
  tensor: {gamma: weight, "0": bias}
ignore: ["**.num_batches_tracked", ema.*]
layouts: {conv: HWIO, depthwise: "*CM", dense: IO}
rename:
  a.{i}.*: b.{i+1}.*
  0: first.weight
  null: second.weight
  c.{block}.w: "{block}.weight"
  d: {to: e, layout: WIO, reverse: W, flattened: [7, 7, 512], squeeze: true}
split:
  qkv.{i}.weight: ["q.{i}.weight", "k.{i}.weight", "v.{i}.weight"]
  kv: {to: [k, v], axis: 1}
join:
  conv.weight: [left, right]
  experts.{i}: {from: ["a.{i}", "b.{i}"], stack: true, axis: 1}
order: false
"""


def rules(text: str) -> None:
    rules_of(read_yaml(text, "rules.yaml"), "rules.yaml")


def test_everything_that_can_be_said_is_read() -> None:
    text = WHOLE.replace("  0:", '  "0":').replace("  null:", '  "null":')
    found = rules_of(read_yaml(text, "rules.yaml"), "rules.yaml")
    assert [each.kind for each in found.rules] == [*["rename"] * 5, "split", "split", *["join"] * 2]
    assert dict(found.layouts) == {"conv": "HWIO", "depthwise": "*CM", "dense": "IO"}
    change = found.rules[4].change
    assert (change.layout, change.reverse) == ("WIO", "W")
    assert (change.flattened, change.squeeze) == ((7, 7, 512), True)
    assert (found.rules[6].axis, found.rules[8].axis, found.rules[8].stack) == (1, 1, True)
    assert [each.text for each in found.ignore] == ["**.num_batches_tracked", "ema.*"]
    assert found.rules[2].targets[0].text == "second.weight"


MISTAKES = [
    ("[]", "1:1: expected a mapping"),
    ("rename: {a: b}", "1:1: `archspec: 1` is missing"),
    ("archspec: 2\nrename: {a: b}", "1:11: expected version 1"),
    ("archspec: 1", "1:1: there are no rules in it"),
    ("archspec: 1\nrenames: {a: b}", "2:1: unknown key `renames`"),
    ("archspec: 1\nrename: [a]", "2:9: expected a mapping as `rename`"),
    ("archspec: 1\nrename: {a: [b]}", "2:13: expected a name, received a list"),
    ("archspec: 1\nrename: {a: }", "2:13: expected a name, received nothing"),
    ("archspec: 1\nrename: {a: b, a: c}", "2:16: the key 'a' stands twice"),
    ("archspec: 1\nrename:\n  a{: b", "3:3: `a{`: `{` is not closed"),
    ("archspec: 1\nrename:\n  a: b{i}", "3:3: `b{i}` has `{i}`, `a` has not"),
    ("archspec: 1\nrename:\n  a.*: b", None),
    ("archspec: 1\nrename:\n  a: b.*", "3:3: `b.*` has not as many `*`"),
    ("archspec: 1\nrename:\n  a{i+1}: b{i}", "3:3: `a{i+1}`: write the sum on the other side"),
    ("archspec: 1\nrename:\n  a{i}: b{i=1..2}", "3:3: `b{i=1..2}`: limits belong"),
    ("archspec: 1\nrename:\n  a: {too: b}", "3:6: `to` is missing"),
    ("archspec: 1\nrename:\n  a: {to: b, python: 1}", "3:14: unknown option `python`"),
    ("archspec: 1\nrename:\n  a: {to: b, axis: 1}", "3:14: unknown option `axis`"),
    ("archspec: 1\nrename:\n  a: {to: b, layout: XY}", "3:22: expected a layout such as HWIO"),
    ("archspec: 1\nrename:\n  a: {to: b, layout: HHI}", "3:22: expected a layout"),
    ("archspec: 1\nrename:\n  a: {to: b, squeeze: 1}", "3:23: `squeeze`: expected true or false"),
    ("archspec: 1\nrename:\n  a: {to: b, flattened: [7]}", "3:25: expected the sizes"),
    ("archspec: 1\nrename:\n  a: {to: b, flattened: [7, 1e3]}", "3:25: expected the sizes"),
    ("archspec: 1\nsplit:\n  a: [b]", "3:6: expected 2 to 64 names"),
    ("archspec: 1\nsplit:\n  a: b", "3:6: expected a list"),
    ("archspec: 1\nsplit:\n  a: {to: [b, c], axis: -1}", "3:25: expected the number of an axis"),
    ("archspec: 1\njoin:\n  a: {from: [b, c], axis: 99}", "3:27: expected the number"),
    ("archspec: 1\nlayouts: {convolution: OIHW}\norder: true", "2:11: unknown kind of layer"),
    ("archspec: 1\nnames: {t: {a.b: c}}\norder: true", "2:13: expected one part of a name"),
    ("archspec: 1\nnames: {t: {}}\norder: true", "2:12: the table `t` is empty"),
    ("archspec: 1\nignore: a\norder: true", "2:9: expected a list as `ignore`"),
    ("archspec: 1\norder: maybe", "2:8: `order`: expected true or false"),
    ("archspec: 1\nrename: {a: &x b}", "2:13: the anchor '&x'"),
    ("archspec: 1\nrename: !!python/object/apply:os.system {a: b}", "the tag"),
]


@pytest.mark.parametrize(("text", "problem"), MISTAKES)
def test_a_mistake_is_reported_with_its_place(text: str, problem: str | None) -> None:
    if problem is None:
        rules(text)
        return
    with pytest.raises(SpecError) as caught:
        rules(text)
    assert problem in str(caught.value)


def test_all_mistakes_are_reported_at_once() -> None:
    with pytest.raises(SpecError) as caught:
        rules("archspec: 3\nrename: {a: 'b{', c: {to: d, layout: q}}\nsplit: {a: b}\nbad: 1\n")
    assert len(caught.value.problems) == 5


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=re.escape(str(tmp_path / "rules.yaml"))):
        read_rules(tmp_path / "rules.yaml")


@pytest.mark.parametrize(
    "text",
    ["a.b", "*", "{i}.x", "**.w", "no", "1", "1e3", "a: b", "a #b", "- a", "'", '"', "\\*", "é",
     "\u2028x", "a\nb", "😀", "x ", " x", "null", "a'b", "%a", "@a", "`a", "!a", "&a", "~", "=",
     "\x00", "\x7f", "a{i=0..3}.b", "y"],
)  # fmt: skip
def test_a_text_is_written_so_that_it_is_read_as_it_was(text: str) -> None:
    node = read_yaml(f"key: {quoted(text)}\n{quoted(text)}: 1\n", "x")
    assert not isinstance(node, str)
    first, second = node  # type: ignore[misc]
    assert first.value.text == text  # type: ignore[union-attr]
    assert second.key == text
    assert isinstance(first.value.value, str)  # type: ignore[union-attr]
