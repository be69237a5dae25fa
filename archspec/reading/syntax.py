"""Syntax errors in our own words: what the parser found, and what its writer likely meant.

PyYAML's two parsers word the same fault differently, so rules look for what both say.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from yaml.error import MarkedYAMLError

from archspec.errors import Location, Problem
from archspec.reading.nodes import shown
from archspec.reading.source import place_of

ANCHOR_HINT = "to use the same thing twice, define a block or a parameter and name it"
DIRECTIVE_HINT = "delete the line; a spec is YAML 1.2 without directives"
TAG_HINT = "delete the tag; if the text itself begins with '!', put it in quotes"

_MEMBER = re.compile(r"[\w)\]]$")
_LONGEST_KEY = 1024
"""Characters in which a key's ``:`` must follow, by the YAML standard."""


@dataclass(frozen=True, slots=True)
class _Fault:
    """What the parser says, and the text around the place."""

    words: str
    context: str
    where: Location
    opened: Location
    found: str
    before: str

    def problem(self, words: str, hint: str | None, at_start: bool = False) -> Problem:
        return Problem(words, self.opened if at_start else self.where, hint=hint)


def explain(error: MarkedYAMLError, text: str, file: str) -> Problem:
    """One located problem for an error of PyYAML's scanner or parser.

    Args:
        error: what the parser raised.
        text: the whole text it was reading.
        file: the name for messages.
    """
    fault = _fault_of(error, text, file)
    for pattern, rule in _RULES:
        if re.search(pattern, f"{fault.context}: {fault.words}"):
            return rule(fault)
    return fault.problem(
        f"this is not YAML ({fault.words or 'unknown reason'})",
        "look for a missing bracket, quote or space on this line and the one above",
    )


def _fault_of(error: MarkedYAMLError, text: str, file: str) -> _Fault:
    # The index, and not the line, of a mark: libyaml counts the end of the file as a line.
    marks = [
        min(mark.index, len(text))
        for mark in (error.problem_mark, error.context_mark)
        if mark is not None
    ] or [0]
    index = marks[0]
    where = place_of(text, index, file)
    start = index - min(where.column - 1, 4 * _LONGEST_KEY)
    return _Fault(
        words=error.problem or "",
        context=error.context or "",
        where=where,
        opened=where if error.context_mark is None else place_of(text, marks[-1], file),
        found=text[index : index + 1],
        before=text[start:index],
    )


def _name(character: str) -> str:
    if not character:
        return "the end of the file"
    return "the end of the line" if character in "\r\n" else shown(character)


def _tab(fault: _Fault) -> Problem:
    return fault.problem("a tab stands where only spaces can", "indent with spaces")


def _unclosed_bracket(fault: _Fault) -> Problem:
    close, kind = ("}", "mapping") if "mapping" in fault.context else ("]", "list")
    opening = "{" if close == "}" else "["
    place = f"line {fault.opened.line}, column {fault.opened.column}"
    hint = f"close it with '{close}', or quote a text that holds any of , : [ ] {{ }}"
    if fault.found == "[" and _MEMBER.search(fault.before):
        hint = (
            "inside {...} and [...] name a tuple's member with a dot (c2.reduce), "
            "or put the expression in quotes ('c2[0]')"
        )
    return fault.problem(
        f"expected ',' or '{close}' in the {kind} that '{opening}' opens at {place}, "
        f"found {_name(fault.found)}",
        hint,
    )


def _no_content(fault: _Fault) -> Problem:
    if fault.found and fault.found in "]}" and "flow" not in fault.context:
        return _extra_bracket(fault)
    if not fault.found:
        return fault.problem(
            "the file ends inside a bracket", "close every '[' with ']' and every '{' with '}'"
        )
    hint = (
        "delete the comma, or write what belongs before it"
        if fault.found == ","
        else "is a '[' or '{' above left open? if this is a text, put it in quotes"
    )
    return fault.problem(f"expected a value, found {_name(fault.found)}", hint)


def _extra_bracket(fault: _Fault) -> Problem:
    return fault.problem(
        f"{_name(fault.found)} closes a bracket that is not open",
        "delete it, or put the whole text in quotes",
    )


