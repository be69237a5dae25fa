"""Holds one random network against the oracle in every backend, and says what is wrong."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from hypothesis import reject

from archspec import ArchspecError, Model, VerificationError, loads, resolve, verify
from archspec.model.graph import Graph
from archspec.verification import gates
from archspec.verification.result import NOT_RUN, BackendResult, Result
from archspec.verification.warm import WarmRuns
from tests.fuzz.scope import Node
from tests.resolve.two_views import check

TIMEOUT = 300.0
# Every so many networks are trained too; gradients are compared in all.
TRAINED = 5


@dataclass
class Tally:
    """What was run, and how often what occurred.

    Args:
        networks: how many were compared.
        layers: how many layers they have together.
        meaningless: how many say nothing, by the reason.
        rows: by backend, how many networks ended in each status.
        seconds: by backend.
        operators: in how many networks each occurs.
    """

    networks: int = 0
    layers: int = 0
    meaningless: Counter[str] = field(default_factory=Counter)
    rows: dict[str, Counter[str]] = field(default_factory=dict)
    seconds: Counter[str] = field(default_factory=Counter)
    operators: Counter[str] = field(default_factory=Counter)

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        # Not `asdict`, which makes counts of pairs out of a Counter.
        return {
            "networks": self.networks,
            "layers": self.layers,
            "meaningless": dict(self.meaningless),
            "rows": {name: dict(counts) for name, counts in self.rows.items()},
            "seconds": dict(self.seconds),
            "operators": dict(self.operators),
        }

    def add(self, other: dict[str, Any]) -> None:
        """Add what another process counted."""
        self.networks += other["networks"]
        self.layers += other["layers"]
        for name, counts in other["rows"].items():
            self.rows.setdefault(name, Counter()).update(counts)
        for name in ("meaningless", "seconds", "operators"):
            getattr(self, name).update(other[name])


def _stale(graph: Graph) -> bool:
    """Whether the statistics of some layer are of no use to any output."""
    needed = set(graph.outputs.values())
    for node in reversed(graph.nodes):
        if node.path in needed:
            needed.update(node.inputs)
    return any(
        node.operator.name() == "batch_norm" and node.path not in needed for node in graph.nodes
    )


class Checker:
    """Compares networks, those it has seen already excepted."""

    def __init__(self, backends: list[str], runs: WarmRuns, file: Path) -> None:
        self.backends = backends
        self.runs = runs
        self.file = file
        self.tally = Tally()
        self._seen: set[str] = set()
        self._failure: tuple[str, str] | None = None

    def __call__(self, spec: dict[str, Node]) -> None:
        """Fail if a backend computes something else than the oracle.

        After the first failure only the like of it counts, in the backend where it was seen and
        the quickest one: what follows is the search for the smallest network that shows it.
        """
        text = written(spec)
        if text in self._seen:
            # Another one in its place.
            reject()
        try:
            model = resolve(loads(text))
        except ArchspecError:
            self._reject("invalid", text)
        check(model)
        if _stale(model.graph):
            # MXNet brings statistics up to date in the backward pass, which does not get there.
            self._reject("statistics that no output depends on", text)
        steps = 1 if len(self._seen) % TRAINED == 0 or self._failure else 0
        try:
            result = verify(
                model,
                backends=self._asked(),
                dtypes=("float64",),
                steps=steps,
                timeout=TIMEOUT,
                runs=self.runs,
            )
        except VerificationError:
            self._reject("insensitive", text)
        wrong = [each for each in result.backends if each.status not in ("agrees", *NOT_RUN)]
        if wrong and max(result.conditioning.values()) > gates.FLOAT64 / 10:
            self._reject("ill-conditioned", text)
        if self._failure is None:
            self._count(model, result)
        for row in wrong:
            found = (row.name, what(row))
            if self._failure in (None, found):
                self._failure = found
                self.file.parent.mkdir(parents=True, exist_ok=True)
                self.file.write_text(text, "utf-8")
                raise AssertionError(described(text, row, self.file, steps))
        self._seen.add(text)

    def _asked(self) -> list[str]:
        if self._failure is None:
            return self.backends
        quickest = min(self.backends, key=lambda name: self.tally.seconds[name])
        return list(dict.fromkeys([quickest, self._failure[0]]))

    def _reject(self, reason: str, text: str) -> None:
        self.tally.meaningless[reason] += self._failure is None
        self._seen.add(text)
        reject()

    def _count(self, model: Model, result: Result) -> None:
        tally = self.tally
        tally.networks += 1
        tally.layers += len(model.graph.nodes)
        tally.operators.update({node.operator.name() for node in model.graph.nodes})
        for row in result.backends:
            tally.rows.setdefault(row.name, Counter())[row.status] += 1
            tally.seconds[row.name] += row.elapsed


def written(spec: dict[str, Node]) -> str:
    """A spec as a file of YAML."""
    # Copied, so that nothing stands in it twice, which would become an alias.
    plain = json.loads(json.dumps(spec))
    text: str = yaml.safe_dump(plain, sort_keys=False, default_flow_style=None, width=100)
    return text


def what(row: BackendResult) -> str:
    """What went wrong, in a word or two, to tell one failure from another."""
    failed = next((each.quantity for each in row.checks if not each.passed), "")
    return f"{row.status} {failed or row.problem.partition(':')[0]}"


def described(text: str, row: BackendResult, file: Path, steps: int) -> str:
    """The network, what is wrong and where, and how to see it again."""
    lines = [f"{row.title} {row.status}: {row.problem}", "", text]
    for each in row.checks:
        if not each.passed:
            error = f"{each.error} > {each.gate:.0e}"
            lines.append(f"{each.quantity} against {each.against}: {error}, worst {each.worst}")
    for each in row.divergences[:1]:
        lines.append(f"first at {each.path} ({each.operator}), spec line {each.spec.line}")
        lines.append(f"{each.generated}: {each.line.strip()}  {each.found} {each.verdict}")
    if row.log:
        lines += ["", *row.log.splitlines()[-25:]]
    again = f"archspec verify {file} --backend {row.name} --dtype float64 --steps {steps}"
    return "\n".join([*lines, "", again])
