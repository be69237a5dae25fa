"""A sweep: the costs of all variants, as rows, as a data frame or in a file."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from archspec.errors import UsageError
from archspec.schema.spec import Spec
from archspec.sweeping.asking import space_of
from archspec.sweeping.distribution import check_workers, outcomes
from archspec.sweeping.measure import COSTS, Outcome
from archspec.sweeping.pareto import Objective, read_objectives
from archspec.sweeping.results import Result, Rows, finished, put_together
from archspec.sweeping.space import BATCH, Space
from archspec.sweeping.storage import Store
from archspec.sweeping.tables import REASON, check_suffix, sort_of

VARIANT = "variant"
OBJECTIVES = ("multiply_adds", "activation_bytes", "max:parameters")
"""What the front is of where nothing else is said: what computing costs, against what is
learned."""

Tell = Callable[[int], None]


@dataclass(frozen=True)
class Sweep:
    """Variants of a network whose costs are asked for; nothing is worked out before it is used.

    Args:
        spec: the network.
        space: its variants.
        jobs: processes at once, -1 for one on each core.
        scheduler: a cluster, ``dask:ADDRESS`` or ``ray:ADDRESS``.
    """

    spec: Spec
    space: Space
    jobs: int = 1
    scheduler: str | None = None

    def __len__(self) -> int:
        """How many variants there are."""
        return self.space.count

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """A row for each variant, in order where there is one process."""
        for batch, outcome in self._outcomes(range(self.space.batches)):
            rows = self._rows(batch, outcome)
            for values in zip(*rows.values(), strict=True):
                yield dict(zip(rows, values, strict=True))

    def frame(self) -> Any:
        """All rows as a ``pandas.DataFrame``.

        Raises:
            UsageError: if pandas is not installed.
        """
        try:
            pandas = import_module("pandas")
        except ImportError:
            problem = "a data frame needs pandas, which is not installed"
            raise UsageError(problem, hint="pip install pandas") from None
        frame = pandas.DataFrame(list(self), columns=list(self.columns()))
        return frame.sort_values(VARIANT, ignore_index=True)

    def columns(self) -> dict[str, str]:
        """The columns of a row, and what each holds."""
        kinds = {name: each.kind for name, each in self.spec.parameters.items()}
        sorts = {
            name: "text" if name in self.space.inputs else sort_of(kinds[name])
            for name in self.space.names
        }
        return {VARIANT: "int", **sorts, **dict.fromkeys(COSTS, "int"), REASON: "text"}

    def question(self) -> dict[str, Any]:
        """What is asked, as plain data: equal where the results must be."""
        from importlib import metadata

        return {
            "archspec": metadata.version("archspec-nn"),
            "network": self.spec.name,
            "spec": _digest(self.spec),
            **self.space.describe(),
        }

    def write(
        self, path: Path | str, objectives: Sequence[str] | None = None, tell: Tell | None = None
    ) -> Result:
        """Write all rows to a file; go on where an earlier run was stopped.

        Args:
            path: a ``.csv`` or ``.parquet`` file.
            objectives: what the Pareto front is of; None to mark none.
            tell: called with the number of variants of each batch that is done.

        Raises:
            UsageError: if the file holds something else, or its format needs what is not installed.
            ArchspecError: if it cannot be written.
        """
        path = Path(path)
        check_suffix(path)
        check_workers(self.jobs, self.scheduler)
        wanted = None if objectives is None else self.objectives(objectives)
        store = Store(path, self.question())
        record = store.open()
        if record is None:
            try:
                return self._complete(store, wanted, tell)
            finally:
                store.close()
        if tell:
            tell(self.space.count)
        if wanted is None or record["objectives"] == list(map(str, wanted)):
            return Result.of(path, record, 0)
        # The costs are there; only the front is another.
        return put_together(store, self.columns(), lambda: self.finished(path), wanted, 0)

    def _complete(
        self, store: Store, wanted: tuple[Objective, ...] | None, tell: Tell | None
    ) -> Result:
        """Work out the batches that are not there yet, and put all together."""
        done = store.done() & set(range(self.space.batches))
        for batch in done:
            if tell:
                tell(self.space.size(batch))
        missing = [batch for batch in range(self.space.batches) if batch not in done]
        fresh = 0
        for batch, outcome in self._outcomes(missing):
            store.keep(batch, outcome)
            fresh += self.space.size(batch)
            if tell:
                tell(self.space.size(batch))

        def kept() -> Iterator[Rows]:
            batches = range(self.space.batches)
            return (self._rows(b, store.outcome(b, self.space.size(b))) for b in batches)

        return put_together(store, self.columns(), kept, wanted, fresh)

    def finished(self, path: Path | str) -> Iterator[Rows]:
        """The rows of a file that this sweep has written, by column, batch after batch.

        Raises:
            UsageError: if it does not hold them any more.
        """
        count = 0
        for batch, outcome in enumerate(finished(Path(path))):
            if batch >= self.space.batches or not outcome.is_of(self.space.size(batch)):
                break
            count += self.space.size(batch)
            yield self._rows(batch, outcome)
        else:
            if count == self.space.count:
                return
        problem = f"{path} does not hold what this sweep wrote into it"
        raise UsageError(problem, hint="remove it, and what is called so with .json at the end")

    def objectives(self, texts: Sequence[str]) -> tuple[Objective, ...]:
        """Objectives from their names: costs, and what varies and is a number.

        Raises:
            UsageError: for a name that is none of these.
        """
        sorts = self.columns()
        numbers = [name for name in self.space.names if sorts[name] in ("int", "float")]
        return read_objectives(texts, numbers)

    def _outcomes(self, batches: Sequence[int]) -> Iterator[tuple[int, Outcome]]:
        return outcomes(self.spec, self.space, batches, self.jobs, self.scheduler)

    def _rows(self, batch: int, outcome: Outcome) -> Rows:
        """The rows of a batch, by column."""
        first = batch * BATCH
        varied = dict(zip(self.space.names, self.space.columns(batch), strict=True))
        for name in self.space.inputs:
            varied[name] = ["x".join(map(str, sizes)) for sizes in varied[name]]
        numbers = range(first, first + self.space.size(batch))
        return {VARIANT: numbers, **varied, **outcome.costs, REASON: outcome.reasons}


def sweep(
    spec: Spec,
    settings: Mapping[str, Any],
    *,
    inputs: Mapping[str, Any] | None = None,
    draws: int | None = None,
    seed: int = 0,
    jobs: int = 1,
    scheduler: str | None = None,
) -> Sweep:
    """The costs of variants of a network: of a whole grid, or of random ones.

    Args:
        spec: the network.
        settings: what each parameter runs through: a text as on the command line
            (``"0.25:2:0.25"``), a list of values, or one value.
        inputs: sizes of inputs by name: ``"3x64:256:32"``, or a list of sizes.
        draws: how many variants to draw at random; None for every one.
        seed: which random variants.
        jobs: processes at once; -1 for one on each core.
        scheduler: a cluster: ``dask:ADDRESS`` or ``ray:ADDRESS``.

    Returns:
        rows to iterate over, a data frame (``frame()``), or a file (``write(path)``).

    Raises:
        UsageError: for a parameter or a value that makes no sense.
    """
    return Sweep(spec, space_of(spec, settings, inputs, draws, seed), jobs, scheduler)


def _digest(spec: Spec) -> str:
    """What a spec says, wherever its files are."""
    text = repr(spec)
    for number, source in enumerate(spec.sources):
        text = text.replace(repr(source), f"<{number}>")
    return hashlib.sha256(text.encode()).hexdigest()
