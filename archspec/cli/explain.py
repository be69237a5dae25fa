"""``archspec explain``: one layer, and all that is known about it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import PurePath
from textwrap import wrap
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from archspec.cli.columns import Column, Row, aligned, count, room
from archspec.cli.options import (
    BACKEND_HELP,
    INPUT_HELP,
    SET_HELP,
    SPEC_HELP,
    expand,
    find_spec,
    parse_inputs,
    parse_settings,
)
from archspec.cli.output import json_text
from archspec.cli.screen import excerpt_lines, plain, styled
from archspec.cli.values import alike, value_text

if TYPE_CHECKING:
    from archspec.analysis.explain import Explained, InBackend
    from archspec.analysis.origins import Argument
    from archspec.analysis.parts import Container
    from archspec.errors import Location


def explain(
    spec: Annotated[str, typer.Argument(metavar="SPEC", help=SPEC_HELP)],
    path: Annotated[
        str, typer.Argument(metavar="PATH", help="A layer, block or stage, such as `b3.conv1`.")
    ],
    backend: Annotated[
        Optional[list[str]],  # noqa: UP045 - typer reads the annotation at run time
        typer.Option("--backend", "-b", help=BACKEND_HELP),
    ] = None,
    inputs: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--input", metavar="[NAME=]CxHxW", help=INPUT_HELP),
    ] = None,
    settings: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--set", metavar="NAME=VALUE", help=SET_HELP),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show one layer: its arguments and where they come from, shapes, tensors, code, traps.

    Of a block, a branch or a stage: what is in it, and what that costs.
    """
    from archspec.analysis.explain import explain as explained
    from archspec.analysis.explain import explained_data
    from archspec.analysis.parts import Container
    from archspec.backends import find_backend
    from archspec.resolution import resolve
    from archspec.schema import load

    names = expand(backend)
    backends = None if names is None else [find_backend(each) for each in dict.fromkeys(names)]
    read = load(find_spec(spec))
    model = resolve(read, parse_inputs(read, inputs or []), **parse_settings(read, settings or []))
    found = explained(model, path, backends)
    if as_json:
        data = {"network": model.spec.name, "file": model.spec.file}
        sys.stdout.write(json_text(data | explained_data(found)))
    elif isinstance(found, Container):
        print("\n".join(_container_lines(found)))
    else:
        print("\n".join(_layer_lines(found)))


def _layer_lines(found: Explained) -> Iterator[str]:
    node = found.node
    title = type(node.operator).__doc__ or ""
    yield f"{styled(node.path, 'bold', sys.stdout)}  {_heading(found)}"
    yield plain(title.split("\n")[0])
    yield from _spec_lines(found)
    yield from _section("arguments", _argument_rows(found.origin.arguments))
    yield from _section("shapes", _shape_rows(found))
    yield from _section("tensors", _tensor_rows(found))
    for each in found.backends:
        yield from _backend_lines(each)
    yield from _trap_lines(found)


def _heading(found: Explained) -> str:
    node = found.node
    activation = found.origin.activation
    by = f" (named by the parameter `{activation}`)" if activation else ""
    turn = "" if node.index is None else f", iteration {node.index}"
    return f"{node.operator.name()}{by}, in {node.module}{turn}"


def _spec_lines(found: Explained) -> Iterator[str]:
    origin = found.origin
    yield ""
    yield from _place(found.node.where)
    if origin.called:
        yield from _place(origin.called, f", where {origin.instance} is called")


def _place(where: Location, what: str = "") -> Iterator[str]:
    yield styled(f"{plain(str(where))}{what}", "dim", sys.stdout)
    line = _source_line(where)
    if line:
        yield f"  {line}"


def _source_line(where: Location) -> str:
    lines = excerpt_lines(where.file)
    return plain(lines[where.line - 1].strip())[:200] if 1 <= where.line <= len(lines) else ""


def _section(title: str, rows: list[tuple[str, ...]]) -> Iterator[str]:
    """Rows under a title, their columns aligned."""
    if not rows:
        return
    yield ""
    yield styled(title, "bold", sys.stdout)
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield f"  {'  '.join(cells)}".rstrip()


def _argument_rows(arguments: Iterable[Argument]) -> list[tuple[str, ...]]:
    return [(each.name, value_text(alike(each.value)), _origin(each)) for each in arguments]


