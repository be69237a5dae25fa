"""Which names a spec may use, given that each is written into several languages."""

from __future__ import annotations

from functools import cache

from archspec.backends import built_in
from archspec.errors import Location
from archspec.languages import LANGUAGES
from archspec.names import LONGEST, is_camel, is_snake, snake
from archspec.schema.report import Report

# What each kind of name is called in messages; the keys are those of a manifest's [reserved].
_KINDS = {"class": "class name", "parameter": "parameter", "layer": "name"}
# Words with a meaning of their own in the language of specs.
_OWN = {
    "parameter": {"true", "false", "none", "and", "or", "not", "if", "else",
                  "min", "max", "abs", "len", "floor", "ceil", "sum", "type"},
    "layer": {"previous", "in_channels"},
    "class": set(),
}  # fmt: skip


@cache
def _reserved(kind: str) -> dict[str, str]:
    reserved = {word: "the spec language" for word in sorted(_OWN[kind])}
    for language in LANGUAGES.values():
        reserved |= {word: language.TITLE for word in language.KEYWORDS}
    for backend in built_in():
        reserved |= {word: backend.title for word in backend.reserved.get(kind, ())}
    return reserved


def check_name(report: Report, name: str, kind: str, where: Location, path: str) -> bool:
    """Note a name that cannot be written in every language or that a framework needs itself.

    Args:
        report: where problems go.
        name: the name.
        kind: ``class``, ``parameter`` or ``layer``.
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
        hint = f"another name, such as `{name}_`" if kind != "class" else f"such as `{name}Net`"
        if kind != "class":
            hint = f"another name, such as `{name}1`" if kind == "layer" else f"such as `{name}_value`"
        report.add(f"`{name}` is a reserved word of {owner}", where, path, hint)
        return False
    return True
