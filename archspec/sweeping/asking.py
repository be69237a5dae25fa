"""From what is written on the command line, or given in Python, to the variants it means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

from archspec.errors import UsageError
from archspec.expressions.types import Float, Int, Kind, Optional
from archspec.names import did_you_mean
from archspec.resolution import parse_value
from archspec.resolution.inputs import with_inputs
from archspec.schema.kinds import check_value
from archspec.schema.spec import Parameter, Spec
from archspec.sweeping.ranges import (
    Between,
    Listed,
    Range,
    Stepped,
    is_range,
    joined,
    parse_range,
    split_values,
)
from archspec.sweeping.space import Space


@dataclass(frozen=True)
class Sizes:
    """Sizes of an input: one range for each axis, crossed; the last is that of all axes left.

    Args:
        axes: what the axes run through.
        rank: how many axes the input has.
    """

    axes: tuple[Stepped, ...]
    rank: int

    @property
    def count(self) -> int:
        """How many there are."""
        return prod(each.count for each in self.axes)

    def at(self, position: int) -> tuple[int, ...]:
        """One, counted from 0."""
        sizes: list[int] = []
        for each in reversed(self.axes):
            position, place = divmod(position, each.count)
            sizes.insert(0, int(each.at(place)))
        return (*sizes, *sizes[-1:] * (self.rank - len(sizes)))

    def between(self, share: float) -> tuple[int, ...]:
        """The one at a share, from 0 to less than 1, of the whole."""
        return self.at(min(int(share * self.count), self.count - 1))

    def describe(self) -> Any:
        """The ranges."""
        return "x".join(str(each.describe()) for each in self.axes)


def space_of(
    spec: Spec,
    settings: Mapping[str, Any],
    inputs: Mapping[str, Any] | None = None,
    draws: int | None = None,
    seed: int = 0,
) -> Space:
    """The variants that settings of parameters and sizes of inputs mean.

    Args:
        spec: the network.
        settings: for each parameter a text (``"0.25:2:0.25"``, ``"1,2,3"``), a list of values,
            or one value.
        inputs: sizes of inputs by name: a text (``"3x64:256:32"``), or a list of sizes.
        draws: how many random variants; None for every one.
        seed: which ones.

    Raises:
        UsageError: for anything that means nothing, with the name it is about.
    """
    ranges: dict[str, Range] = {}
    fixed: dict[str, Any] = {}
    for name, given in settings.items():
        if name not in spec.parameters:
            hint = did_you_mean(name, spec.parameters) or f"`{spec.name}` has no parameters"
            raise UsageError(f"`{spec.name}` has no parameter `{name[:80]}`", hint=hint)
        found = _range(spec, spec.parameters[name], given)
        if found.count == 1:
            fixed[name] = found.at(0)
        else:
            ranges[name] = found
    for name, given in (inputs or {}).items():
        if name in ranges or name in fixed:
            problem = f"`{name}` is an input and a parameter of `{spec.name}`"
            raise UsageError(problem, hint="rename one of them in the spec")
        ranges[name] = _sizes(spec, name, given)
    names = frozenset(inputs or {})
    return Space(ranges, fixed, names, draws, seed)


def input_name(spec: Spec, text: str) -> tuple[str, str]:
    """The input that ``[NAME=]SIZES`` means, and the sizes.

    Raises:
        UsageError: where the name is left out but there are several inputs.
    """
    name, equals, sizes = text.rpartition("=")
    names = [each.name for each in spec.inputs]
    if equals:
        return name.strip(), sizes
    if len(names) > 1:
        hint = f"such as --input {names[0]}={text[:20]}"
        raise UsageError(f"--input: `{spec.name}` has the inputs {', '.join(names)}", hint=hint)
    return names[0], sizes


def _range(spec: Spec, parameter: Parameter, given: Any) -> Range:
    if isinstance(given, str):
        found = _parsed(parameter, given)
    elif isinstance(given, Iterable):
        found = Listed(tuple(tuple(v) if isinstance(v, list) else v for v in given))
    else:
        found = Listed((given,))
    if found.count == 0:
        raise UsageError(f"{parameter.name}: expected values, received an empty list")
    values = found.values if isinstance(found, Listed) else _ends(found)
    for value in values:
        wrong = check_value(parameter.kind, value, spec.blocks)
        if wrong:
            raise UsageError(f"{parameter.name}: {wrong}")
    if isinstance(found, Listed):
        seen: set[tuple[type, Any]] = set()
        for value in values:
            # 1 and 1.0 are two values.
            if (type(value), value) in seen:
                raise UsageError(f"{parameter.name}: {value!r} is given twice")
            seen.add((type(value), value))
    return found


def _ends(found: Range) -> tuple[Any, ...]:
    return found.at(0), found.at(found.count - 1 if found.count else 1)


def _parsed(parameter: Parameter, text: str) -> Range:
    kind = _number_kind(parameter.kind)
    ranges: list[Range] = []
    for each in split_values(text):
        if is_range(each):
            if kind is None:
                described = parameter.kind.describe()
                raise UsageError(
                    f"{parameter.name}: expected {described}, received the range {each[:80]}"
                )
            ranges.append(parse_range(parameter.name, each, isinstance(kind, Float)))
        elif not each:
            raise UsageError(f"{parameter.name}: expected a value, received nothing")
        else:
            ranges.append(Listed((parse_value(parameter, each),)))
    return joined(parameter.name, ranges)


def _number_kind(kind: Kind) -> Int | Float | None:
    inner = kind.item if isinstance(kind, Optional) else kind
    return inner if isinstance(inner, Int | Float) else None


def _sizes(spec: Spec, name: str, given: Any) -> Range:
    ranks = {each.name: len(each.sizes) for each in spec.inputs}
    if name not in ranks:
        with_inputs(spec, {name: ()})
    found: Range
    if isinstance(given, str):
        found = joined(name, [_crossed(name, each, ranks[name]) for each in split_values(given)])
    else:
        found = Listed(tuple(map(tuple, given)))
    for sizes in found.values if isinstance(found, Listed) else _ends(found):
        with_inputs(spec, {name: sizes})
    return found


def _crossed(name: str, text: str, rank: int) -> Sizes:
    parts = text.split("x")
    axes = []
    for part in parts:
        found = parse_range(name, part if is_range(part) else f"{part}:{part}", False)
        assert not isinstance(found, Between)
        axes.append(found)
    if len(axes) != rank and not (len(axes) == 2 and rank > 2):
        raise UsageError(
            f"the input `{name}` has {rank} axes, received {len(axes)} sizes in {text[:80]!r}",
            hint="channels come first, as in 3x224x224; 3x64:256:32 is a square of each size",
        )
    return Sizes(tuple(axes), rank)
