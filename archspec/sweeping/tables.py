"""Files with a row for each variant: CSV and parquet, written and read batch by batch."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from archspec.errors import UsageError
from archspec.expressions.types import Bool, Float, Int, Kind, Optional
from archspec.sweeping.measure import COSTS, Outcome

SUFFIXES = (".csv", ".parquet")
REASON = "reason"
FRONT = "pareto"
_TRUTH = {True: "true", False: "false"}

# What a column holds: "int", "float", "bool" or "text".
Columns = Mapping[str, str]


class Writer(Protocol):
    """A file under way."""

    def write(self, rows: Mapping[str, Sequence[Any]]) -> None:
        """Add rows, given by column."""

    def close(self) -> None:
        """Finish the file."""


def sort_of(kind: Kind) -> str:
    """What a column of a parameter's values holds."""
    inner = kind.item if isinstance(kind, Optional) else kind
    return {Int: "int", Float: "float", Bool: "bool"}.get(type(inner), "text")


def check_suffix(path: Path) -> None:
    """Refuse a file whose format is not known by its name, or not installed.

    Raises:
        UsageError: saying which are known, or what to install.
    """
    if path.suffix not in SUFFIXES:
        raise UsageError(f"{path}: expected a file that ends in .csv or .parquet")
    if path.suffix == ".parquet":
        _pyarrow()


def writer(path: Path, columns: Columns) -> Writer:
    """Begin a file."""
    return _Parquet(path, columns) if path.suffix == ".parquet" else _Csv(path, columns)


def costs_in(path: Path) -> Iterator[Outcome]:
    """The costs and reasons in a file, in parts of no fixed length.

    Raises:
        UsageError: if it is no such file.
    """
    try:
        yield from (_parquet_costs if path.suffix == ".parquet" else _csv_costs)(path)
    except (KeyError, ValueError, OSError, csv.Error) as error:
        raise UsageError(f"{path}: cannot be read as the results of a sweep: {error}") from None


def cell(value: Any) -> str:
    """A value as text: lists in brackets, none empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _TRUTH[value]
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(cell, value))}]"
    return str(value)


class _Csv:
    def __init__(self, path: Path, columns: Columns) -> None:
        self._names = list(columns)
        self._file = path.open("w", newline="", encoding="utf-8")
        self._writer = csv.writer(self._file, lineterminator="\n")
        self._writer.writerow(self._names)

    def write(self, rows: Mapping[str, Sequence[Any]]) -> None:
        texts = [list(map(cell, rows[name])) for name in self._names]
        self._writer.writerows(zip(*texts, strict=True))

    def close(self) -> None:
        self._file.close()


class _Parquet:
    def __init__(self, path: Path, columns: Columns) -> None:
        pyarrow, parquet = _pyarrow()
        kinds = {"int": "int64", "float": "float64", "bool": "bool_", "text": "string"}
        fields = [(name, getattr(pyarrow, kinds[sort])()) for name, sort in columns.items()]
        self._schema = pyarrow.schema(fields)
        self._columns = columns
        self._table = pyarrow.table
        self._file = parquet.ParquetWriter(str(path), self._schema)

    def write(self, rows: Mapping[str, Sequence[Any]]) -> None:
        data = {
            name: [None if each is None else cell(each) for each in rows[name]]
            if sort == "text"
            else [each if each is None or sort != "float" else float(each) for each in rows[name]]
            for name, sort in self._columns.items()
        }
        self._file.write_table(self._table(data, schema=self._schema))

    def close(self) -> None:
        self._file.close()


def _csv_costs(path: Path) -> Iterator[Outcome]:
    with path.open(newline="", encoding="utf-8") as file:
        held = Outcome({name: [] for name in COSTS}, [])
        for row in csv.DictReader(file):
            for name in COSTS:
                held.costs[name].append(int(row[name]) if row[name] else None)
            held.reasons.append(row[REASON] or None)
            if len(held.reasons) == 1024:
                yield held
                held = Outcome({name: [] for name in COSTS}, [])
        yield held


def _parquet_costs(path: Path) -> Iterator[Outcome]:
    _, parquet = _pyarrow()
    with parquet.ParquetFile(str(path)) as file:
        for batch in file.iter_batches(columns=[*COSTS, REASON]):
            data = batch.to_pydict()
            yield Outcome({name: data[name] for name in COSTS}, data[REASON])


def _pyarrow() -> tuple[Any, Any]:
    try:
        return import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError:
        raise UsageError(
            "parquet files need pyarrow, which is not installed",
            hint='pip install "archspec-nn[sweep]", or write a .csv file',
        ) from None
