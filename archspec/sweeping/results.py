"""From batches that are done to the file of results, with the front marked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from archspec.sweeping.measure import COSTS, Outcome
from archspec.sweeping.pareto import Front, Objective
from archspec.sweeping.space import BATCH
from archspec.sweeping.storage import Store
from archspec.sweeping.tables import FRONT, REASON, costs_in, writer

Rows = dict[str, Sequence[Any]]


@dataclass(frozen=True)
class Result:
    """What a finished sweep comes to.

    Args:
        path: the file with a row for each variant.
        variants, invalid: how many there are, and how many of them mean no network.
        objectives: what the front is of; none where it is not marked.
        front: how many variants are on it, those with equal figures included.
        fresh: variants worked out now; others were there before.
    """

    path: Path
    variants: int
    invalid: int
    objectives: tuple[str, ...]
    front: int
    fresh: int

    def to_json(self) -> dict[str, Any]:
        """The same as plain data."""
        return {**asdict(self), "path": str(self.path), "objectives": list(self.objectives)}

    @classmethod
    def of(cls, path: Path, record: Mapping[str, Any], fresh: int) -> Result:
        """What is recorded beside a file."""
        names = tuple(record["objectives"])
        return cls(path, record["variants"], record["invalid"], names, record["front"], fresh)


def put_together(
    store: Store,
    columns: Mapping[str, str],
    batches: Callable[[], Iterator[Rows]],
    wanted: tuple[Objective, ...] | None,
    fresh: int,
) -> Result:
    """Write the file of results; goes twice through the batches where a front is to be marked.

    Args:
        store: where the file belongs.
        columns: its columns without that of the front.
        batches: begins anew with the rows of all batches, by column.
        wanted: what the front is of; None to mark none.
        fresh: how many variants were worked out for it.
    """
    front = None
    if wanted is not None:
        front = Front(wanted)
        for rows in batches():
            front.add(rows)
        columns = {name: columns[name] for name in columns if name != REASON}
        columns |= {FRONT: "bool", REASON: "text"}
    count = on_front = invalid = 0
    whole = store.under_way
    file = writer(whole, columns)
    try:
        try:
            for rows in batches():
                if front is not None:
                    rows = {**rows, FRONT: front.holds(rows)}
                    on_front += sum(rows[FRONT])
                invalid += sum(reason is not None for reason in rows[REASON])
                count += len(rows[REASON])
                file.write(rows)
        finally:
            file.close()
        record = {
            "variants": count,
            "invalid": invalid,
            "objectives": list(map(str, wanted or ())),
            "front": on_front,
        }
        store.finish(whole, record)
    finally:
        whole.unlink(missing_ok=True)
    return Result.of(store.path, record, fresh)


def finished(path: Path) -> Iterator[Outcome]:
    """The costs in a file of results, in batches of the usual size."""
    held = Outcome({name: [] for name in COSTS}, [])
    for part in costs_in(path):
        for name in COSTS:
            held.costs[name].extend(part.costs[name])
        held.reasons.extend(part.reasons)
        while len(held.reasons) >= BATCH:
            yield Outcome({n: held.costs[n][:BATCH] for n in COSTS}, held.reasons[:BATCH])
            held = Outcome({n: held.costs[n][BATCH:] for n in COSTS}, held.reasons[BATCH:])
    if held.reasons:
        yield held
