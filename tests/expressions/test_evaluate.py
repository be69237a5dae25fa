from __future__ import annotations

import pytest
from hypothesis import given

from archspec.expressions import ExpressionError, evaluate, parse
from archspec.expressions.tree import Call, Const, Expr, Value
from tests.expressions.trees import ENV, anything


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("-7 // 2", -4),
        ("-7 % 3", 2),
        ("7 / 2", 3.5),
        ("7.0 // 2", 3.0),
        ("c2[1] - c2[0]", 32),
        ("len(c2) + sum(c2) + abs(c)", 233),
        ("floor(-0.5)", -1),
        ("ceil(2.1)", 3),
        ("min(c2)", 96),
        ("max(1, 2.5)", 2.5),
        ("mode == 'same' and not (b < 3)", True),
        ("flag or 1 // 0 == 1", True),
        ("1 if flag else 1 // 0", 1),
        ("gone == none", True),
        ("a != none", True),
        ("c2 == [96, 128]", True),
        ("sum([])", 0),
    ],
)
def test_values(text: str, value: Value) -> None:
    result = evaluate(parse(text), ENV)
    assert result == value
    assert type(result) is type(value)


@pytest.mark.parametrize(
    ("text", "problem", "hint"),
    [
        ("1 + 'a'", "`+` expects numbers, received the string 'a'", None),
        ("flag + 1", "`+` expects numbers, received true", None),
        ("-mode", "`-` expects numbers, received the string 'same'", None),
        ("modee", "`modee` is not defined", "did you mean `mode`?"),
        ("zz", "`zz` is not defined", "known here: a, b, c, c2, flag, gone, mode"),
        ("1 // a", "`1 // 0` divides by zero", None),
        ("1 % 0.0", "`1 % 0.0` divides by zero", None),
        ("c2[2]", "index 2 is outside the list [96, 128]", "indices here are 0 to 1"),
        ("c2[-1]", "index -1 is outside the list [96, 128]", "indices here are 0 to 1"),
        ("c2[4 / 4]", "an index is an integer, received the number 1.0", "`//`"),
        ("c2[flag]", "an index is an integer, received true", None),
        ("b[0]", "`[...]` expects a list, received the integer 3", None),
        ("len(b)", "`len` expects a list, received the integer 3", None),
        ("min([])", "`min` of an empty list", None),
        ("sum(['a'])", "`sum` expects numbers, received the string 'a'", None),
        ("floor('a')", "`floor` expects a number, received the string 'a'", None),
        ("floor(1e300)", "beyond 2**53", None),
        ("9007199254740992 + 1", "beyond 2**53", None),
        ("1e300 * 1e300", "the number is too large", None),
        ("1e300 // 1e-300", "the number is too large", None),
        ("1 == 'a'", "`==` cannot compare the integer 1 with the string 'a'", None),
        ("1 == true", "`==` cannot compare the integer 1 with true", None),
        ("'a' < 'b'", "`<` expects numbers, received the string 'a'", None),
        ("1 if 1 else 2", "`if` expects a boolean, received the integer 1", "x != none"),
        ("gone and true", "`and` expects a boolean, received none", "x != none"),
        ("true and 1", "`and` expects a boolean, received the integer 1", "x != none"),
        ("c2.out", "`.out` has no value: members are not bound", None),
    ],
)
def test_errors(text: str, problem: str, hint: str | None) -> None:
    with pytest.raises(ExpressionError) as caught:
        evaluate(parse(text), ENV)
    (only,) = caught.value.problems
    assert problem in only.problem
    assert (hint or "") in (only.hint or "")


def test_values_from_outside_are_bounded_too() -> None:
    for value in (2**60, 10**10000, float("nan"), (1, float("inf"))):
        with pytest.raises(ExpressionError):
            evaluate(parse("x"), {"x": value})
        with pytest.raises(ExpressionError):
            evaluate(Const(value), {})


def test_calls_of_unknown_functions_are_refused_in_trees_as_well() -> None:
    with pytest.raises(ExpressionError, match="`open` is not a function"):
        evaluate(Call("open", (Const("x"),)), {})


@given(anything)
def test_evaluation_gives_a_value_or_an_expression_error(tree: Expr) -> None:
    try:
        evaluate(tree, ENV)
    except ExpressionError as error:
        assert len(str(error)) < 300
