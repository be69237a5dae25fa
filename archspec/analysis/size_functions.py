"""Sizes as functions of one size of the input, without trying any.

Each function is made of strides rounded down, sums and maxima, so it never falls as the input
grows, and its least argument for a wanted value can be worked out backwards. And it repeats: there
are a *period* P and a *rise* Q with ``f(n + P) == f(n) + Q`` for every n from its *onset* on.
Rounding down repeats in this way everywhere (its onset is 1); a maximum does as soon as the
function that grows fastest has overtaken the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, gcd, lcm
from typing import Literal

from archspec.operators.scaling import Scaling

_SAME = Scaling()

Function = int
"""A function is called by its place in its table; the first one is the size of the input."""
SIZE: Function = 0


@dataclass(frozen=True, slots=True)
class _Rule:
    kind: Literal["size", "constant", "scaled", "sum", "greatest"]
    of: tuple[Function, ...] = ()
    scaling: Scaling = _SAME


@dataclass(frozen=True, slots=True)
class Repetition:
    """``f(n + period) == f(n) + rise`` from ``onset`` on."""

    period: int
    rise: int
    onset: int = 1

    @property
    def rate(self) -> Fraction:
        """How much it grows with the input in the long run."""
        return Fraction(self.rise, self.period)

    def over(self, period: int) -> int:
        """The rise over a multiple of the period."""
        return self.rise * (period // self.period)


class Functions:
    """All sizes that occur in a network, each equal one once."""

    def __init__(self) -> None:
        self._rules: list[_Rule] = [_Rule("size")]
        self._places: dict[_Rule, Function] = {self._rules[0]: SIZE}
        self._repetitions: list[Repetition] = [Repetition(1, 1)]

    def constant(self, value: int) -> Function:
        """A size that does not depend on the input's."""
        return self._add(_Rule("constant", (), Scaling(0, value)))

    def is_constant(self, function: Function) -> bool:
        """Whether a size does not depend on the input's."""
        return self._repetitions[function].rise == 0

    def scaled(self, function: Function, scaling: Scaling) -> Function:
        """A size after one scaling more, in the shortest form."""
        rule = self._rules[function]
        if rule.kind == "constant":
            return self.constant(scaling.of(rule.scaling.plus))
        if scaling.times == 0:
            return self.constant(scaling.plus // scaling.over)
        if rule.kind == "scaled":
            joined = scaling.after(rule.scaling)
            if joined is not None:
                return self.scaled(rule.of[0], joined)
        common = gcd(scaling.times, scaling.over)
        short = Scaling(scaling.times // common, scaling.plus // common, scaling.over // common)
        if short == _SAME:
            return function
        return self._add(_Rule("scaled", (function,), short))

    def sum(self, functions: Sequence[Function]) -> Function:
        """The sum of several sizes."""
        constants = [each for each in functions if self._rules[each].kind == "constant"]
        plus = sum(self._rules[each].scaling.plus for each in constants)
        varying = sorted(each for each in functions if self._rules[each].kind != "constant")
        if not varying:
            return self.constant(plus)
        if len(set(varying)) == 1:
            return self.scaled(varying[0], Scaling(len(varying), plus))
        return self.scaled(self._add(_Rule("sum", tuple(varying))), Scaling(1, plus))

    def greatest(self, functions: Sequence[Function]) -> Function:
        """The greatest of several sizes, all of which are at least 1."""
        ones = {self.constant(1)}
        different = sorted(set(functions) - ones) or sorted(ones)
        return different[0] if len(different) == 1 else self._add(_Rule("greatest", (*different,)))

    def values(self, size: int) -> list[int]:
        """What each function comes to at one size of the input."""
        values: list[int] = []
        for rule in self._rules:
            if rule.kind == "size":
                values.append(size)
            elif rule.kind == "constant":
                values.append(rule.scaling.plus)
            elif rule.kind == "scaled":
                values.append(rule.scaling.of(values[rule.of[0]]))
            elif rule.kind == "sum":
                values.append(sum(values[each] for each in rule.of))
            else:
                values.append(max(values[each] for each in rule.of))
        return values

    def least(self, function: Function, wanted: int) -> int | None:
        """The least size of the input, at least 1, with a value of ``wanted`` or more.

        None if there is none.
        """
        rule = self._rules[function]
        while rule.kind == "scaled":
            needed = rule.scaling.least(wanted)
            assert needed is not None, "a scaling by 0 is a constant"
            wanted, rule = needed, self._rules[rule.of[0]]
        if rule.kind == "size":
            return max(wanted, 1)
        if rule.kind == "constant":
            return 1 if rule.scaling.plus >= wanted else None
        return self._halving(self._places[rule], wanted)

    def _halving(self, function: Function, wanted: int) -> int | None:
        """Of a sum or a maximum: they never fall, and how they repeat bounds the interval."""
        repetition = self._repetitions[function]
        low, high = 0, repetition.onset
        short = wanted - self.values(high)[function]
        if short > 0:
            if not repetition.rise:
                return None
            high += -(-short // repetition.rise) * repetition.period
        while high - low > 1:
            middle = (low + high) // 2
            if self.values(middle)[function] >= wanted:
                high = middle
            else:
                low = middle
        return high

    def repetition(self, function: Function) -> Repetition:
        """How a function repeats."""
        return self._repetitions[function]

    def parted(self, one: Function, other: Function) -> int:
        """The size from which on two functions that grow at different rates are never equal."""
        faster, slower = self._repetitions[one], self._repetitions[other]
        onset = max(faster.onset, slower.onset)
        values = self.values(onset)
        ahead = values[one] - values[other]
        if faster.rate < slower.rate:
            faster, slower, ahead = slower, faster, -ahead
        # Less than one rise away from a line of its rate, a function is above f(onset) - rise and
        # below f(onset) + rise, both with the rate times the way from the onset added.
        way = (faster.rise + slower.rise - ahead) / (faster.rate - slower.rate)
        return onset + max(ceil(way) + 1, 0)

    def same_rate(self, one: Function, other: Function) -> bool:
        """Whether two functions grow alike in the long run."""
        return self._repetitions[one].rate == self._repetitions[other].rate

    def _add(self, rule: _Rule) -> Function:
        if rule not in self._places:
            self._repetitions.append(self._repeats(rule))
            self._places[rule] = len(self._rules)
            self._rules.append(rule)
        return self._places[rule]

    def _repeats(self, rule: _Rule) -> Repetition:
        inner = [self._repetitions[each] for each in rule.of]
        onset = max((each.onset for each in inner), default=1)
        if rule.kind == "constant":
            return Repetition(1, 0)
        if rule.kind == "scaled":
            rise = inner[0].rise * rule.scaling.times
            times = rule.scaling.over // gcd(rise, rule.scaling.over)
            return Repetition(inner[0].period * times, rise * times // rule.scaling.over, onset)
        period = lcm(*(each.period for each in inner))
        if rule.kind == "sum":
            return Repetition(period, sum(each.over(period) for each in inner), onset)
        fastest = max(range(len(inner)), key=lambda place: inner[place].over(period))
        top = rule.of[fastest]
        onsets = [self.parted(top, each) for each in rule.of if not self.same_rate(top, each)]
        return Repetition(period, inner[fastest].over(period), max([onset, *onsets]))
