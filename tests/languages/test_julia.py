from __future__ import annotations

import struct
from collections.abc import Callable

import pytest
from hypothesis import given, settings
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
from archspec.languages import julia
from archspec.languages.julia import KEYWORDS
from archspec.languages.language import Language
from archspec.languages.plain_text import tidy
from tests.expressions.trees import ENV, anything, counts
from tests.flux.syntax import mistakes

LANGUAGE: Language = julia

HOSTILE = [
    "",
    '"',
    '""',
    '"""',
    '""""""""',
    'ends with "',
    'two\nlines "',
    "\\",
    "ends with \\",
    'a \\""" b',
    'a \\\\" b',
    "costs $5, $(exit(1)) and \\$x",
    "$x",
    '"""\nexit(1)\n"""',
    "#= not a comment =#",
    "a\r\nb\rc\x0cd\u2028e\x85f",
    "a\u202eb\u200bc\ufeffd\x00e\x1bf\ud800g",
    "  indented\n    more\n\n  less  \n\n",
    "one\n    indented\n  less\n",
    "tab\tbed\n\tmore",
    "Zürich \u00a0 \u3000wide",
    "x" * 300,
]

# Whether two values are the same number, text, or tuple of such.
SAME = """
same(a, b) = a == b && (a isa Bool) == (b isa Bool)
same(a::Tuple, b::Tuple) = length(a) == length(b) && all(same.(a, b))
"""


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("(a + b) + c", "a + b + c"),
        ("a + (b + c)", "a + (b + c)"),
        ("a - (b - c)", "a - (b - c)"),
        ("-(a + b)", "-(a + b)"),
        ("-(-a)", "-(-a)"),
        ("-[a, b][0]", "-((a, b)[1])"),
        ("not [a, b][0]", "!((a, b)[1])"),
        ("(-a) + b", "-a + b"),
        ("(a if b else c) + 1", "(b ? a : c) + 1"),
        ("a if b else (c if d else e)", "b ? a : d ? c : e"),
        ("a if (b if c else d) else e", "(c ? b : d) ? a : e"),
        ("(not a) and b", "!a && b"),
        ("not (a and b)", "!(a && b)"),
        ("a and b or c", "a && b || c"),
        ("a and (b or c)", "a && (b || c)"),
        ("(a == b) == c", "(a == b) == c"),
        ("a // 2 + b % 3", "fld(a, 2) + mod(b, 3)"),
        ("(a + 1) / 2", "(a + 1) / 2"),
        ("floor(a / 2) + ceil(b)", "floor(Int, a / 2) + ceil(Int, b)"),
        ("[a]", "(a,)"),
        ("[]", "()"),
        ("a[0]", "a[1]"),
        ("a[b]", "a[b + 1]"),
        ("a[b - 1]", "a[b]"),
        ("a[len(a) - 1]", "a[end]"),
        ("a[len(a) - 3]", "a[end - 2]"),
        ("a[len(b) - 1]", "a[length(b)]"),
        ("[a, b][0]", "(a, b)[1]"),
        ("c2.reduce", "c2.reduce"),
        ("len(c2)", "length(c2)"),
        ("max(a, 'x')", 'max(a, "x")'),
        ("max(c2) + sum(c2)", "maximum(c2) + sum((0, c2...))"),
        ("a == none", "a === nothing"),
        ("a if b != none else c", "b !== nothing ? a : c"),
        ("'$(a)'", '"\\$(a)"'),
    ],
)
def test_expression(text: str, printed: str) -> None:
    assert julia.expression(parse(text)) == printed


def test_a_negative_constant_is_parenthesised_before_an_index() -> None:
    assert julia.expression(Index(Const(-3), Const(0))) == "(-3)[1]"


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("i", "i - 1"),
        ("i == 0", "i == 1"),
        ("2 if i == 0 else 1", "i == 1 ? 2 : 1"),
        ("widths[i]", "widths[i]"),
        ("widths[i - 1]", "widths[i - 1]"),
        ("widths[i + 1]", "widths[i + 1]"),
        ("c + i * growth", "c + (i - 1) * growth"),
        ("j", "j"),
    ],
)
def test_indices_count_from_1(text: str, printed: str) -> None:
    assert julia.expression(julia.counted(parse(text), {"i"})) == printed


