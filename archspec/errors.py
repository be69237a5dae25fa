"""What goes wrong, said once: where, what, and what to try.

Every error a user can cause is an :class:`ArchspecError`. It carries one or more
:class:`Problem` records, is raised (never returned), and is printed by the command line
without a traceback.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in a file; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"

    def shifted(self, columns: int) -> Location:
        """The place ``columns`` characters further right on the same line."""
        return Location(self.file, self.line, self.column + columns)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.

    Args:
        problem: the violated fact, such as ``expected 2 integers (reduce, out), received 3``.
        where: the place in the file, when there is one.
        path: the place in the spec, such as ``stages.b3[0].Inception.c2``.
        hint: what to try.
    """

    problem: str
    where: Location | None = None
    path: str = ""
    hint: str | None = None

    def __str__(self) -> str:
        parts = [str(part) for part in (self.where, self.path) if part]
        return ": ".join([*parts, self.problem])


class ArchspecError(Exception):
    """The base of every error that archspec raises on purpose."""

    def __init__(
        self,
        problem: str | Iterable[Problem],
        where: Location | None = None,
        path: str = "",
        hint: str | None = None,
    ) -> None:
        if isinstance(problem, str):
            self.problems: tuple[Problem, ...] = (Problem(problem, where, path, hint),)
        else:
            self.problems = tuple(problem)
        super().__init__("\n".join(str(each) for each in self.problems))


class SpecError(ArchspecError):
    """A spec cannot be read, or means nothing."""


class UsageError(ArchspecError):
    """An argument of a function or a command makes no sense."""


class BackendError(ArchspecError):
    """A backend is unknown, broken, not installed, or cannot honour an operator."""


class RefusedError(BackendError):
    """A framework cannot honour exactly what a spec asks for."""


class UnknownBackendError(BackendError, UsageError):
    """There is no backend of this name."""


class WeightsError(ArchspecError):
    """A set of weights does not fit the network."""


class VerificationError(ArchspecError):
    """A verification could not be carried out (a disagreement is a result, not an error)."""
