from __future__ import annotations

import ast
import inspect
import math
import re
import subprocess
import sys
import textwrap
import tokenize

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from archspec.expressions import ExpressionError, evaluate, parse, simplify
from archspec.expressions.tree import Const, Expr, Index, Value
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
)
from archspec.languages import python
from archspec.languages.language import Language
from archspec.languages.plain_text import tidy
from tests.expressions.trees import ENV, anything, counts

LANGUAGE: Language = python

HOSTILE = [
    "",
    '"',
    '""',
    '"""',
    '""""""""',
    '"quoted"',
    'ends with "',
    'two\nlines "',
    'two\n"lines"',
    "\\",
    "ends with \\",
    'a \\""" b',
    "\\N{BULLET} \\x00 {jinja} {{ x }} %s",
    '"""\nimport os\n"""',
    "a\r\nb\rc\x0cd\u2028e\x85f",
    "a\u202eb\u200bc\ufeffd\x00e\x1bf\ud800g",
    "  indented\n    more\n\n  less  \n\n",
    "one\n    indented\n  less\n",
    "tab\tbed\n\tmore\n\t\teven more",
    "Zürich \u00a0 \u3000wide\n\u3000wide",
    "'''",
    "x" * 300,
    "# coding: utf-7\n# fmt: off",
    ">>> 1+1\n2",
]


def _python_value(text: str) -> object:
    return eval(text, {"math": math, **ENV})


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("(a + b) + c", "a + b + c"),
        ("a + (b + c)", "a + (b + c)"),
        ("-(a + b)", "-(a + b)"),
        ("(-a) + b", "-a + b"),
        ("(a if b else c) + 1", "(a if b else c) + 1"),
        ("a if b else (c if d else e)", "a if b else c if d else e"),
        ("(not a) and b", "not a and b"),
        ("not (a and b)", "not (a and b)"),
        ("(a == b) == c", "(a == b) == c"),
        ("floor(a / 2) + ceil(b)", "math.floor(a / 2) + math.ceil(b)"),
        ("[a]", "(a,)"),
        ("(a)[(b + 1)]", "a[b + 1]"),
        ("[a, b][0]", "(a, b)[0]"),
        ("c2.reduce", "c2.reduce"),
        ("max((a), 'x')", 'max(a, "x")'),
        ("none", "None"),
    ],
)
def test_expression(text: str, printed: str) -> None:
    assert python.expression(parse(text)) == printed


def test_a_negative_constant_is_parenthesised_before_an_index() -> None:
    assert python.expression(Index(Const(-3), Const(0))) == "(-3)[0]"


@given(anything | counts)
def test_python_computes_what_evaluation_computes(tree: Expr) -> None:
    for each in (tree, simplify(tree)):
        try:
            value = evaluate(each, ENV)
        except ExpressionError:
            continue
        result = _python_value(python.expression(each))
        assert result == value
        assert type(result) is type(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1e-05, "1e-5"),
        (1e16, "1e16"),
        (1.5e-10, "1.5e-10"),
        (0.1, "0.1"),
        (-0.0, "-0.0"),
        (2.0, "2.0"),
        (float("inf"), 'float("inf")'),
        (float("-inf"), 'float("-inf")'),
        ((1,), "(1,)"),
        ((), "()"),
        ((1, (2.5, "a")), '(1, (2.5, "a"))'),
        ('it\'s "so"\\', '"it\'s \\"so\\"\\\\"'),
        ("\n\u202e\U0001f600", '"\\n\\u202e\\U0001f600"'),
        (True, "True"),
        (None, "None"),
    ],
)
def test_literal(value: Value, text: str) -> None:
    assert python.literal(value) == text


@given(st.recursive(st.text() | st.integers() | st.floats(allow_nan=False), st.tuples))
def test_literals_mean_their_value(value: Value) -> None:
    text = python.literal(value)
    assert text.isascii() and text.isprintable()
    assert repr(_python_value(text)) == repr(value)