def _in_range(tree: Expr, value: Value) -> bool:
    """Whether no number on the way leaves the 64 bits of Julia's integers."""
    if isinstance(value, int) and abs(value) >= 2**62:
        return False
    for each in tree.children:
        try:
            within = evaluate(each, ENV)
        except ExpressionError:
            # It stands where it is not evaluated.
            continue
        if not _in_range(each, within):
            return False
    return True


def test_julia_computes_what_evaluation_computes(run_julia: Callable[..., str]) -> None:
    cases: dict[str, Value] = {}

    @settings(max_examples=400, database=None, deadline=None, derandomize=True)
    @given(anything | counts)
    def collect(tree: Expr) -> None:
        for each in (tree, simplify(tree)):
            try:
                value = evaluate(each, ENV)
            except ExpressionError:
                continue
            if _in_range(each, value):
                cases[julia.expression(each)] = value

    collect()
    assert len(cases) > 150
    lines = [SAME, *(f"const {name} = {julia.literal(value)}" for name, value in ENV.items())]
    for text, value in cases.items():
        label = julia.literal(text)
        lines.append(f"found = {text}")
        lines.append(f"same(found, {julia.literal(value)}) || println({label}, ' ', found)")
    assert run_julia("\n".join(lines) + "\n") == ""


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1e-05, "1e-5"),
        (1e16, "1e16"),
        (1.5e-10, "1.5e-10"),
        (0.1, "0.1"),
        (-0.0, "-0.0"),
        (2.0, "2.0"),
        (float("inf"), "Inf"),
        (float("-inf"), "-Inf"),
        ((1,), "(1,)"),
        ((), "()"),
        ((1, (2.5, "a")), '(1, (2.5, "a"))'),
        ('it\'s "so"\\', '"it\'s \\"so\\"\\\\"'),
        ("$(exit())", '"\\$(exit())"'),
        ("\n\u202e\U0001f600", '"\\u000a\\u202e\\U0001f600"'),
        (True, "true"),
        (None, "nothing"),
    ],
)
def test_literal(value: Value, text: str) -> None:
    assert julia.literal(value) == text


# A half of a surrogate pair is no text in Julia.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


def _meanings(run_julia: Callable[..., str], literals: list[str]) -> list[str]:
    """The texts that literals of strings mean in Julia."""
    program = "".join(f"println(join(Int.(collect({each})), ' '))\n" for each in literals)
    lines = run_julia(program).split("\n")
    return ["".join(chr(int(code)) for code in line.split()) for line in lines[: len(literals)]]


def test_literals_mean_their_value(run_julia: Callable[..., str]) -> None:
    texts = [each for each in HOSTILE if "\ud800" not in each]
    numbers = [0.1, -0.0, 1e-300, 1.7976931348623157e308, 5e-324]

    @settings(max_examples=150, database=None, deadline=None, derandomize=True)
    @given(TEXTS, st.floats(allow_nan=False, allow_infinity=False))
    def collect(text: str, number: float) -> None:
        texts.append(text)
        numbers.append(number)

    collect()
    written = [julia.literal(each) for each in texts]
    assert all(each.isascii() and each.isprintable() for each in written)
    assert _meanings(run_julia, written) == texts
    program = "".join(f"println(reinterpret(Int64, {julia.literal(each)}))\n" for each in numbers)
    found = [struct.unpack("d", struct.pack("q", int(x)))[0] for x in run_julia(program).split()]
    assert list(map(repr, found)) == list(map(repr, numbers))


def test_docstrings_mean_their_text(run_julia: Callable[..., str]) -> None:
    texts = list(HOSTILE)

    @settings(max_examples=150, database=None, deadline=None, derandomize=True)
    @given(st.text() | st.lists(st.sampled_from("\"\\\n a\t'#$("), max_size=12).map("".join))
    def collect(text: str) -> None:
        texts.append(text)

    collect()
    written = [julia.docstring(each) for each in texts]
    assert all(
        character == "\n" or character.isprintable() for each in written for character in each
    )
    meanings = _meanings(run_julia, written)
    assert meanings == [tidy(each) + "\n" for each in texts]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("plain text", "# plain text"),
        ("", "#"),
        ("two\nlines\r\nor\u2028more", "# two lines or more"),
        ("a\u202eb", "# ab"),
        ("= no block", "# = no block"),
    ],
)
def test_comment(text: str, written: str) -> None:
    assert julia.comment(text) == written


