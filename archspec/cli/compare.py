"""``archspec compare``: networks side by side."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from archspec.cli.columns import Column, Row, aligned, count, memory, needed, room, short
from archspec.cli.options import (
    DTYPE_HELP,
    INPUT_HELP,
    SET_HELP,
    find_spec,
    parse_inputs,
    parse_settings,
    parse_sizes,
)
from archspec.cli.output import csv_text, json_text, one_form, put
from archspec.cli.screen import plain
from archspec.errors import ArchspecError, Problem

if TYPE_CHECKING:
    from typing import TextIO

    from archspec.analysis.compare import Entry

_FIGURES = ("parameters", "multiply-adds", "activations", "depth", "least input")
_NUMBERS = (
    "input",
    "batch",
    "dtype",
    "parameters",
    "statistics",
    "parameter_bytes",
    "multiply_adds",
    "activation_bytes",
    "peak_bytes",
    "layers",
    "depth",
    "minimum_input",
    "minimum_input_set_by",
)
_SHORT_FIGURES = ("params", "mult-adds", "memory", "depth", "least")


@dataclass(frozen=True, slots=True)
class _Outcome:
    """A network as it was named, and what was found; or what is wrong with it."""

    spec: str
    entry: Entry | None
    problems: tuple[Problem, ...] = ()

    @property
    def label(self) -> str:
        """What it is called in the table."""
        if self.entry is None:
            return plain(self.spec)[-40:]
        return self.entry.summary.model.spec.name


def compare(
    specs: Annotated[list[str], typer.Argument(help="Specs, or names of bundled ones.")],
    inputs: Annotated[
        Optional[list[str]],  # noqa: UP045 - typer reads the annotation at run time
        typer.Option("--input", metavar="[NAME=]CxHxW", help=INPUT_HELP),
    ] = None,
    batch: Annotated[int, typer.Option(min=1, help="Examples at once.")] = 1,
    dtype: Annotated[str, typer.Option(help=DTYPE_HELP)] = "float32",
    settings: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--set", metavar="NAME=VALUE", help=SET_HELP),
    ] = None,
    plot: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(metavar="FILE", help="Draw cost against parameters: .svg, .png or .pdf."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, a line for each row.")] = False,
    output: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--output", "-o", metavar="FILE", help="Write to a file."),
    ] = None,
) -> None:
    """Put networks side by side: parameters, multiply-adds, memory, depth, least input.

    A network that does not work at the input asked for is a row that says why; the exit code is
    then 1.
    """
    from archspec.analysis.memory import check_dtype

    one_form(as_json, as_csv)
    check_dtype(dtype)
    for text in inputs or []:
        parse_sizes(text)
    suffix = None
    if plot is not None:
        from archspec.analysis.scatter import check_plot

        suffix = check_plot(str(plot))
    found = [_outcome(each, settings or [], inputs or [], batch, dtype) for each in specs]
    if as_json:
        text = json_text([_record(each) for each in found])
    elif as_csv:
        text = csv_text(map(_flat, found))
    else:
        stream, width = (sys.stdout, room(sys.stdout)) if output is None else (None, None)
        text = _shown(found, batch, dtype, width, stream)
    put(text, output)
    if plot and suffix and _draw(found, plot, suffix, f"batch {batch}, {dtype}"):
        print(f"wrote {plot}", file=sys.stderr if as_json or as_csv else sys.stdout)
    problems = dict.fromkeys(problem for each in found for problem in each.problems)
    if problems:
        raise ArchspecError(problems)


def _outcome(path: str, settings: list[str], inputs: list[str], batch: int, dtype: str) -> _Outcome:
    """What is said of one network; only a wrong ``--set`` ends the command."""
    from archspec.analysis.compare import entry
    from archspec.resolution import resolve_flat
    from archspec.schema import load

    try:
        spec = load(find_spec(path))
    except ArchspecError as error:
        return _Outcome(path, None, error.problems)
    values = parse_settings(spec, settings)
    try:
        model = resolve_flat(spec, parse_inputs(spec, inputs), **values)
        return _Outcome(path, entry(model, batch, dtype))
    except ArchspecError as error:
        return _Outcome(path, None, error.problems)


def _record(found: _Outcome) -> dict[str, Any]:
    if found.entry is not None:
        return {**found.entry.to_json(), "error": None}
    problem = found.problems[0]
    reason = {
        "problem": problem.problem,
        "where": None if problem.where is None else str(problem.where),
        "path": problem.path or None,
        "hint": problem.hint,
    }
    return {"network": None, "spec": found.spec, **dict.fromkeys(_NUMBERS), "error": reason}


def _flat(found: _Outcome) -> dict[str, Any]:
    """The same with single values."""
    record = _record(found)
    if found.entry is not None:
        graph = found.entry.summary.model.graph
        record["input"] = " ".join(f"{name}={shape}" for name, shape in graph.inputs.items())
        least = record["minimum_input"].items()
        record["minimum_input"] = " ".join(f"{k}={'x'.join(map(str, v))}" for k, v in least)
        record["minimum_input_set_by"] = " ".join(record["minimum_input_set_by"])
    else:
        record["error"] = str(found.problems[0])
    return {name: record.get(name) for name in ("network", "spec", *_NUMBERS, "error")}


def _shown(
    found: list[_Outcome], batch: int, dtype: str, width: int | None, stream: TextIO | None
) -> str:
    """The table, and below it what is wrong with those that have no figures."""
    columns, rows = _columns(_FIGURES), [_row(each, count) for each in found]
    if width is not None and needed(columns, rows) > width:
        columns, rows = _columns(_SHORT_FIGURES), [_row(each, short) for each in found]
    examples = "one example" if batch == 1 else f"{batch} examples"
    lines = [f"Multiply-adds and activations of {examples}, in {dtype}."]
    wrong = [each for each in found if each.entry is None]
    lines += [f"{each.label}: {plain(each.problems[0].problem)}" for each in wrong]
    return aligned(columns, rows, width, stream) + "\n" + "\n".join(lines) + "\n"


def _columns(figures: tuple[str, ...]) -> list[Column]:
    left = [Column("network", may_shrink=True), Column("input", right=True)]
    return [*left, *(Column(title, right=True) for title in figures)]


def _row(found: _Outcome, number: Any) -> Row:
    if found.entry is None:
        return Row([found.label, *["-"] * (1 + len(_FIGURES))], "red")
    summary = found.entry.summary
    inputs = summary.model.graph.inputs.values()
    return Row(
        [
            found.label,
            ", ".join(map(str, inputs)),
            number(summary.parameters),
            number(summary.multiply_adds),
            memory(summary.activation_bytes),
            count(found.entry.depth),
            _least(found.entry),
        ]
    )


def _least(entry: Entry) -> str:
    return ", ".join("x".join(map(str, sizes)) for sizes in entry.least.values()) or "-"


def _draw(found: list[_Outcome], path: Path, suffix: str, note: str) -> bool:
    """Write the picture; False if there is nothing to draw."""
    from archspec.analysis.scatter import Point, scatter
    from archspec.generation import write_atomically

    points = []
    for each in found:
        if each.entry is not None:
            cost = each.entry.summary
            point = Point(each.label, cost.parameters, cost.multiply_adds, cost.activation_bytes)
            points.append(point)
    if points:
        write_atomically(path, scatter(points, suffix, f"area: activation memory; {note}"))
    return bool(points)
