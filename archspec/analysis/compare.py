"""Networks side by side: what each costs, how deep it is, and what it takes at least."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from archspec.analysis.summary import Summary, summarize
from archspec.model.graph import Graph
from archspec.resolution import Flat
from archspec.resolution.minimum import InputSizes, input_sizes


@dataclass(frozen=True, slots=True)
class Entry:
    """One network of a comparison.

    Args:
        summary: what it costs.
        depth: layers with kernels on the longest way from an input to an output.
        sizes: which sizes of the input it works with; None where it has no spatial axes, or
            several inputs.
    """

    summary: Summary
    depth: int
    sizes: InputSizes | None

    def to_json(self) -> dict[str, Any]:
        """The entry as plain data; sizes of memory are bytes."""
        found, graph = self.summary, self.summary.model.graph
        sizes = self.sizes
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
            "minimum_input": None if sizes is None or sizes.exact else list(sizes.least),
            "input_fixed_by": None if sizes is None else sizes.exact,
        }


def entry(model: Flat, batch: int = 1, dtype: str = "float32") -> Entry:
    """What is said of a network in a comparison.

    Args:
        model: the network, resolved (`resolve_flat` will do) at the input in question.
        batch: how many examples.
        dtype: the kind of all numbers: float16, bfloat16, float32 or float64.

    Raises:
        UsageError: for a batch below 1, or an unknown kind of number.
    """
    return Entry(summarize(model, batch, dtype), depth(model.graph), input_sizes(model.graph))


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
