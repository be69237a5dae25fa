"""What one layer, or several together, cost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from archspec.model.shape import Shape
from archspec.operators import Operator, Tensor


class Cost(NamedTuple):
    """Figures of a layer, or of several together, for one example.

    Args:
        parameters: trained numbers.
        statistics: numbers that are kept but not trained (of batch normalisations).
        multiply_adds: products of convolutions and matrix products.
        activations: elements of the outputs that training keeps; what a layer only calls by
            another name is none.
    """

    parameters: int = 0
    statistics: int = 0
    multiply_adds: int = 0
    activations: int = 0

    @classmethod
    def of(
        cls,
        operator: Operator,
        inputs: Sequence[Shape],
        output: Shape,
        tensors: Sequence[Tensor],
    ) -> Cost:
        """What an operator costs; ``tensors`` are those that no layer before it has counted."""
        trained = kept = 0
        for tensor in tensors:
            if tensor.trainable:
                trained += tensor.elements
            else:
                kept += tensor.elements
        products = operator.multiply_adds(inputs, output)
        made = 0 if operator.allocates == "never" else output.elements
        return cls(trained, kept, products, made)


def total(costs: Iterable[Cost]) -> Cost:
    """Several costs together."""
    parameters = statistics = multiply_adds = activations = 0
    for trained, kept, products, made in costs:
        parameters += trained
        statistics += kept
        multiply_adds += products
        activations += made
    return Cost(parameters, statistics, multiply_adds, activations)


class Counted:
    """What has a place in the network, and a cost (for one example)."""

    __slots__ = ()

    path: str
    cost: Cost

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition(".")[2]

    @property
    def depth(self) -> int:
        """How far in it lies: 0 for the whole network, 1 for a stage."""
        return self.path.count(".") + 1 if self.path else 0

    @property
    def parameters(self) -> int:
        """Trained numbers; those of a shared layer count where it first stands."""
        return self.cost.parameters

    @property
    def statistics(self) -> int:
        """Numbers that are kept but not trained; shared ones as with parameters."""
        return self.cost.statistics

    @property
    def multiply_adds(self) -> int:
        """Products of convolutions and matrix products."""
        return self.cost.multiply_adds

    @property
    def activations(self) -> int:
        """Elements of the outputs that training keeps."""
        return self.cost.activations
