"""How much memory a verification needs, estimated before anything is started."""

from __future__ import annotations

import os
import re
from pathlib import Path

from archspec.errors import UsageError, VerificationError
from archspec.model.graph import Graph

GIB = 2**30

# An interpreter with a framework in it, and what its allocator and compiler hold; measured.
_PROCESS = 0.6 * GIB
# This process.
_PARENT = 0.15 * GIB
# The part of the available memory that is used at most, unless told otherwise.
_PART = 0.8

# Copies of every tensor in a runner's process: as read, in the module, its gradient, the stepped
# one, and what is written; and of every layer's value: kept for differentiation, its cotangent,
# kept for comparison, and what is written.
_TENSOR_COPIES = 5
_VALUE_COPIES = 4
# In this process: the oracle's values in evaluation and in training, and those of one pass of a
# backend. With float32 the oracle's in that, too, and those of each backend in both precisions,
# which are compared all together. The tensors, moved and as requested, and of two backends those
# that are compared.
_OWN_VALUES = 2
_READ_VALUES = 1.5
_OWN_SINGLE = 0.5
_READ_BOTH = 1.5
_OWN_TENSORS = 6

_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_UNITS |= {f"{unit}I": 2 ** (10 * power) for power, unit in enumerate("KMGT", 1)}


def estimate(graph: Graph, batch: int, backends: int, jobs: int = 1, single: bool = True) -> int:
    """The bytes that verifying a network takes, this process and those that run beside it.

    Args:
        graph: the network.
        batch: examples per pass.
        backends: how many run.
        jobs: how many of them at once.
        single: whether in float32 as well as in float64.
    """
    tensors = 8 * sum(tensor.elements for _, tensor in graph.tensors.values())
    inputs = sum(shape.elements for shape in graph.inputs.values())
    values = 8 * batch * (inputs + sum(node.shape.elements for node in graph.nodes))
    runner = _PROCESS + _TENSOR_COPIES * tensors + _VALUE_COPIES * values
    read = _OWN_SINGLE + backends * _READ_BOTH if single else _READ_VALUES
    own = _PARENT + _OWN_TENSORS * tensors + (_OWN_VALUES + read) * values
    return int(own + jobs * runner)


def available() -> int:
    """The bytes of memory that can be had now: of the machine, or of the container."""
    found = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    info = Path("/proc/meminfo")
    if info.exists():
        match = re.search(r"^MemAvailable:\s+(\d+) kB", info.read_text("ascii"), re.MULTILINE)
        if match:
            found.append(int(match.group(1)) * 1024)
    limit, used = (Path("/sys/fs/cgroup") / name for name in ("memory.max", "memory.current"))
    if limit.exists() and used.exists():
        text = limit.read_text("ascii").strip()
        if text.isdigit():
            found.append(max(int(text) - int(used.read_text("ascii")), 0))
    return min(found)


def allowed(most: int | None) -> int:
    """The bytes that may be used; None stands for a part of what is available."""
    return int(_PART * available()) if most is None else most


def refuse_too_large(needed: int, most: int | None) -> None:
    """Refuse what will not fit.

    Args:
        needed: the estimate in bytes.
        most: the bytes allowed; None for a part of what is available.

    Raises:
        VerificationError: with both figures.
    """
    bound = allowed(most)
    if needed > bound:
        source = f"{_PART:.0%} of the available memory" if most is None else "the limit given"
        raise VerificationError(
            f"this needs about {shown(needed)}, more than {shown(bound)} ({source})",
            hint="a smaller input or batch, or a larger --max-memory",
        )


def parse_size(text: str) -> int:
    """The bytes that ``4GiB``, ``500 MB`` or ``1.5G`` mean.

    Raises:
        UsageError: if it means none.
    """
    match = re.fullmatch(r"\s*(\d{1,18}(?:\.\d{1,18})?)\s*([KMGT]?I?)B?\s*", text.upper())
    if not match or match.group(2) not in _UNITS:
        raise UsageError(f"`{text}` is no size", hint="such as 4GiB or 500MB")
    return int(float(match.group(1)) * _UNITS[match.group(2)])


def shown(size: int) -> str:
    """A size for people: ``1.5 GiB``."""
    return f"{size / GIB:.1f} GiB" if size >= GIB / 10 else f"{size / 2**20:.0f} MiB"
