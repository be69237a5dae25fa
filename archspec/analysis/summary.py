"""What a network costs, layer by layer, worked out from its shapes alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from archspec.analysis.memory import DTYPES, check_dtype, peak
from archspec.analysis.parts import Container, Part, block_of, parts_of
from archspec.analysis.wording import arguments_of
from archspec.errors import UsageError
from archspec.model.graph import Node
from archspec.resolution import Flat

CONVENTIONS = {
    "multiply_adds": "a product and the sum it goes into count as one; counted are convolutions and"
    " matrix products, nothing else",
    "parameters": "trained numbers; those of a shared layer count once",
    "activations": "the outputs of all layers, each once, as training keeps them; what only calls"
    " its input by another name (flatten, identity) adds nothing, inputs do not count",
    "peak": "the most that is alive at once in evaluation, inputs included: layers in order, each"
    " value until it was last taken, nothing in place",
}


@dataclass(frozen=True)
class Summary:
    """What a network costs. Figures of parts are for one example; properties are for the batch.

    Args:
        model: the network.
        whole: the tree of its parts.
        batch: how many examples.
        dtype: the kind of number; every one takes ``width`` bytes.
    """

    model: Flat
    whole: Container
    batch: int
    dtype: str

    @property
    def width(self) -> int:
        """Bytes of one number."""
        return DTYPES[self.dtype]

    @cached_property
    def alive(self) -> int:
        """Numbers that are alive at once in evaluation, at most, for one example."""
        return peak(self.model.graph)

    @property
    def parameters(self) -> int:
        """Trained numbers."""
        return self.whole.parameters

    @property
    def statistics(self) -> int:
        """Numbers that are kept but not trained."""
        return self.whole.statistics

    @property
    def multiply_adds(self) -> int:
        """Products of convolutions and matrix products, for the batch."""
        return self.batch * self.whole.multiply_adds

    @property
    def parameter_bytes(self) -> int:
        """Bytes of parameters and statistics."""
        return self.width * (self.parameters + self.statistics)

    @property
    def activation_bytes(self) -> int:
        """Bytes of what training keeps of the layers' outputs, for the batch."""
        return self.batch * self.width * self.whole.activations

    @property
    def peak_bytes(self) -> int:
        """Bytes of values that are alive at once in evaluation, at most, for the batch."""
        return self.batch * self.width * self.alive

    def rows(self, depth: int | None = None) -> Iterator[Part]:
        """Layers and what they are in, as the table has them; what lies deeper is folded."""
        parts = self.whole.walk(depth)
        next(parts)
        return parts

    def to_json(self, depth: int | None = None) -> dict[str, Any]:
        """The summary as plain data; sizes of memory are bytes."""
        spec, graph = self.model.spec, self.model.graph
        return {
            "network": spec.name,
            "spec": spec.file,
            "values": dict(self.model.values),
            "input": {name: list(shape.sizes) for name, shape in graph.inputs.items()},
            "batch": self.batch,
            "dtype": self.dtype,
            "totals": {
                "layers": len(graph.nodes),
                "parameters": self.parameters,
                "statistics": self.statistics,
                "parameter_bytes": self.parameter_bytes,
                "multiply_adds": self.multiply_adds,
                "activation_bytes": self.activation_bytes,
                "peak_bytes": self.peak_bytes,
            },
            "layers": [self.record(part) for part in self.rows(depth)],
            "conventions": CONVENTIONS,
        }

    def record(self, part: Part) -> dict[str, Any]:
        """One row as plain data, for the batch."""
        node = part if isinstance(part, Node) else None
        return {
            "path": part.path,
            "depth": part.depth,
            "operator": None if node is None else node.operator.name(),
            "arguments": None if node is None else arguments_of(node.operator),
            "block": block_of(part),
            "shares": node.owner if node is not None and node.owner != node.path else None,
            "output": list(part.shape.sizes),
            "axes": list(part.shape.axes),
            "parameters": part.parameters,
            "statistics": part.statistics,
            "multiply_adds": self.batch * part.multiply_adds,
            "activation_bytes": self.batch * self.width * part.activations,
        }


def summarize(model: Flat, batch: int = 1, dtype: str = "float32") -> Summary:
    """What a network costs: parameters, multiply-adds and memory, of each part and in all.

    Args:
        model: the network, resolved (`resolve_flat` will do) at the input in question.
        batch: how many examples.
        dtype: the kind of all numbers: float16, bfloat16, float32 or float64.

    Raises:
        UsageError: for a batch below 1, or an unknown kind of number.
    """
    if batch < 1:
        raise UsageError(f"batch: expected at least 1, received {batch}")
    check_dtype(dtype)
    return Summary(model, parts_of(model.graph), batch, dtype)
