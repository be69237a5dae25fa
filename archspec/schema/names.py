"""Which names a spec may use, given that each is written into several languages."""

from __future__ import annotations

import sys
from functools import cache

from archspec.backends import built_in
from archspec.errors import Location
from archspec.languages import LANGUAGES
from archspec.names import LONGEST, is_camel, is_snake, snake
from archspec.schema.report import Report

# What each kind of name is called in messages; the keys are those of a manifest's [reserved].
_KINDS = {"class": "class name", "parameter": "parameter", "layer": "name", "input": "input"}
# Words with a meaning of their own in the language of specs.
_OWN = {
    "parameter": {"true", "false", "none", "and", "or", "not", "if", "else",
                  "min", "max", "abs", "len", "floor", "ceil", "sum", "type"},
    "layer": {"previous", "in_channels"},
    "class": set(),
    "input": set(),
}  # fmt: skip


@cache
def _reserved(kind: str) -> dict[str, str]:
    if kind == "input":
        # An input is a name in paths and an argument of a function as well.
        variables = {w: b.title for b in built_in() for w in b.reserved.get("variable", ())}
        return _reserved("parameter") | _reserved("layer") | variables
    reserved = dict.fromkeys(sorted(_OWN[kind]), "the spec language")
    for language in LANGUAGES.values():
        words = language.KEYWORDS | language.BUILTINS_USED if kind != "layer" else language.KEYWORDS
        reserved |= dict.fromkeys(words, language.TITLE)
    for backend in built_in():
        reserved |= dict.fromkeys(backend.reserved.get(kind, ()), backend.title)
    return reserved


def is_word(name: str) -> bool:
    """Whether a name is one that every language can import a file by."""
    words = {word for language in LANGUAGES.values() for word in language.KEYWORDS}
    # A file called as a module that generated files import would stand in its way.
    words |= sys.stdlib_module_names | {"numpy"}
    words |= {package for backend in built_in() for package in backend.manifest.packages}
    plain = name.isidentifier() and name.isascii() and not name.startswith("__")
    return plain and name not in words


def check_name(report: Report, name: str, kind: str, where: Location, path: str) -> bool:
    """Note a name that cannot be written in every language or that a framework needs itself.

    Args:
        report: where problems go.
        name: the name.
        kind: ``class``, ``parameter``, ``layer`` or ``input``.
        where: its place in the file.
        path: its place in the spec.
    """
    called = _KINDS[kind]
    shown = name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"
    if kind == "class" and not is_camel(name):
        hint = "an upper-case letter first, then letters and digits, such as `BasicBlock`"
        report.add(f"`{shown}` cannot be a {called}", where, path, hint)
        return False
    if kind != "class" and not is_snake(name):
        hint = f"lower-case letters, digits and `_`, a letter first, {LONGEST} at the most"
        if is_camel(name) and is_snake(snake(name)):
            hint = f"lower case: `{snake(name)}`"
        report.add(f"`{shown}` cannot be a {called}", where, path, hint)
        return False
    owner = _reserved(kind).get(name)
    if owner:
        suffix = {"class": "Net", "parameter": "_value"}.get(kind, "1")
        hint = f"another name, such as `{name}{suffix}`"
        report.add(f"`{name}` is a reserved word of {owner}", where, path, hint)
        return False
    return True