def _bad_start(fault: _Fault) -> Problem:
    if fault.found == "\t":
        return _tab(fault)
    return fault.problem(
        f"a text cannot begin with {_name(fault.found)}", "put the whole text in quotes"
    )


def _colon(fault: _Fault) -> Problem:
    if fault.where.column > _LONGEST_KEY:
        hint = f"a key can be {_LONGEST_KEY} characters long at most"
    elif re.search(r":\s", fault.before):
        hint = "put the value in quotes if it holds ': ', or begin a new line for a new key"
    else:
        hint = (
            "indent this line like its neighbours, and look whether a ':' above lacks "
            "the space behind it"
        )
    return fault.problem("a ':' cannot stand here", hint)


def _unfinished_key(fault: _Fault) -> Problem:
    return fault.problem(
        "expected 'key: value', found no ':'",
        "add ': ' and a value, or '- ' before an item of a list",
        at_start=True,
    )


def _unclosed_quote(fault: _Fault) -> Problem:
    return fault.problem("this quoted text is never closed", "add the closing quote", at_start=True)


def _escape(fault: _Fault) -> Problem:
    return fault.problem(
        "an escape in double quotes that means nothing",
        r"write \\ for a backslash, \U0001F600 for a character, or use single quotes",
    )


def _misplaced(fault: _Fault) -> Problem:
    if fault.found and fault.found in "]}":
        return _extra_bracket(fault)
    kind = "list" if re.search("collection|sequence", fault.context) else "mapping"
    place = f"line {fault.opened.line}, column {fault.opened.column}"
    if fault.before.strip(" -"):
        return fault.problem(
            f"{_name(fault.found)} follows a value that is already complete",
            "put the whole text in quotes, or begin a new line",
        )
    member = "an item ('- ...')" if kind == "list" else "a key ('name: ...')"
    return fault.problem(
        f"expected {member} of the {kind} at {place}, found {_name(fault.found)}",
        f"begin what belongs to that {kind} in column {fault.opened.column}",
    )


def _reference(fault: _Fault) -> Problem:
    sign = "*" if "alias" in fault.context else "&"
    return fault.problem(
        f"a text cannot begin with '{sign}'", "put an expression in quotes", at_start=True
    )


def _directive(fault: _Fault) -> Problem:
    return fault.problem(
        "directives (lines that begin with '%') are not part of the language",
        DIRECTIVE_HINT,
        at_start=True,
    )


def _tag(fault: _Fault) -> Problem:
    return fault.problem("tags are not part of the language", TAG_HINT, at_start=True)


def _after_the_end(fault: _Fault) -> Problem:
    if fault.found and fault.found in "]}":
        return _extra_bracket(fault)
    return fault.problem(
        f"expected the end of the file, found {_name(fault.found)}",
        "a spec is one mapping; put a text that begins with a quote or bracket in quotes",
    )


def _block_text(fault: _Fault) -> Problem:
    return fault.problem(
        f"'|' and '>' begin a text on the next line; found {_name(fault.found)} behind",
        "begin a new line, or put a text that begins with '|' or '>' in quotes",
    )


def _no_space(fault: _Fault) -> Problem:
    return fault.problem("a space is missing behind ':'", "write 'key: value'")


_RULES: tuple[tuple[str, Callable[[_Fault], Problem]], ...] = (
    ("tab character", _tab),
    ("directive|incompatible YAML|document start>', but found '<stream end>'", _directive),
    ("scanning an? (alias|anchor)", _reference),
    ("tag", _tag),
    ("',' or '[]}]'", _unclosed_bracket),
    ("node content", _no_content),
    ("cannot start any token", _bad_start),
    ("mapping values are not allowed", _colon),
    ("unexpected ':'", _no_space),
    ("expected ':'", _unfinished_key),
    ("quoted scalar: .*(end of stream|document (indicator|separator))", _unclosed_quote),
    ("quoted scalar", _escape),
    ("document start", _after_the_end),
    ("block scalar", _block_text),
    ("expected key|'-' indicator|block end", _misplaced),
)
"""First match wins; the patterns are found in "context: problem" of either parser."""
