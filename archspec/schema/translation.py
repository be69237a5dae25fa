"""What pydantic finds wrong, in the words of a spec and at its place in the file."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ValidationError

from archspec.errors import Location, Problem
from archspec.names import did_you_mean, nearest
from archspec.reading import Mapping, Node, Scalar, Sequence, describe
from archspec.schema.initialization import SHORT

_TYPES = {
    "string_type": "a string",
    "int_type": "an integer",
    "int_parsing": "an integer",
    "int_from_float": "an integer",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
}


OPTIONS = ("as", "from", "when", "repeat", "index", "init")
"""What may stand beside a layer's operator or block."""


def translated(
    model: type[BaseModel], error: ValidationError, node: Node, path: str, missing: bool = True
) -> list[Problem]:
    """The problems of a node that does not fit a model.

    Args:
        model: the model.
        error: what pydantic says.
        node: what was checked.
        path: its place in the spec.
        missing: whether keys that are not there are problems.
    """
    problems: list[Problem] = []
    # What was expected at a place that fits none of several types, by the problem's number.
    expected: dict[tuple[Location, str], tuple[int, list[str], str]] = {}
    for detail in error.errors(include_url=False):
        if detail["type"] == "missing" and not missing:
            continue
        loc = (*detail["loc"], *detail.get("ctx", {}).get("at", ()))
        where, place, found = _walk(node, loc, path)
        wanted = _expectation(detail)
        if wanted is None:
            problems.append(_problem(model, detail, node, where, place, found))
            continue
        number, several, _ = expected.setdefault((where, place), (len(problems), [], found))
        if wanted not in several:
            several.append(wanted)
        text = f"expected {' or '.join(several)}, received {found}"
        problems[number : number + 1] = [Problem(text, where, place, _near(detail))]
    return problems


def _expectation(detail: Any) -> str | None:
    """What was expected, for errors that say no more than that."""
    kind, context = detail["type"], detail.get("ctx", {})
    if kind in _TYPES:
        return _TYPES[kind]
    if kind == "expected":
        return str(context["what"])
    if kind in ("literal_error", "enum"):
        return _listed(_words(context))
    if kind in ("greater_than", "greater_than_equal"):
        least = context.get("gt", context.get("ge"))
        return f"a number of {'more than' if kind == 'greater_than' else 'at least'} {least:g}"
    return None


def _words(context: Any) -> list[str]:
    return re.findall(r"'([^']*)'", str(context["expected"])) or [str(context["expected"])]


def _listed(words: Iterable[str]) -> str:
    *first, last = [f"`{word}`" for word in words]
    return f"{', '.join(first)} or {last}" if first else last


def _near(detail: Any) -> str | None:
    value = detail.get("input")
    if detail["type"] != "literal_error" or not isinstance(value, str):
        return None
    near = nearest(value, _words(detail["ctx"]))
    return f"did you mean `{near}`?" if near else None


def _problem(
    model: type[BaseModel], detail: Any, node: Node, where: Location, path: str, found: str
) -> Problem:
    kind, loc, context = detail["type"], detail["loc"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        key = str(loc[-1])
        holder, owner = _holder(model, node, loc)
        entry = holder.entry(key) if isinstance(holder, Mapping) else None
        hint = did_you_mean(key, _keys(owner)) if owner else None
        if owner and not _keys(owner):
            hint = "it takes no arguments"
        if owner and hasattr(owner, "arguments") and key in OPTIONS:
            hint = beside(key)
        return Problem(f"unknown key `{key[:80]}`", entry.key_where if entry else where, path, hint)
    if kind == "missing":
        return Problem(f"`{loc[-1]}` is missing", where, path, _example(model, str(loc[-1])))
    if kind == "unknown":
        return Problem(f"unknown key `{loc[-1]}`", where, path, "it is worked out, never given")
    if kind == "ambiguous":
        return Problem(str(context["what"]), where, path, context.get("hint"))
    if kind == "expression":
        scalar, _ = _find(node, (*loc, *context.get("at", ())), path)
        if isinstance(scalar, Scalar):
            where = scalar.at(int(context.get("offset", 0)))
        return Problem(str(context["message"]), where, path, context.get("hint"))
    return Problem(f"{str(detail['msg']).lower()}, received {found}", where, path)


def beside(key: str) -> str:
    """The hint for an option of a layer among the arguments of its operator or block."""
    return f"`{key}` stands beside the layer's name, on a line of its own, not inside"


def _keys(model: type[BaseModel]) -> list[str]:
    arguments = getattr(model, "arguments", None)
    fields = arguments() if arguments else model.model_fields
    return [field.alias or name for name, field in fields.items()]


def _example(model: type[BaseModel], name: str) -> str | None:
    for field_name, field in model.model_fields.items():
        if (field.alias or field_name) == name and field.examples:
            return f"such as `{name}: {field.examples[0]}`"
    return None


def _holder(
    model: type[BaseModel], node: Node, loc: tuple[int | str, ...]
) -> tuple[Node, type[BaseModel] | None]:
    """The mapping that an unknown key stands in, and the model of it where that is known."""
    if len(loc) == 1:
        return node, model
    holder, _ = _find(node, loc[:-1], "")
    field = model.model_fields.get(str(loc[0]))
    inner = field.annotation if field and len(loc) == 2 else None
    for each in (inner, *getattr(inner, "__args__", ())):
        if isinstance(each, type) and issubclass(each, BaseModel):
            return holder, each
    return holder, None


def _find(node: Node, loc: tuple[int | str, ...], path: str) -> tuple[Node, str]:
    """The node that an error's ``loc`` points at, as far as there is one, and its path."""
    for step in loc:
        if isinstance(node, Mapping) and isinstance(step, str):
            child = node.get(step)
            if child is None and len(node) == 1 and step in SHORT:
                # The short form of a distribution, `{normal: 0.01}`.
                child = node.entries[0].value
            if child is None:
                # The name of a type in a union, or a key that is not there.
                continue
            node, path = child, f"{path}.{step}" if path else step
        elif isinstance(node, Sequence) and isinstance(step, int) and step < len(node):
            node, path = node[step], f"{path}[{step}]"
        elif isinstance(node, Scalar):
            break
    return node, path


def _walk(node: Node, loc: tuple[int | str, ...], path: str) -> tuple[Location, str, str]:
    found, place = _find(node, loc, path)
    return found.where, place, describe(found)
