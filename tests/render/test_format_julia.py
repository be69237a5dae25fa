"""The layout of generated Julia."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archspec.errors import BackendError
from archspec.render.format_julia import LINE_LENGTH, format_julia
from tests.flux.syntax import mistakes

ROOT = Path(__file__).parents[2]
FILES = sorted(ROOT.glob("generated/flux/*.jl")) + sorted(
    Path(__file__).parent.glob("cases/*/*.jl")
)


def laid_out(text: str) -> str:
    return format_julia(dedent(text).strip("\n"), "x.jl")


def check(before: str, after: str) -> None:
    expected = dedent(after).strip("\n") + "\n"
    assert laid_out(before) == expected
    assert mistakes(expected) == []
    # What is laid out already stays as it is.
    assert format_julia(expected, "x.jl") == expected


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_files_stay_as_they_are(path: Path) -> None:
    text = path.read_text("utf-8")
    assert format_julia(text, path.name) == text


def test_blocks_are_indented() -> None:
    check(
        """
        module Net
        function f(x)
        if x > 0
        return 1
        elseif x == 0
        return 2
        else
        for i in 1:3
        g(i)
        end
        end
        y = map(x) do each
        each + 1
        end
        end
        Base.@kwdef struct Pair{A}
        one::A
        end
        struct Nothing end
        end
        """,
        """
        module Net
        function f(x)
            if x > 0
                return 1
            elseif x == 0
                return 2
            else
                for i in 1:3
                    g(i)
                end
            end
            y = map(x) do each
                each + 1
            end
        end
        Base.@kwdef struct Pair{A}
            one::A
        end
        struct Nothing end
        end
        """,
    )


def test_words_in_brackets_and_strings_open_no_block() -> None:
    text = (
        'x = a[end] + a[end - 1]\ny = [i for i in 1:3 if i > 1]\nz = "if begin end" # for\nw = 1\n'
    )
    check(text, text)


def test_what_fits_is_on_one_line() -> None:
    check("f(\n  a,\n  b\n)", "f(a, b)")
    check("f(;\n a = 1, b = 2)", "f(; a = 1, b = 2)")
    check("f(a;\n b = 2)", "f(a; b = 2)")
    check("x = (a,)", "x = (a,)")
    check("x = ()", "x = ()")


def test_a_comma_at_the_end_breaks_in_any_case() -> None:
    check("f(a, b,)", "f(\n    a,\n    b,\n)")
    check("f(g(a, b,), c)", "f(\n    g(\n        a,\n        b,\n    ),\n    c,\n)")
    # A tuple of one item is no such case, nor a call with one argument.
    check("x = (a,) + f(b,)", "x = (a,) + f(b)")


def test_what_is_too_long_is_broken_at_its_widest_bracket() -> None:
    names = [f"argument{i}" for i in range(9)]
    check(
        f"x = f(a)({', '.join(names)}; last = 1)",
        "x = f(a)(\n" + "".join(f"    {each},\n" for each in names[:-1]) + "    argument8;\n"
        "    last = 1,\n)",
    )
    inner = f"inner({', '.join(names[:7])})"
    check(f"call(short, {inner})", f"call(\n    short,\n    {inner},\n)")
    inside = ", ".join(names[:8])
    check(f"some_function({inside})", f"some_function(\n    {inside}\n)")


def test_what_stands_before_the_widest_bracket_is_broken_if_it_is_too_long() -> None:
    check(
        """
        stage(in_channels, expansion, out, repeats, stride; kernel_size = 3, activation = relu6) = \
        Chain(first = block(in_channels, expansion, out; kernel = kernel), \
        rest = block(out, expansion, out))
        """,
        """
        stage(
            in_channels, expansion, out, repeats, stride; kernel_size = 3, activation = relu6
        ) = Chain(
            first = block(in_channels, expansion, out; kernel = kernel),
            rest = block(out, expansion, out),
        )
        """,
    )


def test_choices_are_broken_into_three() -> None:
    one, other = "first(" + "a" * 40 + ")", "other(" + "b" * 40 + ")"
    check(f"x = test ? {one} : {other}", f"x = test ?\n    {one} :\n    {other}")


def test_a_generator_gets_no_comma() -> None:
    inner = "layer(" + "x" * 60 + ", i) for i in 1:n"
    check(f"Chain(({inner})...)", f"Chain(\n    ({inner})...\n)")


def test_comments_stay_with_their_line() -> None:
    check(
        "Chain(\na = f(x), # 1 x 2\nb = g(y), # 3\n)",
        "Chain(\n    a = f(x), # 1 x 2\n    b = g(y), # 3\n)",
    )
    check("x = 1 # one\n# alone\ny = 2", "x = 1 # one\n# alone\ny = 2")


def test_documentation_is_as_it_was_written() -> None:
    check(
        '"""\nA text,  with (brackets\n\n  and more.\n"""\nf(x) = x',
        '"""\nA text,  with (brackets\n\n  and more.\n"""\nf(x) = x',
    )


def test_empty_lines() -> None:
    assert format_julia("\n\nx = 1\n\n\n\ny = 2\n\n\n", "x.jl") == "x = 1\n\ny = 2\n"
    check("function f(x)\n    x\n\n\nend", "function f(x)\n    x\nend")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("f(a]", "closes nothing"),
        ("f(a", "is not closed"),
        ('x = "a', "a string has no end"),
        ("function f(x)\n    x", "a block has no end"),
    ],
)
def test_what_does_not_match_is_a_mistake_of_the_templates(text: str, problem: str) -> None:
    with pytest.raises(BackendError, match=problem) as caught:
        format_julia(text, "net.jl")
    assert str(caught.value).startswith("net.jl cannot be laid out")
    assert "templates" in str(caught.value.problems[0].hint)


NAMES = st.sampled_from(["a", "bc", "layer1", "x" * 30, '"text, (here"', "1:3", "Flux.relu"])
CALLS = st.recursive(
    NAMES,
    lambda inner: st.builds(
        lambda name, before, named: (
            name
            + "("
            + ", ".join(before)
            + ("; " if named else "")
            + ", ".join(f"k{i} = {each}" for i, each in enumerate(named))
            + ")"
        ),
        st.sampled_from(["f", "Chain", "conv"]),
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3),
    ),
    max_leaves=15,
)


def _bare(text: str) -> str:
    return re.sub(r",(?=\))", "", re.sub(r"\s", "", text))


@given(CALLS)
@settings(max_examples=200, deadline=None)
def test_nothing_but_space_and_last_commas_changes(call: str) -> None:
    text = format_julia(f"x = {call}", "x.jl")
    assert _bare(text) == _bare(f"x={call}")
    assert max(map(len, text.splitlines())) <= LINE_LENGTH
    assert mistakes(text) == []
    assert format_julia(text, "x.jl") == text
