"""What a verification found, as plain records that can be written down."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from archspec.errors import Location

Status = Literal["agrees", "disagrees", "failed", "missing", "refused", "stand-in"]

NOT_RUN = ("missing", "refused")
"""What says that a backend did not run, and so says nothing about the network."""


@dataclass(frozen=True, slots=True)
class Check:
    """One quantity of one backend, compared.

    Args:
        quantity: such as ``outputs`` or ``gradients``.
        dtype: the precision.
        against: what it was compared with: ``oracle``, or the names of backends.
        error: the worst error, relative as the gate says; None where this backend is the measure.
        gate: the greatest error that passes, for the tensor with the worst error.
        compared, of: how many tensors were compared, of how many.
        passed: whether all are within their gates.
        worst: the name of the tensor with the worst error.
        note: what a reader should know about the figure.
    """

    quantity: str
    dtype: str
    against: str
    error: float | None
    gate: float
    compared: int
    of: int
    passed: bool
    worst: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Divergence:
    """The first layer at which a backend is not what it should be.

    Args:
        quantity: the check that failed there.
        path: the layer's canonical path.
        operator: its operator.
        spec: its place in the spec.
        generated: its place in the module, ``file:line``; empty if it has none there.
        line: the text of that line.
        error, gate: of its value.
        after: the nearest layers before it that agree.
        between: layers between those and this one whose values could not be seen.
        found: what is wrong in words, where it is not a matter of numbers.
        verdict: who is wrong, as far as the oracle and the others tell.
    """

    quantity: str
    path: str
    operator: str
    spec: Location
    generated: str
    line: str
    error: float
    gate: float
    after: tuple[str, ...] = ()
    between: tuple[str, ...] = ()
    found: str = ""
    verdict: str = ""


@dataclass(frozen=True)
class BackendResult:
    """One backend's part.

    Args:
        name, title: of the backend.
        status: ``missing`` if it is not installed, ``refused`` if it cannot honour something in the
            network, ``failed`` if it could not be run, ``stand-in`` if it agrees but something
            stood in for the framework.
        file: the module that was run: where ``generate`` writes it, or the file given.
        sha256: of the module's text.
        generated: whether it is the generated text, unchanged.
        versions: of its packages, and the device.
        seconds: by task.
        problem, hint: why it could not be run, and what to try.
        log: the end of what it printed, if it failed.
        elapsed: seconds from its start to its end.
        stand_in: what stood in for the framework, in a sentence; empty for the framework itself.
    """

    name: str
    title: str
    status: Status
    file: str = ""
    sha256: str = ""
    generated: bool = True
    versions: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()
    divergences: tuple[Divergence, ...] = ()
    notes: tuple[str, ...] = ()
    problem: str = ""
    hint: str = ""
    log: str = ""
    elapsed: float = 0.0
    stand_in: str = ""


@dataclass(frozen=True)
class Result:
    """A whole verification.

    Args:
        network, spec, spec_sha256: what was verified; ``values`` are its parameters.
        batch, seed, steps, dtypes, device: how.
        rate: of the steps; None without steps.
        layers: how many layers the network has.
        sensitivity: by how much another input moves each output, relative to its largest value.
        conditioning: by how much the outputs move if every layer rounds otherwise in the last
            place, in evaluation and (where it differs) in training.
        warnings: why the figures might mean less than they seem to.
        versions: of archspec, Python and NumPy.
        memory: the estimate, in bytes.
        backends: each backend's part.
        required: names of backends that were asked for, and must take part.
        oracle_seconds: how long the oracle took.
        jobs: how many backends ran at once.
    """

    network: str
    spec: str
    spec_sha256: str
    values: dict[str, Any]
    batch: int
    seed: int
    steps: int
    dtypes: tuple[str, ...]
    device: str
    rate: float | None
    layers: int
    sensitivity: dict[str, float]
    conditioning: dict[str, float]
    warnings: tuple[str, ...]
    versions: dict[str, str]
    memory: int
    seconds: float
    backends: tuple[BackendResult, ...]
    required: tuple[str, ...] = ()
    oracle_seconds: float = 0.0
    jobs: int = 1

    @property
    def agrees(self) -> bool:
        """Whether a backend ran, and every one that was asked for or could run agrees."""
        silent = (*NOT_RUN, "stand-in")
        needed = [
            each
            for each in self.backends
            if each.status not in silent or each.name in self.required
        ]
        return bool(needed) and all(each.status == "agrees" for each in needed)

    def to_json(self) -> dict[str, Any]:
        """The record as JSON can hold it: infinities and the like become strings."""
        plain: dict[str, Any] = _plain({"agrees": self.agrees, **asdict(self)})
        return plain


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if isinstance(value, str | int | float | bool | None) else str(value)
