"""Whether each backend works at all: a network of two layers, generated and verified."""

from __future__ import annotations

from collections.abc import Sequence

from archspec.backends import built_in, find_backend
from archspec.resolution import resolve
from archspec.schema import loads
from archspec.verification.result import BackendResult
from archspec.verification.side_by_side import Progress
from archspec.verification.verify import verify

TIMEOUT = 300.0

SPEC = """\
archspec: 1
name: TwoLayers
doc: A convolution and a dense layer.
input: [1, 5, 4]
stages:
  body:
    - conv: {out: 3, kernel: [3, 2], stride: [2, 1], padding: [[1, 0], [0, 1]]}
    - flatten
    - dense: 4
"""


def examine(
    names: Sequence[str] | None = None, progress: Progress | None = None
) -> tuple[BackendResult, ...]:
    """What became of the network in each backend, each on its own.

    Backends that are compared with each other could blame a sound one for a broken one.

    Args:
        names: of backends, or paths of their folders; all that come with archspec if None.
        progress: told what goes on.

    Raises:
        BackendError: if there is no backend of a name.
    """
    model = resolve(loads(SPEC, "two_layers.yaml"))
    chosen = [each.name for each in built_in()] if names is None else list(dict.fromkeys(names))
    for each in chosen:
        find_backend(each)
    parts: list[BackendResult] = []
    for each in chosen:
        parts += verify(model, [each], steps=1, timeout=TIMEOUT, progress=progress).backends
    return tuple(parts)
