"""What happened inside a module while it ran: each layer's value, once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable
from typing import Any


class Recorder:
    """Collects values and says where each was seen.

    Args:
        key: what tells two values apart: the identity of the array and, where arrays can change
            in place, its version.
        keep: makes of a value something that later operations do not change.
    """

    def __init__(self, key: Callable[[Any], Hashable], keep: Callable[[Any], Any]) -> None:
        self._key = key
        self._keep = keep
        self._numbers: dict[Hashable, int] = {}
        # Values are held, so that no later one gets the identity of an earlier one.
        self._held: list[Any] = []
        self._seen: Counter[tuple[Any, ...]] = Counter()
        self.arrays: list[Any] = []
        self.records: list[dict[str, Any]] = []
        self.dropouts: list[dict[str, Any]] = []

    def module(self, path: str, kind: str, value: Any) -> None:
        """A submodule's output."""
        self._add(value, {"source": "module", "path": path, "type": kind})

    def input(self, path: str, value: Any) -> None:
        """What a submodule took, first of all."""
        self._add(value, {"source": "input", "path": path})

    def line(self, path: str, lines: tuple[int, int], name: str, value: Any) -> None:
        """What a statement bound to a variable (or ``return``\\ ed) in the instance at a path."""
        place = {"source": "line", "path": path, "first": lines[0], "last": lines[1], "name": name}
        self._add(value, place)

    def dropout(
        self, path: str, rate: float, active: bool, instance: str = "", line: int = 0
    ) -> None:
        """A dropout, which runs as the identity: its rate and whether it would have dropped.

        ``instance`` and ``line`` say where it is called, for one whose path says nothing.
        """
        figures = {"rate": float(rate), "active": bool(active)}
        self.dropouts.append({"path": path, "instance": instance, "line": line, **figures})

    def _add(self, value: Any, place: dict[str, Any]) -> None:
        key = self._key(value)
        if key not in self._numbers:
            self._numbers[key] = len(self.arrays)
            self._held.append(value)
            self.arrays.append(self._keep(value))
        count = tuple(place.values())
        self.records.append({**place, "turn": self._seen[count], "array": self._numbers[key]})
        self._seen[count] += 1
