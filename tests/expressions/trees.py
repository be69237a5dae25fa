"""Random expressions, as they can be written, and the names they are about."""

from __future__ import annotations

from hypothesis import strategies as st

from archspec.expressions.tree import (
    Binary,
    Call,
    Compare,
    Conditional,
    Const,
    Expr,
    Index,
    Logic,
    Name,
    Tuple,
    Unary,
    Value,
    as_expr,
)

ENV: dict[str, Value] = {
    "a": 0,
    "b": 3,
    "c": -7,
    "c2": (96, 128),
    "flag": True,
    "mode": "same",
    "gone": None,
}

numbers = st.integers(-9, 9) | st.sampled_from([0.5, -0.0, 1e-5, 2.0, 1e300, 2**53, -(2**53)])
# The language has no escapes, so these are the strings that read back as they are printed.
texts = st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters="\\'\""))
constants: st.SearchStrategy[Expr] = st.builds(Const, numbers | st.booleans() | st.none() | texts)
integers: st.SearchStrategy[Expr] = st.builds(Const, st.integers(-4, 40)) | st.builds(
    Name, st.sampled_from(["a", "b", "c"])
)


def _signed(operand: Expr) -> Expr:
    # The text `-3` is the constant, so there is no way to write a sign before a plain number.
    plain = isinstance(operand, Const) and not isinstance(operand.value, str | tuple | None)
    return operand if plain else Unary("-", operand)


def _calls(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    one = st.builds(
        lambda name, each: Call(name, (each,)),
        st.sampled_from(["abs", "ceil", "floor", "len", "max", "min", "sum"]),
        inner,
    )
    several = st.builds(
        lambda name, each: Call(name, tuple(each)),
        st.sampled_from(["max", "min"]),
        st.lists(inner, min_size=2, max_size=3),
    )
    return one | several


def _extended(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    arithmetic = st.sampled_from(["+", "-", "*", "/", "//", "%"])
    comparison = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
    return st.one_of(
        st.builds(Binary, arithmetic, inner, inner),
        st.builds(Compare, comparison, inner, inner),
        st.builds(Logic, st.sampled_from(["and", "or"]), inner, inner),
        st.builds(lambda each: Unary("not", each), inner),
        inner.map(_signed),
        st.builds(Conditional, inner, inner, inner),
        st.builds(Index, inner, inner),
        st.lists(inner, max_size=3).map(as_expr),
        _calls(inner),
    )


def _counting(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    """Trees that mean something for integers, so that most of them have a value."""
    compared = st.builds(Compare, st.sampled_from(["==", "<", ">="]), inner, inner)
    tests = compared | st.builds(Logic, st.sampled_from(["and", "or"]), compared, compared)
    return st.one_of(
        st.builds(Binary, st.sampled_from(["+", "-", "*", "//", "%"]), inner, inner),
        st.builds(Conditional, tests | tests.map(lambda t: Unary("not", t)), inner, inner),
        st.builds(lambda f, x, y: Call(f, (x, y)), st.sampled_from(["max", "min"]), inner, inner),
        st.builds(lambda x, y, i: Index(Tuple((x, y)), Const(i)), inner, inner, st.integers(0, 1)),
        inner.map(_signed),
    )


anything = st.recursive(
    constants | st.builds(Name, st.sampled_from(sorted(ENV))), _extended, max_leaves=12
)
counts = st.recursive(integers, _counting, max_leaves=12)