def _in_a_class(text: str) -> str:
    return "class A:\n" + textwrap.indent(python.docstring(text), "    ") + "\n\n    x = 1\n"


def _formatted(source: str) -> str:
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length=100", "-"]
    return subprocess.run(
        command, input=source, capture_output=True, text=True, check=True, encoding="utf-8"
    ).stdout


@given(st.text() | st.lists(st.sampled_from("\"\\\n a\t'#"), max_size=12).map("".join))
@example(HOSTILE[3])
def test_docstrings_mean_their_text(text: str) -> None:
    (definition,) = ast.parse(_in_a_class(text)).body
    assert isinstance(definition, ast.ClassDef)
    assert (ast.get_docstring(definition) or "") == tidy(text)
    assert len(definition.body) == 2


def test_docstrings_are_stable_under_the_formatter() -> None:
    pieces = ['"', "\\", "\n", " ", "a", "'", '"""', "\t"]
    texts = HOSTILE + [
        a + b + c + d for a in pieces for b in pieces for c in pieces for d in pieces
    ]
    source = "\n\n".join(
        _in_a_class(text).replace("class A:", f"class A{number}:")
        for number, text in enumerate(texts)
    )
    assert _formatted(source) == source


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_docstrings(text: str) -> None:
    written = python.docstring(text)
    assert all(character == "\n" or character.isprintable() for character in written)
    assert inspect.cleandoc(ast.literal_eval(written)) == tidy(text)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("plain text", "# plain text"),
        ("", "#"),
        ("two\nlines\r\nor\u2028more", "# two lines or more"),
        ("a\u202eb", "# ab"),
        ("!/bin/sh", "# /bin/sh"),
        ("-*- coding: utf-7 -*-", "# -*- coding : utf-7 -*-"),
        ("vim: set fileencoding=utf-7", "# vim: set fileencoding =utf-7"),
        ("type: ignore", "# type : ignore"),
        ("fmt: off", "# fmt : off"),
        ("noqa", "# (noqa)"),
        ("why # noqa: E501", "# why # (noqa): E501"),
    ],
)
def test_comment(text: str, written: str) -> None:
    assert python.comment(text) == written


@given(st.text())
@settings(max_examples=50)
def test_a_comment_is_one_comment(text: str) -> None:
    lines = iter([python.comment(text) + "\n"])
    kinds = [token.type for token in tokenize.generate_tokens(lambda: next(lines, ""))]
    assert kinds == [tokenize.COMMENT, tokenize.NL, tokenize.ENDMARKER]


def test_no_comment_declares_an_encoding() -> None:
    declaration = re.compile(r"^[ \t\f]*#.*?coding[:=][ \t]*([-_.a-zA-Z0-9]+)")
    for text in ("coding:utf-7", "xcoding=utf-7", "encoding : coding: x", "CODING:coding:x"):
        assert not declaration.match(python.comment(text))


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Int(1), "int"),
        (Float(), "float"),
        (Bool(), "bool"),
        (Enumeration(("same", 'va"lid')), 'Literal["same", "va\\"lid"]'),
        (TupleOf((Int(), Int()), ("a", "b")), "tuple[int, int]"),
        (TupleOf(()), "tuple[()]"),
        (ListOf(TupleOf((Int(), Bool()))), "Sequence[tuple[int, bool]]"),
        (Optional(Optional(Int())), "int | None"),
        (ListOf(Activation()), "Sequence[Act]"),
    ],
)
def test_annotation(kind: Kind, text: str) -> None:
    assert python.annotation(kind, {Activation: "Act"}) == text


def test_annotations_of_references_are_the_callers_business() -> None:
    with pytest.raises(KeyError):
        python.annotation(Optional(BlockReference()))


def test_identifiers() -> None:
    assert all(map(python.is_identifier, ["a", "b3", "_x", "in_channels", "max"]))
    refused = ["", "3b", "a-b", "class", "match", "None", "_", "__init__", "é", "a\n", "a b"]
    assert not any(map(python.is_identifier, refused))
