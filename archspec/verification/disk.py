"""How much a verification writes into the folder for temporary files, estimated beforehand."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from archspec.errors import VerificationError
from archspec.model.graph import Graph
from archspec.verification import request
from archspec.verification.memory import shown


def estimate(graph: Graph, batch: int, backends: int, wanted: Sequence[request.Task]) -> int:
    """The bytes of all requests and answers, which lie there until they have been compared.

    Args:
        graph: the network.
        batch: examples per pass.
        backends: how many run.
        wanted: what each is asked for.
    """
    tensors = 8 * sum(tensor.elements for _, tensor in graph.tensors.values())
    values = 8 * batch * sum(node.shape.elements for node in graph.nodes)
    norms = [node for node in graph.nodes if isinstance(node.operator, request.NORMS)]
    written = {
        request.EVALUATION: values,
        request.SINGLE: values // 2,
        request.GRADIENTS: values + tensors,
        request.SHIFTED: 8 * batch * sum(node.shape.elements for node in norms),
    }
    answers = (written.get(task.name, 0) + len(task.after) * tensors for task in wanted)
    return backends * (tensors + sum(answers))


def refuse_too_large(needed: int, folder: Path) -> None:
    """Refuse what there is no room for.

    Args:
        needed: the estimate in bytes.
        folder: where it is written.

    Raises:
        VerificationError: with both figures.
    """
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise VerificationError(
            f"this writes about {shown(needed)} of temporary files, and {folder} has room for"
            f" {shown(free)}",
            hint="set TMPDIR to a folder with more room; or fewer backends, a smaller batch or"
            " input, --dtype float64, --steps 0",
        )
