from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archspec.expressions import (
    ExpressionError,
    as_expr,
    bind_members,
    evaluate,
    free_names,
    is_const,
    names_in_order,
    parse,
    simplify,
    size,
    substitute,
)
from archspec.expressions.tree import Binary, Const, Expr, Index, Name, Tuple
from tests.expressions.trees import ENV, anything, counts

x = Name("x")
y = Name("y")


@pytest.mark.parametrize(
    ("built", "text"),
    [
        (x + 0, "x"),
        (0 + x, "x"),
        (x - 0, "x"),
        (x * 1, "x"),
        (1 * x, "x"),
        (0 * x, "0"),
        ((x + 32) + 32, "x + 64"),
        (32 + (x + 32), "x + 64"),
        ((x + 32) - 32, "x"),
        ((x - 32) + 2, "x - 30"),
        (x + -1, "x - 1"),
        (1 + x, "1 + x"),
        (2 - x, "2 - x"),
        (x + 1 + y, "x + 1 + y"),
        (7 // Const(2), "3"),
        (x // 2, "x // 2"),
        (x % 2, "x % 2"),
        (5 % Const(3), "2"),
        (1 // Const(0), "1 // 0"),
        (2**53 + Const(1), f"{2**53} + 1"),
    ],
)
def test_operators_build_simplified_trees(built: Expr, text: str) -> None:
    assert built == parse(text)


@pytest.mark.parametrize(
    ("text", "simple"),
    [
        ("a if true else b", "a"),
        ("a if x > 1 else a", "a"),
        ("a if 1 else b", "a if 1 else b"),
        ("[a, b][1]", "b"),
        ("[1, 2][1]", "2"),
        ("[a, 2][2]", "[a, 2][2]"),
        ("[a, 2][true]", "[a, 2][true]"),
        ("len([a, b])", "2"),
        ("min(a, a)", "a"),
        ("max(a, b, a)", "max(a, b)"),
        ("max(3, 4) + a", "4 + a"),
        ("sum([1, 2])", "3"),
        ("a == a", "true"),
        ("a != a", "false"),
        ("1 == 1.0", "true"),
        ("1 < 2", "true"),
        ("1 < 'a'", "1 < 'a'"),
        ("true and c", "c"),
        ("c and false", "false"),
        ("c or true", "true"),
        ("c or c", "c"),
        ("c or d", "c or d"),
        ("not not c", "c"),
        ("-(-x)", "x"),
        ("'a' + 0", "'a' + 0"),
        ("true * 1", "true * 1"),
        ("x * 1.0", "x * 1.0"),
        ("x / 1", "x / 1"),
    ],
)
def test_simplify(text: str, simple: str) -> None:
    assert simplify(parse(text)) == parse(simple)


def test_constants_of_different_types_differ() -> None:
    assert len({Const(1), Const(1.0), Const(True), Const("1"), Const(0.0), Const(-0.0)}) == 6
    assert Const((1, 2)) == as_expr([1, 2])
    assert Const((1, 2)) != Const((1, 2.0))


def test_trees_are_hashable_and_can_be_copied() -> None:
    tree = parse("max(c2.reduce, -3) if not x else [x, 'a']")
    for twin in (copy.deepcopy(tree), pickle.loads(pickle.dumps(tree))):
        assert twin == tree
        assert hash(twin) == hash(tree)
        assert size(twin) == size(tree) == 10


def test_as_expr() -> None:
    assert as_expr(x) is x
    assert as_expr([1, (2, None)]) == Const((1, (2, None)))
    assert as_expr([1, x]) == Tuple((Const(1), x))
    assert is_const(as_expr("same"))
    assert not is_const(as_expr([x]))
    with pytest.raises(TypeError, match="not a value of the expression language: dict"):
        as_expr([{}])


def test_names() -> None:
    tree = parse("b + a[b] * max(c, a) if d.m else 1")
    assert names_in_order(tree) == ("d", "b", "a", "c")
    assert free_names(tree) == {"a", "b", "c", "d"}


def test_substitute() -> None:
    assert substitute(parse("x + n * 32"), {"n": Const(2), "x": y + 8}) == y + 72
    assert substitute(parse("c2[0]"), {"c2": as_expr((x, 3))}) == x
    assert substitute(x, {"x": y, "y": x}) == y


def test_bind_members() -> None:
    members = {"c2": ("reduce", "out")}
    assert bind_members(parse("c2.out + 0"), members) == Binary(
        "+", Index(Name("c2"), Const(1)), Const(0)
    )
    with pytest.raises(ExpressionError, match="`c2` has no member `outt`, only reduce, out") as e:
        bind_members(parse("1 + c2.outt"), members)
    assert e.value.problems[0].hint == "did you mean `out`?"
    with pytest.raises(ExpressionError, match="`c3` has no named members"):
        bind_members(parse("c3.out"), members)


def test_growth_is_bounded() -> None:
    doubled = x + y
    with pytest.raises(ExpressionError, match="more than 2000 parts"):
        for _ in range(60):
            doubled = substitute(parse("x * x"), {"x": doubled})
    chain: Expr = x
    with pytest.raises(ExpressionError, match="nested more than 150 deep"):
        for number in range(1000):
            chain = chain + Name(f"x{number}")


@given(counts)
def test_simplification_preserves_the_value(tree: Expr) -> None:
    try:
        value = evaluate(tree, ENV)
    except ExpressionError:
        return
    assert evaluate(simplify(tree), ENV) == value


@given(anything)
def test_simplification_preserves_the_value_of_anything(tree: Expr) -> None:
    try:
        value = evaluate(tree, ENV)
    except ExpressionError:
        return
    assert evaluate(simplify(tree), ENV) == value


@given(anything)
def test_simplification_is_finished_and_shortens(tree: Expr) -> None:
    simple = simplify(tree)
    assert simplify(simple) == simple
    assert size(simple) <= size(tree)


@given(counts, st.sampled_from(["a", "b", "c"]))
def test_substituting_a_value_agrees_with_evaluation(tree: Expr, name: str) -> None:
    try:
        value = evaluate(tree, ENV)
    except ExpressionError:
        return
    assert evaluate(substitute(tree, {name: as_expr(ENV[name])}), ENV) == value
