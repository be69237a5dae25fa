"""Facts: what a class must be told because it follows from the size of the input.

The features of a flattened image, the pads of ``same_upper`` and the like are numbers in every
instance. Where all uses of a class agree, the number stands in the class; where they differ, it
becomes a constructor argument that each call fills in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from archspec.errors import SpecError
from archspec.expressions import Expr, as_expr, simplify
from archspec.expressions.nodes import Index, Name
from archspec.expressions.types import Int, Kind, ListOf, TupleOf
from archspec.model.module import ModuleParameter, Step
from archspec.resolution.instance import ABSENT, Instance, Occurrence
from archspec.schema.spec import MISSING, Layer


def occurrences(instances: Iterable[Instance], key: str) -> list[tuple[Instance, list[Occurrence]]]:
    """Where a layer of a class occurs, by instance; absent ones only if it is present nowhere."""
    found = [(each, each.occurrences.get(key, [])) for each in instances]
    real = [pair for pair in found if pair[1] and not pair[0].ghost]
    if real:
        return real
    ghosts = [pair for pair in found if pair[1]]
    if ghosts:
        return ghosts
    absent = [(each, each.occurrences.get(f"{ABSENT}{key}", [])) for each, _ in found]
    return [pair for pair in absent if pair[1]]


@dataclass
class Facts:
    """The facts of one class, and the arguments that they become.

    ``taken`` are the names of the class's other arguments; ``names`` those that facts of layers (by
    the layer's key and the fact's name) shall have, where these are known; ``given`` holds, for
    each argument here, its value in each instance.
    """

    instances: list[Instance]
    taken: Collection[str] = ()
    names: Mapping[tuple[str, str], str] = field(default_factory=dict)
    parameters: list[ModuleParameter] = field(default_factory=list)
    given: dict[str, dict[int, Any]] = field(default_factory=dict)
    _called: dict[tuple[str, str], str] = field(default_factory=dict)

    def of(
        self,
        step: Step,
        name: str,
        found: list[tuple[Instance, list[Occurrence]]],
        value: Callable[[Occurrence], Any],
    ) -> tuple[Expr, Any]:
        """A fact of a layer from its value in each occurrence, and an example of it."""
        values = {id(i): [(each.index, value(each)) for each in several] for i, several in found}
        return self.expression(step.key, name, step.repeat.index if step.repeat else None, values)

    def after(self, step: Step, found: list[tuple[Instance, list[Occurrence]]]) -> Expr:
        """The channels after a loop, given where the layer occurs."""
        held = [each for each in self.instances if step.key in each.shapes]
        values: dict[int, list[tuple[int | None, Any]]] = {
            id(each): [(None, each.shapes[step.key].channels)]
            for each in [each for each in held if not each.ghost] or held
        }
        # A branch that is there in no use of its class has a shape only while it is tried.
        tried: dict[int, list[tuple[int | None, Any]]] = {
            id(each): [(None, channels_out(several[-1]))] for each, several in found
        }
        return self.expression(step.key, "channels", None, values or tried)[0]

    def expression(
        self,
        key: str,
        name: str,
        index: str | None,
        values: Mapping[int, list[tuple[int | None, Any]]],
    ) -> tuple[Expr, Any]:
        """A fact as a number or as an argument, and an example of its value.

        Args:
            key: the layer's key.
            name: the fact's name, such as ``padding``.
            index: the name of the loop's index, where the layer is repeated.
            values: by instance (its ``id``), the fact in each iteration.
        """
        collapsed = {instance: _collapse(each) for instance, each in values.items()}
        loops = any(looped for looped, _ in collapsed.values())
        if loops:
            collapsed = {
                instance: (True, value if looped else (value,) * _length(values[instance]))
                for instance, (looped, value) in collapsed.items()
            }
        distinct = list(dict.fromkeys(value for _, value in collapsed.values()))
        if len(distinct) == 1:
            base: Expr = as_expr(distinct[0])
        else:
            given = {instance: value for instance, (_, value) in collapsed.items()}
            base = self._argument(key, name, given, loops)
        example = distinct[0]
        if loops:
            base = _item(base, Name(index or "i"))
            example = example[0]
        return base, example

    def _argument(self, key: str, name: str, values: dict[int, Any], loops: bool) -> Expr:
        if (key, name) in self._called:
            return Name(self._called[key, name])
        called = self.names.get((key, name)) or _full(key, name)
        while called in self.taken or called in self.given:
            called = f"{called}_"
        self._called[key, name] = called
        example = next(iter(values.values()))
        kind = ListOf(_kind(example[0])) if loops else _kind(example)
        self.parameters.append(ModuleParameter(called, kind, MISSING, role="fact"))
        # An instance in which the layer is absent is told what another one is.
        self.given[called] = {id(each): values.get(id(each), example) for each in self.instances}
        return Name(called)

    def short_names(self) -> dict[tuple[str, str], str]:
        """The names that a person would give to the arguments that there are.

        One that is the only one of its kind is called by it (``padding``). Of several each has the
        first part of its layer's key that they differ in before it (``first_padding`` and
        ``rest_padding``); what clashes even so keeps the whole key.
        """
        kinds = Counter(name for _, name in self._called)
        short = {}
        for (key, name), full in self._called.items():
            alike = [other.split(".") for other, its in self._called if its == name]
            place = next(
                (n for n, parts in enumerate(zip(*alike, strict=False)) if len(set(parts)) > 1),
                None,
            )
            part = "" if place is None else key.split(".")[place]
            short[key, name] = name if kinds[name] == 1 else f"{part}_{name}" if part else full
        used = Counter(short.values())
        return {
            each: _full(*each) if used[called] > 1 or called in self.taken else called
            for each, called in short.items()
        }


def _full(key: str, name: str) -> str:
    return f"{key.replace('.', '_')}_{name}"


def _length(iterations: list[tuple[int | None, Any]]) -> int:
    return 1 + max(index or 0 for index, _ in iterations)


def _collapse(iterations: list[tuple[int | None, Any]]) -> tuple[bool, Any]:
    """Whether a fact differs between iterations, and its value or its values."""
    first = iterations[0][1]
    if all(value == first for _, value in iterations):
        return False, first
    # An iteration in which the layer is absent may be told anything.
    values = [first] * _length(iterations)
    for index, value in iterations:
        values[index or 0] = value
    return True, tuple(values)


def _item(base: Expr, index: Expr | int) -> Expr:
    return simplify(Index(base, as_expr(index)))


def spread(base: Expr, example: Any) -> Any:
    """An expression for a tuple as a tuple of expressions."""
    if not isinstance(example, tuple):
        return base
    return tuple(spread(_item(base, place), each) for place, each in enumerate(example))


def _kind(value: Any) -> Kind:
    return TupleOf(tuple(_kind(each) for each in value)) if isinstance(value, tuple) else Int()


def common_axes(name: str, instances: list[Instance], key: str, layer: Layer) -> tuple[str, ...]:
    """The axes that a layer works on, the same in every use of its class.

    Raises:
        SpecError: if the uses differ, as one class cannot be written for both.
    """
    found = {each.inputs[0].axes for _, some in occurrences(instances, key) for each in some}
    if len(found) > 1:
        first, second = (" x ".join(each) for each in sorted(found, key=len)[:2])
        raise SpecError(
            f"inputs of `{name}` are {first} in one place and {second} in another",
            layer.where,
            layer.path,
            "write a block for each",
        )
    return found.pop() if found else ("C",)


def channels_in(occurrence: Occurrence) -> int:
    """The channels that a layer takes."""
    return occurrence.inputs[0].channels


def channels_out(occurrence: Occurrence) -> int:
    """The channels that a layer gives."""
    return occurrence.output.channels


def pinned(name: str, occurrence: Occurrence) -> Any:
    """An argument of an operator that followed from the sizes of its inputs."""
    return occurrence.facts[name]


def told(given: Mapping[int, Any], occurrence: Occurrence) -> Any:
    """What the class that a layer calls is told there."""
    return given[id(occurrence.call)]
