"""What each variant of a batch costs: all that go the same way are worked out at once."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from archspec.analysis.parts import parts_of
from archspec.errors import ArchspecError, Problem
from archspec.expressions import Value
from archspec.model.graph import Graph
from archspec.resolution import resolve
from archspec.resolution.elaborate import Elaboration
from archspec.resolution.inputs import with_inputs
from archspec.resolution.linking import link
from archspec.schema.spec import Spec
from archspec.sweeping.many import Many, SplitError, filled, many, numbers_in

COSTS = ("parameters", "multiply_adds", "activation_bytes")
"""The figures of a variant: trained numbers; products and sums of one example; bytes of the
outputs that training keeps of one example in float32. As ``archspec summary`` counts them."""
_BYTES = 4
# Figures beyond this fit no column of a file.
_LARGEST = 2**63 - 1
# So many elaborations of several variants at once, and then one for each so many variants: where
# variants have next to nothing in common it is quicker to take them one by one.
_FIRST_RUNS, _RUNS_PER_VARIANT = 16, 1 / 8
# Layers times variants that are held in memory together, at about 100 bytes each.
_MOST_AT_ONCE = 1_000_000


@dataclass(slots=True)
class Outcome:
    """What a batch of variants costs.

    Args:
        costs: by the names of ``COSTS``, a figure for each variant; None for an invalid one.
        reasons: why a variant is invalid; None where it is valid.
    """

    costs: dict[str, list[int | None]]
    reasons: list[str | None]

    @classmethod
    def empty(cls, count: int) -> Outcome:
        """So many variants of which nothing is known."""
        return cls({name: [None] * count for name in COSTS}, [None] * count)

    def is_of(self, count: int) -> bool:
        """Whether it can be that of so many variants; false for what has been tampered with."""
        if not isinstance(self.costs, dict) or set(self.costs) != set(COSTS):
            return False
        columns = [*self.costs.values(), self.reasons]
        if not all(isinstance(each, list) and len(each) == count for each in columns):
            return False
        # Either a reason or figures.
        return all(
            figures.count(None) == len(figures)
            if isinstance(why, str)
            else why is None and all(map(_is_figure, figures))
            for *figures, why in zip(*columns, strict=True)
        )


@dataclass
class Effort:
    """How much was done: elaborations of several variants at once, variants one by one, and
    elaborations whose first variant by itself came out otherwise, which must never be."""

    together: int = 0
    alone: int = 0
    mismatches: int = 0


@dataclass
class Meter:
    """Measures variants of one network.

    Args:
        spec: the network.
        fixed: values of parameters that are the same for all variants.
        names: the parameters that vary; then inputs whose sizes vary.
        inputs: which of the names are inputs.
    """

    spec: Spec
    names: tuple[str, ...]
    inputs: frozenset[str] = frozenset()
    fixed: Mapping[str, Value] = field(default_factory=dict)
    effort: Effort = field(default_factory=Effort)

    def __post_init__(self) -> None:
        self._links = link(self.spec)
        defaults = {name: each.default for name, each in self.spec.parameters.items()}
        self._values: dict[str, Value] = {**defaults, **self.fixed}
        self._layers = 0

    def measure(self, columns: Sequence[Sequence[Value]], count: int) -> Outcome:
        """The costs of variants, each exactly as if it had been resolved by itself.

        Args:
            columns: for each of ``names``, its value (an input: its sizes) in each variant;
                values are of the parameter's kind.
            count: how many variants there are.
        """
        outcome = Outcome.empty(count)
        waiting = _alike(columns, count)
        runs = 0
        while waiting:
            part = waiting.pop()
            if len(part) == 1 or runs > _FIRST_RUNS + count * _RUNS_PER_VARIANT:
                self._one_by_one(columns, part, outcome)
                continue
            runs += 1
            try:
                self._together(columns, part, outcome)
            except SplitError as split:
                waiting.extend(part[each] for each in split.parts())
        return outcome

    def _one_by_one(
        self, columns: Sequence[Sequence[Value]], part: np.ndarray, outcome: Outcome
    ) -> None:
        for variant in part.tolist():
            self.effort.alone += 1
            figures = self._alone([each[variant] for each in columns])
            if isinstance(figures, tuple):
                _keep(outcome, variant, figures)
            else:
                outcome.reasons[variant] = figures

    def _alone(self, values: Sequence[Value]) -> tuple[int, int, int] | str:
        """The figures of one variant, or why it is invalid."""
        given = dict(zip(self.names, values, strict=True))
        sizes: Any = {name: given.pop(name) for name in self.names if name in self.inputs}
        try:
            graph = resolve(self.spec, sizes, **{**self.fixed, **given}).graph
        except ArchspecError as error:
            return reason(error.problems)
        self._layers = len(graph.nodes)
        return figures(graph)

    def _together(
        self, columns: Sequence[Sequence[Value]], part: np.ndarray, outcome: Outcome
    ) -> None:
        """Elaborate the network once for several variants.

        Raises:
            SplitError: they go different ways, or are too many for so large a network.
        """
        if not self._layers:
            self._alone([each[part[0]] for each in columns])
        most = max(_MOST_AT_ONCE // max(self._layers, 1), 1)
        if len(part) > most:
            raise SplitError(np.arange(len(part)) // most, [])
        self.effort.together += 1
        shown: list[Many] = []
        gathered = [_gathered([each[variant] for variant in part], shown) for each in columns]
        given = dict(zip(self.names, gathered, strict=True))
        sizes = {name: given.pop(name) for name in self.names if name in self.inputs}
        elaboration = Elaboration(
            with_inputs(self.spec, sizes), self._links, {**self._values, **given}
        )
        problems: tuple[Problem, ...] = ()
        found: list[list[int]] = []
        try:
            totals = figures(elaboration.run())
            found = [numbers_in(each, len(part)) for each in totals]
        except ArchspecError as error:
            problems = error.problems
        # Classes are told apart by more than what is worked out here, so one variant is resolved
        # in full. That also holds what is done here against the plain way, each time.
        first = self._alone([each[part[0]] for each in columns])
        same = first == (_filled(problems, shown, 0) if problems else tuple(f[0] for f in found))
        if not same and (problems or not isinstance(first, str)):
            self.effort.mismatches += 1
        if not same or _classes_may_differ(elaboration, self.spec.blocks):
            self._one_by_one(columns, part, outcome)
            return
        for place, variant in enumerate(part.tolist()):
            if problems:
                outcome.reasons[variant] = _filled(problems, shown, place)
            else:
                _keep(outcome, variant, tuple(each[place] for each in found))


def figures(graph: Graph) -> tuple[int, int, int]:
    """What a network costs, in the order of ``COSTS``."""
    whole = parts_of(graph)
    return whole.parameters, whole.multiply_adds, whole.activations * _BYTES


def reason(problems: Sequence[Problem]) -> str:
    """Why a variant is invalid, on one line."""
    return "; ".join(dict.fromkeys(str(each).replace("\n", " ") for each in problems))


def _is_figure(value: object) -> bool:
    return type(value) is int and 0 <= value <= _LARGEST


def _filled(problems: Sequence[Problem], shown: Sequence[Many], place: int) -> str:
    text = [
        Problem(filled(p.problem, shown, place), p.where, filled(p.path, shown, place))
        for p in problems
    ]
    return reason(text)


def _keep(outcome: Outcome, variant: int, found: Sequence[int]) -> None:
    for name, figure in zip(COSTS, found, strict=True):
        if figure > _LARGEST:
            outcome.reasons[variant] = f"{name}: more than a column of 64 bits holds"
            return
    for name, figure in zip(COSTS, found, strict=True):
        outcome.costs[name][variant] = figure


def _classes_may_differ(elaboration: Elaboration, blocks: Container[str]) -> bool:
    """Whether it may depend on numbers, not only on structure, if classes can be written.

    A block that is passed as an argument must not depend on the size of its input; that is known
    from whether such sizes are the same in all its uses.
    """
    instances = [each for several in elaboration.instances.values() for each in several]
    if not any(
        value in blocks for each in instances for value in _words(each.environment.values())
    ):
        return False
    return any(
        _holds_many(occurrence.facts.values())
        for each in instances
        for found in each.occurrences.values()
        for occurrence in found
    )


def _words(values: Iterable[Any]) -> Iterator[str]:
    for value in values:
        if isinstance(value, tuple):
            yield from _words(value)
        elif isinstance(value, str):
            yield value


def _holds_many(values: Any) -> bool:
    return any(
        _holds_many(each) if isinstance(each, tuple) else type(each) is Many for each in values
    )


def _alike(columns: Sequence[Sequence[Value]], count: int) -> list[np.ndarray]:
    """The variants by what cannot vary in one value: words, truth values, lengths of lists."""
    groups: dict[tuple[Any, ...], list[int]] = {}
    signed = [[_signature(value) for value in column] for column in columns]
    if not signed:
        return [np.arange(count)]
    for variant, key in enumerate(zip(*signed, strict=True)):
        groups.setdefault(key, []).append(variant)
    return [np.array(each) for each in groups.values()]


def _signature(value: Value) -> Any:
    if isinstance(value, tuple):
        return tuple(map(_signature, value))
    return type(value) if type(value) in (int, float) else (type(value), value)


def _gathered(values: Sequence[Any], shown: list[Many]) -> Any:
    """The values of several variants, which are alike, as one."""
    first = values[0]
    if isinstance(first, tuple):
        return tuple(_gathered(each, shown) for each in zip(*values, strict=True))
    if type(first) is float:
        return many(np.array(values, dtype=np.float64), shown)
    return many(np.array(values, dtype=np.int64), shown) if type(first) is int else first
