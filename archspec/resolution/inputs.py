"""Other sizes for a network's inputs than those its spec states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from archspec.errors import UsageError
from archspec.expressions import as_expr
from archspec.names import did_you_mean
from archspec.resolution.evaluation import LARGEST_AXIS
from archspec.schema.spec import Input, Spec


def with_inputs(spec: Spec, inputs: Mapping[str, Sequence[int]]) -> Spec:
    """The spec as if its entry ``input`` stated these sizes.

    Parameters that the entry mentions keep their values: a network whose input has the channels
    ``in_channels`` is given others here, or with that parameter.

    Args:
        spec: the network.
        inputs: the sizes (channels first, no batch) of inputs by name; others stay as they are.

    Raises:
        UsageError: for an unknown name, another number of axes, or a size that no axis can have.
    """
    known = [each.name for each in spec.inputs]
    for name in inputs:
        if name not in known:
            hint = did_you_mean(name, known) or f"its inputs are {', '.join(known)}"
            raise UsageError(f"`{spec.name}` has no input `{name}`", hint=hint)
    if not inputs:
        return spec
    changed = [
        _sized(each, inputs[each.name]) if each.name in inputs else each for each in spec.inputs
    ]
    return replace(spec, inputs=tuple(changed))


def _sized(declared: Input, sizes: Sequence[int]) -> Input:
    if len(sizes) != len(declared.sizes):
        raise UsageError(
            f"the input `{declared.name}` has {len(declared.sizes)} axes, received"
            f" {len(sizes)} sizes",
            hint="channels come first, and the batch is left out, as in `3x224x224`",
        )
    for size in sizes:
        if isinstance(size, bool) or not isinstance(size, int) or not 1 <= size <= LARGEST_AXIS:
            raise UsageError(
                f"the input `{declared.name}`: expected whole sizes from 1 to {LARGEST_AXIS}"
            )
    return replace(declared, sizes=tuple(map(as_expr, sizes)))