@given(st.text())
@settings(max_examples=50)
def test_a_comment_is_one_comment(text: str) -> None:
    assert mistakes(f"{julia.comment(text)}\nx = 1\n") == []
    assert julia.comment(text).startswith("#") and "\n" not in julia.comment(text)
    assert not julia.comment(text).startswith("#=")


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Int(1), "Integer"),
        (Float(), "Real"),
        (Bool(), "Bool"),
        (Enumeration(("same", "valid")), "AbstractString"),
        (TupleOf((Int(), Bool()), ("a", "b")), "Tuple{<:Integer, Bool}"),
        (TupleOf(()), "Tuple{}"),
        (ListOf(TupleOf((Int(), Float()))), "Tuple{Vararg{Tuple{<:Integer, <:Real}}}"),
        (Optional(Optional(Int())), "Union{Nothing, Integer}"),
        (ListOf(Activation()), "Tuple{Vararg{Act}}"),
    ],
)
def test_annotation(kind: Kind, text: str) -> None:
    assert julia.annotation(kind, {Activation: "Act"}) == text


def test_annotations_are_types_of_the_values(run_julia: Callable[..., str]) -> None:
    cases: list[tuple[Kind, Value]] = [
        (Int(), 3),
        (Float(), 0.5),
        (Float(), 1),
        (TupleOf((Int(), Float())), (1, 2)),
        (ListOf(Int()), (1, 2, 3)),
        (ListOf(Int()), ()),
        (ListOf(TupleOf((Int(), Int()))), ((1, 2), (3, 4))),
        (Optional(Enumeration(("a",))), "a"),
        (Optional(Enumeration(("a",))), None),
    ]
    program = "".join(
        f"println({julia.literal(value)} isa {julia.annotation(kind)})\n" for kind, value in cases
    )
    assert run_julia(program).split() == ["true"] * len(cases)


def test_annotations_of_references_are_the_callers_business() -> None:
    with pytest.raises(KeyError):
        julia.annotation(Optional(BlockReference()))


def test_identifiers(run_julia: Callable[..., str]) -> None:
    assert all(map(julia.is_identifier, ["a", "b3", "_x", "in_channels", "max", "class"]))
    refused = ["", "3b", "a-b", "end", "nothing", "in", "_", "__", "é", "a\n", "a b"]
    assert not any(map(julia.is_identifier, refused))
    # As Julia sees it: each can be given a value, and no reserved word can.
    words = sorted(KEYWORDS - {"in", "isa", "nothing", "where"})
    program = "".join(
        f"println(try Core.eval(Module(), Meta.parse({julia.literal(f'{name} = 1')})) == 1"
        " catch; false end)\n"
        for name in ["a", "b3", "_x", "in_channels", "class", *words]
    )
    assert run_julia(program).split() == ["true"] * 5 + ["false"] * len(words)


@pytest.mark.parametrize(
    ("positional", "named", "text"),
    [
        (["a", "1 => 2"], {"pad": "1"}, "f(a, 1 => 2; pad = 1)"),
        (["a"], {}, "f(a)"),
        ([], {"pad": "1", "stride": "2"}, "f(; pad = 1, stride = 2)"),
        ([], {}, "f()"),
    ],
)
def test_call(positional: list[str], named: dict[str, str], text: str) -> None:
    assert julia.call("f", positional, named) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.2, "0.2f0"),
        (1, "1.0f0"),
        (1e-05, "1f-5"),
        (2.5e20, "2.5f20"),
        (Const(-0.5), "-0.5f0"),
        (parse("a / 2"), "Float32(a / 2)"),
    ],
)
def test_single(value: Expr | float, text: str) -> None:
    assert julia.single(value) == text


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("Flux.flatten(x)", "Flux.flatten"),
        ("relu.(x)", "x -> relu.(x)"),
        ("softmax(x; dims = 3)", "x -> softmax(x; dims = 3)"),
        ("f(x)(x)", "x -> f(x)(x)"),
        ("x", "x -> x"),
    ],
)
def test_function(body: str, text: str) -> None:
    assert julia.function("x", body) == text


def test_imports_are_sorted() -> None:
    assert julia.imports(["using Statistics: mean", "using Flux"]) == [
        "using Flux",
        "using Statistics: mean",
    ]
