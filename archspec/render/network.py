"""What holds all over a network: its kinds of norms, kernels, tensors that start otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from archspec.expressions import as_expr
from archspec.expressions.nodes import Const
from archspec.model.module import Module
from archspec.operators import Operator
from archspec.schema.initialization import Distribution, Initialization

# Operators whose weights are kernels, which a network's initialisation speaks of.
KERNELS = ("conv", "conv_transpose", "dense")


@dataclass(frozen=True)
class Override:
    """A tensor of a layer that does not start as the network's others do."""

    key: str
    tensor: str
    distribution: Distribution
    always: bool


def only_norm(modules: Iterable[Module], name: str, constants: Sequence[str]) -> Operator | None:
    """The normalisation of a name, of which a network has only one kind, with these constants."""
    found = [each.operator for module in modules for each in module.steps() if each.operator]
    norms = [each for each in found if each.name() == name]
    if not norms or any(each != norms[0] for each in norms):
        return None
    known = all(isinstance(getattr(norms[0], each), Const) for each in constants)
    return norms[0] if known else None


def kernels(modules: Iterable[Module]) -> list[tuple[str, int]]:
    """Operators with kernels that the classes hold, each with its number of spatial axes."""
    present = {
        (step.operator.name(), step.rank)
        for module in modules
        for step in module.steps()
        if step.operator
    }
    return [pair for name in KERNELS for pair in sorted(present) if pair[0] == name]


def overrides(module: Module, network: Initialization) -> list[Override]:
    """Tensors of a class's layers with an initialisation of their own."""
    found = []
    for step in module.steps():
        if step.init is None or step.operator is None:
            continue
        pairs = (
            ("weight", step.init.kernel, network.kernel),
            ("bias", step.init.bias, network.bias),
        )
        for tensor, value, usual in pairs:
            there = as_expr(tensor != "bias" or getattr(step.operator, "bias", False))
            if value is None or value == usual or there == as_expr(False):
                continue
            always = step.when is None and step.repeat is None and there == as_expr(True)
            found.append(Override(step.key, tensor, value, always))
    return found


def overrides_of_blocks(
    modules: Iterable[Module], network: Initialization
) -> list[tuple[str, list[Override]]]:
    """The same for each class but the network's own, where it has any."""
    found = [(each.name, overrides(each, network)) for each in modules if not each.root]
    return [pair for pair in found if pair[1]]
