from __future__ import annotations

import time

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from archspec.expressions import ExpressionError, parse
from archspec.expressions.parse import RESERVED
from archspec.expressions.tree import Const, Expr, Index, Member, Name, Unary
from archspec.languages import python
from tests.expressions.trees import anything


@pytest.mark.parametrize(
    "text",
    [
        "a if b else (c if d else e)",
        "(a if b else c) if d else e",
        "a or (b and (not (c == d)))",
        "((a - b) - c) * d",
        "a - (b - c)",
        "((a * b) // c) % d",
        "(-a) * b",
        "-(a * b)",
        "(not a) == b",
        "(a < b) == c",
        "-(x[0])",
        "(a, (b,), ())[0][1]",
        "min(a, max((1, 2)))",
    ],
)
def test_precedence_is_that_of_python(text: str) -> None:
    tree = parse(text)
    assert parse(python.expression(tree)) == tree
    assert eval(compile(f"lambda: {python.expression(tree)}", "", "eval")).__code__.co_code == (
        eval(compile(f"lambda: {text}", "", "eval")).__code__.co_code
    )


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        (" 12 ", Const(12)),
        ("-3", Const(-3)),
        ("--3", Unary("-", Const(-3))),
        ("-3[0]", Unary("-", Index(Const(3), Const(0)))),
        ("1e-5", Const(1e-5)),
        (".5", Const(0.5)),
        ("2.", Const(2.0)),
        ("'a\"b'", Const('a"b')),
        ("true", Const(True)),
        ("None", Const(None)),
        ("[1, (2,), ()]", Const((1, (2,), ()))),
        ("(1)", Const(1)),
        ("c2 . reduce", Member(Name("c2"), "reduce")),
        ("c2\n[\t0]", Index(Name("c2"), Const(0))),
    ],
)
def test_reads(text: str, tree: Expr) -> None:
    assert parse(text) == tree


@pytest.mark.parametrize(
    ("text", "offset", "problem", "hint"),
    [
        ("", 0, "the expression is empty", None),
        ("a b", 2, "expected an operator, found `b`", None),
        ("a 'b'", 2, "expected an operator, found a string", None),
        ("a = b", 2, "`=` is not part of an expression", "equality is written `==`"),
        ("a < b < c", 6, "comparisons cannot be chained", "a < b and b < c"),
        ("a + mn(3)", 4, "`mn` is not a function", "did you mean `min`?"),
        ("eval('1')", 0, "`eval` is not a function", "known here: abs, ceil, floor, len"),
        ("1 + len(a, b)", 4, "`len` expects one argument, received 2", None),
        ("max()", 0, "`max` expects at least one argument, received 0", None),
        ("max", 0, "`max` is a function", "call it"),
        ("x ** 2", 2, "`**` is not part of an expression", "x * x"),
        ("x ? 1 : 2", 2, "`?` is not part", "a if test else b"),
        ("a && b", 2, "`&&` is not part of an expression", "write `and`"),
        ("(1 + 2", 6, "expected `)`, found the end", "for the `(` in column 1"),
        ("a[0", 3, "expected `]`, found the end", "in column 2"),
        ("a if b", 6, "expected `else`, found the end", "in column 3"),
        ("1 + 'abc", 4, "the string is not closed", None),
        ("'a\\'", 2, "a string holds no backslash", None),
        ("'a\u202eb'", 2, "a string holds no control character", None),
        ("a\u202eb", 1, "the character '\\u202e' is not part", None),
        ("é", 0, "the character '\\xe9' is not part", None),
        ("12ab", 0, "`12ab` is not a number", None),
        ("1.2.3", 0, "`1.2.3` is not a number", None),
        ("007", 0, "`007` starts with 0", "write 7"),
        ("9007199254740993", 0, "beyond 2**53", None),
        ("9" * 900, 0, "beyond 2**53", None),
        ("1e999", 0, "too large", None),
        ("x[0].y", 5, "only a parameter has named members", "x[0]"),
        ("x.0", 1, "expected an operator, found `.0`", None),
        ("x.__class__()", 11, "expected an operator, found `(`", None),
        ("a == not b", 5, "`not` needs parentheses here", "(not x)"),
        ("+1", 0, "expected a value, found `+`", "a sign `+` has no use"),
        ("a + if", 4, "expected a value, found `if`", None),
        ("(" * 50, 40, "nested more than 40 deep", None),
        ("-" * 60 + "a", 39, "nested more than 40 deep", None),
        ("+".join("a" * 400), 299, "nested more than 150 deep", "split it"),
        ("a" * 1001, 0, "longer than 1000 characters", None),
    ],
)
def test_refuses(text: str, offset: int, problem: str, hint: str | None) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    (only,) = caught.value.problems
    assert problem in only.problem
    assert (hint or "") in (only.hint or "")
    assert (only.hint is None) is (hint is None)
    assert caught.value.offset == offset


def test_reserved_words_cannot_be_names() -> None:
    for word in RESERVED:
        try:
            tree = parse(word)
        except ExpressionError:
            continue
        assert not isinstance(tree, Name)


@given(anything)
def test_printed_trees_read_back(tree: Expr) -> None:
    text = python.expression(tree).replace("math.", "")
    # Python compares with None by identity, which the language of specs has no word for.
    assume(" is " not in text)
    assert parse(text) == tree


SYMBOLS = [".", "[", "]", "(", ")", ",", "-", "+", "*", "//", "**", "==", "<", "'", '"', "\\"]
WORDS = ["a", "c2", "1", "0.5", "e", "é", "not", "and", "if", "else", "min", "lambda", "true"]
alphabet = st.sampled_from(SYMBOLS + WORDS)


@given(st.text() | st.lists(alphabet, max_size=40).map(" ".join))
def test_any_text_is_an_expression_or_an_expression_error(text: str) -> None:
    try:
        tree = parse(text)
    except ExpressionError as error:
        assert 0 <= error.offset <= len(text)
    else:
        printed = python.expression(tree)
        if "\\" not in printed:
            assert parse(printed.replace("math.", "")) == tree


@pytest.mark.parametrize(
    "text",
    [
        *("(" * 1000, "-" * 1000, "not " * 250, "a[" * 500, "a if b else " * 83, "min(" * 250),
        *("[[" * 500, "a." * 500, "'" * 1000, "9" * 1000, "a,b" * 333, "a[0]" * 250),
    ],
)
def test_hostile_text_is_refused_at_once(text: str) -> None:
    start = time.perf_counter()
    with pytest.raises(ExpressionError):
        parse(text)
    assert time.perf_counter() - start < 1
