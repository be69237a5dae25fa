"""The variants that are asked for: every one of a grid, or random ones; never all in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from random import Random
from typing import Any

from archspec.errors import UsageError
from archspec.sweeping.ranges import Listed, Range

BATCH = 1024
"""Variants that are worked out, and kept, together."""
MOST = 10_000_000
"""Variants of one sweep."""


@dataclass(frozen=True)
class Space:
    """What varies, and which variants of it are meant.

    Args:
        ranges: for each name that varies, what it runs through; the last one quickest.
        fixed: values of parameters that are set but do not vary.
        inputs: which of the names are inputs; their values are sizes.
        draws: how many variants are drawn at random; None for all of them.
        seed: which random variants.

    Raises:
        UsageError: for more variants than a sweep has, or a range that cannot be counted.
    """

    ranges: Mapping[str, Range]
    fixed: Mapping[str, Any] = field(default_factory=dict)
    inputs: frozenset[str] = frozenset()
    draws: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.draws is not None:
            if not 1 <= self.draws <= MOST:
                raise UsageError(f"draws: expected 1 to {MOST:,}, received {self.draws:,}")
            return
        for name, each in self.ranges.items():
            if each.count is None:
                hint = f"give a step, as in {each.describe()}:0.25, or draw at random: `--draws N`"
                raise UsageError(f"{name}: a range without a step has no end of values", hint=hint)
        if self.count > MOST:
            raise UsageError(
                f"the grid has {_rounded(self.count)} variants, and a sweep at most {MOST:,}",
                hint="larger steps, or random variants out of it: `--draws N`",
            )

    @property
    def names(self) -> tuple[str, ...]:
        """What varies."""
        return tuple(self.ranges)

    @property
    def count(self) -> int:
        """How many variants there are."""
        if self.draws is not None:
            return self.draws
        return prod(each.count or 0 for each in self.ranges.values())

    @property
    def batches(self) -> int:
        """How many batches they make."""
        return -(-self.count // BATCH)

    def size(self, batch: int) -> int:
        """How many variants a batch has."""
        return min(BATCH, self.count - batch * BATCH)

    def columns(self, batch: int) -> list[list[Any]]:
        """For each name, its value in each variant of a batch; the same whenever it is asked."""
        if self.draws is not None:
            return self._drawn(batch)
        first = batch * BATCH
        variants = range(first, first + self.size(batch))
        columns = []
        repeats = self.count
        for each in self.ranges.values():
            count = each.count or 1
            repeats //= count
            positions = [variant // repeats % count for variant in variants]
            values = {position: each.at(position) for position in set(positions)}
            columns.append([values[position] for position in positions])
        return columns

    def _drawn(self, batch: int) -> list[list[Any]]:
        # Of Python's generators only `random` is promised to stay as it is. Each batch is drawn
        # whole, so that more draws begin with those of fewer.
        random = Random(f"{self.seed}/{batch}").random
        shares = [[random() for _ in range(BATCH)] for _ in self.ranges]
        size = self.size(batch)
        return [
            [each.between(share) for share in column[:size]]
            for each, column in zip(self.ranges.values(), shares, strict=True)
        ]

    def describe(self) -> dict[str, Any]:
        """The same as plain data: equal for the same variants in the same order."""
        return {
            "set": {
                **{name: Listed((value,)).describe() for name, value in self.fixed.items()},
                **{name: each.describe() for name, each in self.ranges.items()},
            },
            "order": list(self.ranges),
            "draws": self.draws,
            "seed": self.seed if self.draws is not None else None,
        }


def _rounded(count: int) -> str:
    """A number that may be absurdly large."""
    return f"{count:,}" if count < 10**15 else f"more than 10**{(count.bit_length() - 1) * 3 // 10}"
