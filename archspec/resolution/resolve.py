"""From a spec to the resolved model: both views, with every ambiguity settled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from archspec.errors import UsageError
from archspec.expressions import ExpressionError, Value, evaluate, parse
from archspec.expressions.types import Activation, BlockReference, Enumeration
from archspec.model.graph import Graph
from archspec.model.module import Module
from archspec.names import did_you_mean
from archspec.resolution.depthwise import with_depthwise
from archspec.resolution.elaborate import Elaboration
from archspec.resolution.inputs import with_inputs
from archspec.resolution.linking import link
from archspec.resolution.modules import modules_of
from archspec.schema.kinds import check_value
from archspec.schema.spec import Parameter, Spec


@dataclass(frozen=True)
class Flat:
    """The one instance of a network that its parameters and inputs make: enough for its costs.

    Args:
        spec: what it was resolved from.
        values: the value of each of the network's parameters.
        graph: the flat view of the instance.
    """

    spec: Spec
    values: Mapping[str, Value]
    graph: Graph


@dataclass(frozen=True)
class Model(Flat):
    """A resolved network, the one source of generation and verification.

    Args:
        modules: its classes, each after those it uses; the network's own is the last.
    """

    modules: tuple[Module, ...]

    @property
    def root(self) -> Module:
        """The network's own class."""
        return self.modules[-1]


def resolve(
    spec: Spec, inputs: Mapping[str, Sequence[int]] | None = None, /, **values: Any
) -> Model:
    """Work out every shape, name, pad and parameter of a network.

    Args:
        spec: the network.
        inputs: sizes of inputs (channels first, no batch) by name, in place of the spec's.
        values: parameters of the network in place of their defaults.

    Raises:
        SpecError: where arguments and shapes do not fit together.
        UsageError: for a value of a parameter that there is not, or of the wrong kind; for an
            input that there is not, or other axes than it has.
    """
    elaboration, graph = _elaborate(spec, inputs or {}, values)
    spec, settled = elaboration.spec, elaboration.values
    modules = modules_of(spec, elaboration.links, settled, elaboration.instances)
    return Model(spec, settled, with_depthwise(graph, modules), modules)


def resolve_flat(
    spec: Spec, inputs: Mapping[str, Sequence[int]] | None = None, /, **values: Any
) -> Flat:
    """The flat view of a network alone: quicker, and for networks that no class could be of.

    A class holds what is absent here as well, such as an auxiliary head that ``--set`` could
    switch on, and all of it must fit. For the flat view only what is there must.

    Args and errors are those of :func:`resolve`.
    """
    elaboration, graph = _elaborate(spec, inputs or {}, values)
    return Flat(elaboration.spec, elaboration.values, graph)


def _elaborate(
    spec: Spec, inputs: Mapping[str, Sequence[int]], values: Mapping[str, Any]
) -> tuple[Elaboration, Graph]:
    spec = with_inputs(spec, inputs)
    elaboration = Elaboration(spec, link(spec), _values(spec, values))
    return elaboration, elaboration.run()


def _values(spec: Spec, given: Mapping[str, Any]) -> dict[str, Value]:
    values: dict[str, Value] = {name: each.default for name, each in spec.parameters.items()}
    for name, value in given.items():
        if name not in spec.parameters:
            hint = did_you_mean(name, spec.parameters)
            raise UsageError(f"`{spec.name}` has no parameter `{name}`", hint=hint)
        parameter = spec.parameters[name]
        if isinstance(value, list):
            value = tuple(value)
        wrong = check_value(parameter.kind, value, spec.blocks)
        if wrong:
            raise UsageError(f"{name}: {wrong}")
        values[name] = value
    return values


def parse_value(parameter: Parameter, text: str) -> Value:
    """The value that a text on the command line means for a parameter.

    Raises:
        UsageError: if it means none.
    """
    if isinstance(parameter.kind, Enumeration | Activation | BlockReference):
        return text
    try:
        return evaluate(parse(text), {})
    except ExpressionError as error:
        problem = error.problems[0]
        raise UsageError(f"{parameter.name}: {problem.problem}", hint=problem.hint) from None
