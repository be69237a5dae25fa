from __future__ import annotations

import pytest
from hypothesis import given

from archspec.expressions import ExpressionError, evaluate, infer, parse
from archspec.expressions.tree import Expr, Value
from archspec.expressions.types import (
    Activation,
    BlockReference,
    Bool,
    Enumeration,
    Float,
    Int,
    Kind,
    ListOf,
    Optional,
    TupleOf,
    describe_value,
)
from tests.expressions.trees import ENV, anything, counts

PAIR = TupleOf((Int(), Int()), ("reduce", "out"))
KINDS: dict[str, Kind | None] = {
    "a": Int(),
    "b": Int(1),
    "c": Int(),
    "c2": PAIR,
    "flag": Bool(),
    "mode": Enumeration(("same", "valid")),
    "gone": Optional(Int()),
    "rate": Float(0, 1),
    "act": Activation(),
    "widths": ListOf(Int()),
    "what": None,
}


@pytest.mark.parametrize(
    ("kind", "value", "problem"),
    [
        (Int(), 3, None),
        (Int(), "abc", "expected an integer, received the string 'abc'"),
        (Int(), True, "expected an integer, received true"),
        (
            Int(),
            32.0,
            "expected an integer, received the number 32.0 (`//` divides to an integer)",
        ),
        (Int(1), 0, "expected an integer of at least 1, received the integer 0"),
        (Int(maximum=5), 6, "expected an integer of at most 5, received the integer 6"),
        (Float(), 3, None),
        (Float(0, 1), 1.5, "expected a number from 0 to 1, received the number 1.5"),
        (Float(), float("nan"), "expected a number, received the number nan"),
        (Float(), False, "expected a number, received false"),
        (Bool(), False, None),
        (Bool(), 0, "expected true or false, received the integer 0"),
        (Enumeration(("same", "valid")), "same", None),
        (
            Enumeration(("same", "valid")),
            "smae",
            "expected one of same, valid, received the string 'smae' (did you mean `same`?)",
        ),
        (PAIR, (96, 128), None),
        (PAIR, (1, 2, 3), "expected 2 integers (reduce, out), received 3"),
        (PAIR, 5, "expected 2 integers (reduce, out), received the integer 5"),
        (PAIR, (1, "a"), "out: expected an integer, received the string 'a'"),
        (TupleOf((Int(),)), (), "expected a list of an integer, received 0"),
        (
            TupleOf((Int(), Bool())),
            None,
            "expected 2 values (an integer, true or false), received none",
        ),
        (
            ListOf(Int(1)),
            (1, 0),
            "item 2: expected an integer of at least 1, received the integer 0",
        ),
        (ListOf(PAIR), 1, "expected a list of lists of 2 integers (reduce, out), received the"),
        (Optional(Int()), None, None),
        (Optional(Int()), "a", "expected an integer, or none, received the string 'a'"),
        (Optional(PAIR), (1,), "expected 2 integers (reduce, out), received 1"),
        (Activation(), "relu", None),
        (Activation(), 1, "expected an activation, received the integer 1"),
        (Activation(("relu",)), "rleu", "an activation, received the string 'rleu' (did you"),
        (BlockReference(), "", "expected the name of a block, received the string ''"),
    ],
)
def test_accepts(kind: Kind, value: Value, problem: str | None) -> None:
    found = kind.accepts(value)
    assert (found is None) is (problem is None)
    assert (problem or "") in (found or "")


def test_descriptions_of_values_are_short() -> None:
    for value in ("x" * 10000, (1,) * 10000, ((("y" * 1000,),),), 10**5000):
        assert len(describe_value(value)) < 80
    assert describe_value((1, "a", None, True)) == "the list [1, 'a', none, true]"


def test_names_of_a_tuple_are_as_many_as_its_items() -> None:
    with pytest.raises(ValueError, match="2 items have 1 names"):
        TupleOf((Int(), Int()), ("a",))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("a + b * 2", Int()),
        ("a / b", Float()),
        ("a // b + rate", Float()),
        ("floor(a / b)", Int()),
        ("c2.out", Int()),
        ("c2[0]", Int()),
        ("c2[a]", Int()),
        ("widths[a]", Int()),
        ("[a, rate][a]", None),
        ("a < 1 and flag", Bool()),
        ("not flag", Bool()),
        ("mode == 'same'", Bool()),
        ("gone != none", Bool()),
        ("gone + 1", Int()),
        ("what + 1", None),
        ("what / 1", Float()),
        ("what[0]", None),
        ("a if flag else rate", Float()),
        ("a if flag else none", None),
        ("a if flag else gone", Optional(Int())),
        ("'x' if flag else 'y'", Enumeration(("x", "y"))),
        ("act", Activation()),
        ("act == 'relu'", Bool()),
        ("min(widths)", Int()),
        ("max(a, rate)", Float()),
        ("sum([1, 2.5])", Float()),
        ("len(c2)", Int()),
        ("[1, a]", TupleOf((Int(), Int()))),
    ],
)
def test_infers(text: str, kind: Kind | None) -> None:
    assert infer(parse(text), KINDS) == kind


@pytest.mark.parametrize(
    ("text", "problem", "hint"),
    [
        ("'a' + 1", "`+` expects numbers, not one of a", None),
        ("flag * 2", "`*` expects numbers, not true or false", None),
        ("c2[a / b]", "an index is an integer, not a number", "`//`"),
        ("c2[2]", "index 2 is outside 2 integers (reduce, out)", None),
        ("a[0]", "`[...]` expects a list, not an integer", None),
        ("c2.outt", "`c2` has no member `outt`", "did you mean `out`?"),
        ("a.out", "`a` has no named members", "a[0]"),
        ("len(a)", "`len` expects a list, not an integer", None),
        ("sum(a)", "`sum` expects a list, not an integer", None),
        ("max([])", "`max` of an empty list", None),
        ("max(mode, 1)", "`max` expects numbers, not one of same, valid", None),
        ("1 if a else 2", "`if` expects a boolean, not an integer", "x > 0"),
        ("a and flag", "`and` expects a boolean, not an integer", "x > 0"),
        ("mode == 'smae'", "`==` compares one of smae with one of same, valid", "`same`"),
        ("mode == 1", "`==` compares one of same, valid with an integer", None),
        ("mode < 'same'", "`<` expects numbers, not one of same, valid", None),
        ("flagg", "`flagg` is not defined", "did you mean `flag`?"),
        ("act + 1", "`+` expects numbers, not an activation", None),
    ],
)
def test_certain_mistakes(text: str, problem: str, hint: str | None) -> None:
    with pytest.raises(ExpressionError) as caught:
        infer(parse(text), KINDS)
    (only,) = caught.value.problems
    assert problem in only.problem
    assert (hint or "") in (only.hint or "")


@given(counts)
def test_what_counts_is_an_integer(tree: Expr) -> None:
    assert isinstance(infer(tree, KINDS), Int)


@given(anything)
def test_values_are_of_the_kind_that_was_inferred(tree: Expr) -> None:
    try:
        kind = infer(tree, KINDS)
        value = evaluate(tree, ENV)
    except ExpressionError:
        return
    if kind is not None:
        assert kind.accepts(value) is None
