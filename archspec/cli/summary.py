"""``archspec summary``: what a network costs, layer by layer."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from archspec.cli.columns import Column, Row, aligned, count, memory, needed, room, short
from archspec.cli.options import DTYPE_HELP, INPUT_HELP, SET_HELP, SPEC_HELP, load_flat
from archspec.cli.output import csv_text, json_text, one_form, put
from archspec.cli.screen import plain, styled

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TextIO

    from archspec.analysis.parts import Part
    from archspec.analysis.summary import Summary
    from archspec.expressions import Value

_LONGEST_VALUE = 60
_TITLES = ("output", "parameters", "multiply-adds", "activations")
_SHORT_TITLES = ("output", "params", "mult-adds", "memory")


def summary(
    spec: Annotated[str, typer.Argument(metavar="SPEC", help=SPEC_HELP)],
    inputs: Annotated[
        Optional[list[str]],  # noqa: UP045 - typer reads the annotation at run time
        typer.Option("--input", metavar="[NAME=]CxHxW", help=INPUT_HELP),
    ] = None,
    depth: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=1, help="Show so many levels; what is deeper is summed up."),
    ] = None,
    batch: Annotated[int, typer.Option(min=1, help="Examples at once.")] = 1,
    dtype: Annotated[str, typer.Option(help=DTYPE_HELP)] = "float32",
    settings: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--set", metavar="NAME=VALUE", help=SET_HELP),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, a line for each row.")] = False,
    output: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--output", "-o", metavar="FILE", help="Write to a file."),
    ] = None,
) -> None:
    """Show what a network costs: shapes, parameters, multiply-adds and memory of each layer.

    Worked out from the spec; nothing is run. A stage, block or branch has the sum of what is in it.
    """
    from archspec.analysis.summary import summarize

    one_form(as_json, as_csv)
    found = summarize(load_flat(spec, settings or [], inputs or []), batch, dtype)
    if as_json:
        text = json_text(found.to_json(depth))
    elif as_csv:
        text = csv_text(_flat(found.record(part)) for part in found.rows(depth))
    else:
        stream = sys.stdout if output is None else None
        width = room(sys.stdout) if output is None else None
        text = shown(found, depth, width, stream)
    put(text, output)


def shown(
    found: Summary, depth: int | None = None, width: int | None = None, stream: TextIO | None = None
) -> str:
    """A summary for people.

    Args:
        found: what to show.
        depth: how many levels.
        width: the columns there are; None for as many as it takes.
        stream: where it goes to, for colours; None for none.
    """
    parts = list(found.rows(depth))
    columns, rows = _columns(_TITLES), [_row(found, part, count) for part in parts]
    if width is not None and needed(columns, rows) > width:
        columns, rows = _columns(_SHORT_TITLES), [_row(found, part, short) for part in parts]
    return "\n".join(
        [_head(found, stream), aligned(columns, rows, width, stream), _totals(found, stream)]
    )


def _columns(titles: Sequence[str]) -> list[Column]:
    left = [Column("layer"), Column("operator", may_shrink=True)]
    return [*left, *(Column(title, right=True) for title in titles)]


def _row(found: Summary, part: Part, number: Any) -> Row:
    from archspec.analysis.wording import arguments_of
    from archspec.model.graph import Node

    if isinstance(part, Node):
        what = f"{part.operator.name()} {arguments_of(part.operator)}".strip()
        if part.owner != part.path:
            what += f" (weights of {part.owner})"
    else:
        what = part.block or ""
    return Row(
        [
            "  " * (part.depth - 1) + part.name,
            what,
            str(part.shape),
            number(part.parameters),
            number(found.batch * part.multiply_adds),
            memory(found.batch * found.width * part.activations),
        ],
        "bold" if part.depth == 1 and not isinstance(part, Node) else None,
    )


def _head(found: Summary, stream: TextIO | None) -> str:
    model = found.model
    sizes = [
        str(shape) if len(model.graph.inputs) == 1 else f"{name} {shape}"
        for name, shape in model.graph.inputs.items()
    ]
    facts = [f"input {', '.join(sizes)}", f"batch {found.batch}", found.dtype]
    facts += [f"{name} = {_value(value)}" for name, value in model.values.items()]
    name, rest = model.spec.name, plain(", ".join(facts).replace("\n", " "))
    if stream is not None:
        name, rest = styled(name, "bold", stream), styled(rest, "dim", stream)
    return f"{name}  {plain(model.spec.file)}\n{rest}\n"


def _value(value: Value) -> str:
    """The value of a parameter as a spec writes it, and not too long."""
    import json

    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}..."


def _totals(found: Summary, stream: TextIO | None) -> str:
    kept = f" with {count(found.statistics)} running statistics" if found.statistics else ""
    examples = "one example" if found.batch == 1 else f"{found.batch} examples"
    training, peak = memory(found.activation_bytes), memory(found.peak_bytes)
    rows = [
        ("layers", count(len(found.model.graph.nodes)), ""),
        ("parameters", count(found.parameters), f"{memory(found.parameter_bytes)}{kept}"),
        ("multiply-adds", count(found.multiply_adds), f"for {examples}"),
        ("activations", training, f"of all layers, as training keeps them, for {examples}"),
        ("peak", peak, "of what is alive at once in evaluation, inputs included"),
    ]
    widest = max(len(figure) for _, figure, _ in rows)
    lines = []
    for name, figure, note in rows:
        if stream is not None:
            note = styled(note, "dim", stream) if note else note
        lines.append(f"{name:13}  {figure:>{widest}}  {note}".rstrip())
    note = "A multiply-add is one product and its sum, in convolutions and matrix products only."
    lines += ["", styled(note, "dim", stream) if stream is not None else note]
    return "\n".join(lines) + "\n"


def _flat(record: dict[str, Any]) -> dict[str, Any]:
    """A row of a table whose cells are single values."""
    joined = {"output": "x".join(map(str, record["output"])), "axes": "".join(record["axes"])}
    return {**record, **joined}