def _origin(argument: Argument) -> str:
    where = argument.where
    place = f"{PurePath(where.file).name}:{where.line}" if where else ""
    if argument.origin == "size":
        asked = argument.declared
        more = "" if asked is None else f"; asked for: {value_text(alike(asked))}"
        return f"follows from the size of the input{more}"
    if argument.origin == "defaults":
        return "from `defaults` of the network"
    if argument.origin == "default":
        return "the operator's default"
    names = argument.names or {}
    values = ", ".join(f"{name} = {value_text(value)}" for name, value in names.items())
    return plain(f"{place}{f', with {values}' if values else ''}")


def _shape_rows(found: Explained) -> list[tuple[str, ...]]:
    node = found.node
    rows: list[tuple[str, ...]] = [
        ("takes", str(shape), f"from {path}")
        for path, shape in zip(node.inputs, node.input_shapes, strict=True)
    ]
    takers = list(found.takers)
    more = f" and {len(takers) - 4} more" if len(takers) > 4 else ""
    into = f"to {', '.join(takers[:4])}{more}" if takers else ""
    rows.append(("gives", str(node.shape), into))
    rows += [("", axis, rule) for axis, rule in found.rule]
    return rows


def _tensor_rows(found: Explained) -> list[tuple[str, ...]]:
    node = found.node
    rows: list[tuple[str, ...]] = [
        (tensor.name, "x".join(str(size) for size in tensor.shape), tensor.role)
        for tensor in node.tensors
    ]
    if not rows:
        return []
    products = f"{count(node.multiply_adds)} multiply-adds"
    rows.append(("in all", count(found.parameters), f"parameters, {products}"))
    if node.owner != node.path:
        rows.append(("shared", "", f"they are those of {node.owner}"))
    elif found.shared:
        rows.append(("shared", "", f"with {', '.join(found.shared)}"))
    return rows


def _backend_lines(found: InBackend) -> Iterator[str]:
    yield ""
    place = f"{found.file}:{found.lines[0][0]}" if found.lines and not found.made else found.file
    yield f"{styled(found.title, 'bold', sys.stdout)}  {styled(plain(place), 'dim', sys.stdout)}"
    if found.refused:
        yield f"  cannot be written: {plain(found.refused)}"
        return
    if not found.lines:
        yield "  has no line of its own"
    for _, line in found.lines:
        yield f"  {plain(line)}"
    for name, each in found.tensors.items():
        sizes = "x".join(str(size) for size in each.shape)
        text = f"{name.rpartition('.')[2]} is {each.name}, {sizes}"
        yield styled(f"  {plain(text)}", "dim", sys.stdout)


def _trap_lines(found: Explained) -> Iterator[str]:
    if not found.traps:
        return
    yield ""
    yield styled("where frameworks disagree", "bold", sys.stdout)
    width = room(sys.stdout)
    for each in found.traps:
        first, *more = _wrapped(f"  {each.heading}: {each.danger}", width)
        title = styled(each.heading, "cyan", sys.stdout)
        yield first.replace(each.heading, title, 1)
        yield from more
        yield styled(f"    {each.address}", "dim", sys.stdout)


def _wrapped(text: str, width: int | None) -> list[str]:
    """A sentence in lines of a terminal; in one line where nothing limits."""
    return [text] if width is None else wrap(text, max(width, 40), subsequent_indent="    ")


def _container_lines(part: Container) -> Iterator[str]:
    from archspec.model.graph import Node

    what = f"an instance of {part.block}" if part.block else "a part of the network"
    yield f"{styled(part.path, 'bold', sys.stdout)}  {what}"
    yield (
        f"{count(part.parameters)} parameters, {count(part.multiply_adds)} multiply-adds;"
        f" gives {part.shape}"
    )
    yield ""
    columns = [
        Column("part"),
        Column("what"),
        Column("output", right=True),
        Column("parameters", right=True),
        Column("multiply-adds", right=True),
    ]
    rows = [
        Row(
            [
                each.name,
                each.operator.name() if isinstance(each, Node) else each.block or "",
                str(each.shape),
                count(each.parameters),
                count(each.multiply_adds),
            ]
        )
        for each in part.parts
    ]
    yield aligned(columns, rows, None, sys.stdout).rstrip("\n")
