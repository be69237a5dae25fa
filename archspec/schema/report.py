"""Collecting every problem of a file before giving up, each at its place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from archspec.errors import ArchspecError, Location, Problem, SpecError
from archspec.names import did_you_mean
from archspec.reading import Mapping, Node, Scalar, Sequence, describe, plain

M = TypeVar("M", bound=BaseModel)

_TYPES = {
    "string_type": "a string",
    "int_type": "an integer",
    "int_parsing": "an integer",
    "int_from_float": "an integer",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
}
MOST = 50


class Report:
    """The problems found so far in one spec."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def add(
        self, problem: str, where: Location | None, path: str = "", hint: str | None = None
    ) -> None:
        """Note a problem and go on."""
        self.problems.append(Problem(problem, where, path, hint))

    def raise_any(self) -> None:
        """Raise what was found, in the order of the file.

        Raises:
            SpecError: with every problem, if there is any.
        """
        if self.problems:
            unique = list(dict.fromkeys(self.problems))
            unique.sort(key=lambda each: each.where or Location("", 0, 0))
            more = len(unique) - MOST
            if more > 0:
                unique = [*unique[:MOST], Problem(f"and {more} more problems")]
            raise SpecError(unique)

    @contextmanager
    def collecting(self, where: Location | None = None, path: str = "") -> Iterator[None]:
        """Turn an ArchspecError raised inside into notes, placed where they have no place."""
        try:
            yield
        except ArchspecError as error:
            for each in error.problems:
                joined = f"{path}.{each.path}" if path and each.path else path or each.path
                place = each.where or where
                self.problems.append(Problem(each.problem, place, joined, each.hint))

    def validate(
        self,
        model: type[M],
        node: Node,
        path: str,
        given: dict[str, Any] | None = None,
        what: str = "a mapping",
    ) -> M | None:
        """Check a node against a pydantic model; None, with notes, if it does not fit.

        Args:
            model: the model.
            node: a mapping node.
            path: the node's place in the spec, for messages.
            given: plain values to check in place of the node's own (defaults merged in).
            what: what was expected, for a node that is no mapping.
        """
        if given is None:
            if not isinstance(node, Mapping):
                self.add(f"expected {what}, received {describe(node)}", node.where, path)
                return None
            given = plain(node)
        try:
            return model.model_validate(given)
        except ValidationError as error:
            for detail in error.errors(include_url=False):
                self._translate(model, dict(detail), node, path)
            return None

    def _translate(
        self, model: type[BaseModel], detail: dict[str, Any], node: Node, path: str
    ) -> None:
        kind, loc = detail["type"], tuple(detail["loc"])
        place, path, found = _walk(node, loc, path)
        context = detail.get("ctx", {})
        known = [field.alias or name for name, field in model.model_fields.items()]
        if kind == "extra_forbidden":
            key = str(loc[-1])
            entry = node.entry(key) if isinstance(node, Mapping) and len(loc) == 1 else None
            where = entry.key_where if entry else place
            options = [] if len(loc) > 1 else known
            self.add(f"unknown key `{key}`", where, path, did_you_mean(key, options))
        elif kind == "missing":
            self.add(f"`{loc[-1]}` is missing", place, path)
        elif kind == "expected":
            self.add(f"expected {context['what']}, received {found}", place, path)
        elif kind == "ambiguous":
            self.add(context["what"], place, path, context.get("hint"))
        elif kind == "unknown":
            self.add(f"`{loc[-1]}` is {context['what']}", place, path)
        elif kind == "expression":
            self.add(context["message"], place, path)
        elif kind in ("literal_error", "enum"):
            expected = str(context["expected"]).replace("'", "`")
            self.add(f"expected {expected}, received {found}", place, path)
        elif kind in _TYPES:
            self.add(f"expected {_TYPES[kind]}, received {found}", place, path)
        elif kind in ("greater_than", "greater_than_equal"):
            least = context.get("gt", context.get("ge"))
            word = "more than" if kind == "greater_than" else "at least"
            self.add(f"expected a number of {word} {least:g}, received {found}", place, path)
        else:
            self.add(f"{detail['msg'].lower()}, received {found}", place, path)


def _walk(node: Node, loc: tuple[Any, ...], path: str) -> tuple[Location, str, str]:
    """The place, the path and a description of what an error's ``loc`` points at."""
    for step in loc:
        if isinstance(node, Mapping) and isinstance(step, str):
            child = node.get(step)
            if child is None:
                continue
            node, path = child, f"{path}.{step}" if path else step
        elif isinstance(node, Sequence) and isinstance(step, int) and step < len(node.items):
            node, path = node.items[step], f"{path}[{step}]"
        elif isinstance(node, Scalar):
            break
    return node.where, path, describe(node)
