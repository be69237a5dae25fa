"""Collecting every problem of a file before giving up, each at its place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from archspec.errors import ArchspecError, Location, Problem, SpecError
from archspec.reading import Mapping, Node, describe, plain
from archspec.schema.translation import translated

M = TypeVar("M", bound=BaseModel)

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
            raise SpecError([_printable(each) for each in unique])

    @contextmanager
    def collecting(self, where: Location | None = None) -> Iterator[None]:
        """Turn an ArchspecError raised inside into notes, placed where they have no place."""
        try:
            yield
        except ArchspecError as error:
            for each in error.problems:
                place = each.where or where
                self.problems.append(Problem(each.problem, place, each.path, each.hint))

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
            self.problems.extend(translated(model, error, node, path))
            return None

    def check_given(
        self, model: type[BaseModel], node: Mapping, path: str, given: dict[str, Any]
    ) -> set[str]:
        """Check some of a model's fields and say which are wrong; others may be missing."""
        try:
            model.model_validate(given)
        except ValidationError as error:
            self.problems.extend(translated(model, error, node, path, missing=False))
            return {str(each["loc"][0]) for each in error.errors() if each["type"] != "missing"}
        return set()


def _printable(problem: Problem) -> Problem:
    """A problem whose words, some of them the file's, are short and cannot steer a terminal."""
    hint = problem.hint and _cut(problem.hint, 500)
    return Problem(_cut(problem.problem, 500), problem.where, _cut(problem.path, 200), hint)


def _cut(text: str, most: int) -> str:
    text = text if len(text) <= most else f"{text[: most - 3]}..."
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
