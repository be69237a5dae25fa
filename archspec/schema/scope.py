"""What names mean at a place of a spec."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from archspec.expressions.types import Int, Kind
from archspec.schema.report import Report
from archspec.schema.spec import Parameter


@dataclass(frozen=True)
class Scope:
    """What names mean where a sequence of layers stands.

    Args:
        report: where problems go.
        kinds: the kind of each name in an expression; None where its declaration is wrong, so
            that one mistake is reported once.
        blocks: the parameters of each block; None where its declaration is wrong.
        defaults: arguments for every use of an operator.
    """

    report: Report
    kinds: Mapping[str, Kind | None]
    blocks: Mapping[str, Mapping[str, Parameter] | None]
    defaults: Mapping[str, Mapping[str, Any]]

    @cached_property
    def members(self) -> dict[str, tuple[str, ...]]:
        """Names of the members of tuple parameters."""
        return {
            name: names
            for name, kind in self.kinds.items()
            if (names := getattr(kind, "names", ())) and hasattr(kind, "items")
        }

    def inside(self, index: str) -> Scope:
        """The scope of a repeated layer."""
        return replace(self, kinds={**self.kinds, index: Int(0)})
