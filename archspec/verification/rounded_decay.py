"""Running statistics of a backend whose BatchNorm keeps the decay in float32."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from archspec.model.graph import Graph
from archspec.operators.normalization import BatchNorm
from archspec.verification.compare import Array


def as_stated(
    graph: Graph, before: Mapping[str, Array], seen: Sequence[Mapping[str, Array]]
) -> dict[str, Array]:
    """The statistics after the last step as they would be, had all been as the spec states.

    With the decay d rounded to f each step gives ``f * old + (1 - f) * batch``, from which the
    batch's own statistic follows, and from that ``d * old + (1 - d) * batch``. Nothing else hangs
    on the decay. Where a BatchNorm is applied twice in a pass its statistics stay as they are.

    Args:
        graph: the network.
        before: its tensors before the first step.
        seen: the statistics after each step.
    """
    result = dict(seen[-1])
    uses = Counter(node.owner for node in graph.nodes)
    for name, (node, _) in graph.tensors.items():
        operator = node.operator
        if name not in result or not isinstance(operator, BatchNorm) or uses[node.owner] > 1:
            continue
        rounded = float(np.float32(operator.decay))
        if rounded == 1:
            continue
        kept, stated = before[name], before[name]
        for step in seen:
            batch = (step[name] - rounded * kept) / (1 - rounded)
            kept, stated = step[name], operator.decay * stated + (1 - operator.decay) * batch
        result[name] = stated
    return result
