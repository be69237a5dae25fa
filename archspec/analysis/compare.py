"""Networks side by side: what each costs, how deep it is, and what it takes at least."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from archspec.analysis.min_input import LongPatternError, MinInput, input_sizes_of
from archspec.analysis.summary import Summary, summarize
from archspec.model.graph import Graph
from archspec.resolution import Flat


@dataclass(frozen=True, slots=True)
class Entry:
    """One network of a comparison.

    Args:
        summary: what it costs.
        depth: layers with kernels on the longest way from an input to an output.
        sizes: which sizes of its inputs it works with, with the tensors it has here; None where
            that would take too long to work out.
    """

    summary: Summary
    depth: int
    sizes: MinInput | None

    def to_json(self) -> dict[str, Any]:
        """The entry as plain data; sizes of memory are bytes."""
        found, graph = self.summary, self.summary.model.graph
        return {
            "network": found.model.spec.name,
            "spec": found.model.spec.file,
            "input": {name: list(shape.sizes) for name, shape in graph.inputs.items()},
            "batch": found.batch,
            "dtype": found.dtype,
            "parameters": found.parameters,
            "statistics": found.statistics,
            "parameter_bytes": found.parameter_bytes,
            "multiply_adds": found.multiply_adds,
            "activation_bytes": found.activation_bytes,
            "peak_bytes": found.peak_bytes,
            "layers": len(graph.nodes),
            "depth": self.depth,
            "minimum_input": {name: list(sizes) for name, sizes in self.least.items()},
            "minimum_input_set_by": self.least_by,
        }

    @property
    def least(self) -> dict[str, tuple[int, ...]]:
        """The least shape of each input; empty where it is not known."""
        if self.sizes is None:
            return {}
        return {name: self.sizes.least(name) for name in self.summary.model.graph.inputs}

    @property
    def least_by(self) -> list[str]:
        """The layers that set these sizes."""
        if self.sizes is None:
            return []
        reasons = [axis.least_by for axis in self.sizes.axes]
        return list(dict.fromkeys(reason.path for reason in reasons if reason is not None))


def entry(model: Flat, batch: int = 1, dtype: str = "float32") -> Entry:
    """What is said of a network in a comparison.

    Args:
        model: the network, resolved (`resolve_flat` will do) at the input in question.
        batch: how many examples.
        dtype: the kind of all numbers: float16, bfloat16, float32 or float64.

    Raises:
        UsageError: for a batch below 1, or an unknown kind of number.
    """
    try:
        sizes = input_sizes_of(model.graph)
    except LongPatternError:
        sizes = None
    return Entry(summarize(model, batch, dtype), depth(model.graph), sizes)


def depth(graph: Graph) -> int:
    """Layers with kernels on the longest way from an input to an output.

    As in "VGG-16" and "ResNet-50", whose authors count so: layers that have weights to multiply
    by (convolutions, dense layers), along the longest path; a layer that is applied twice counts
    twice. Normalisations have scales and no kernel, and do not count.
    """
    longest = dict.fromkeys(graph.inputs, 0)
    for node in graph.nodes:
        own = any(tensor.role == "kernel" for tensor in node.tensors)
        longest[node.path] = max(longest[source] for source in node.inputs) + own
    return max((longest[path] for path in graph.outputs.values()), default=0)
