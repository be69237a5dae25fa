"""``archspec draw``: a picture of a network."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from archspec.cli.options import (
    INPUT_HELP,
    SET_HELP,
    SPEC_HELP,
    find_spec,
    parse_inputs,
    parse_settings,
)
from archspec.cli.screen import plain
from archspec.errors import UsageError

if TYPE_CHECKING:
    from archspec.drawing.draw import Direction


def draw(
    spec: Annotated[str, typer.Argument(metavar="SPEC", help=SPEC_HELP)],
    output: Annotated[
        Optional[str],  # noqa: UP045 - typer reads the annotation at run time
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="The file: .svg, .png, .html (blocks fold) or .mmd (Mermaid); - for the screen."
            " The spec's name with .svg if not given.",
        ),
    ] = None,
    depth: Annotated[
        int,
        typer.Option(
            min=0, help="How deep blocks are unfolded: 0 stages, 1 what they hold, 2 and more."
        ),
    ] = 1,
    expand: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            metavar="NAME",
            help="Unfold a block, or the one instance with this path, all the same. Repeatable.",
        ),
    ] = None,
    block: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            metavar="NAME", help="Draw a block alone, or the block or stage with this path."
        ),
    ] = None,
    title: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="What stands above the picture."),
    ] = None,
    direction: Annotated[
        str,
        typer.Option(
            metavar="auto|right|down",
            help="right: a row for each stage; down: all from top to bottom. SVG and PNG.",
        ),
    ] = "auto",
    legend: Annotated[
        bool, typer.Option("--legend/--no-legend", help="Whether colours are explained below.")
    ] = True,
    scale: Annotated[float, typer.Option(min=0.1, max=8, help="PNG: pixels for a unit.")] = 2.0,
    form: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--format", metavar="svg|png|html|mmd", help="The format, if no file's name says it."
        ),
    ] = None,
    inputs: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--input", metavar="[NAME=]CxHxW", help=INPUT_HELP),
    ] = None,
    settings: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--set", metavar="NAME=VALUE", help=SET_HELP),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Draw a network, or one of its blocks, as a paper would show it."""
    from archspec.drawing.build import picture_of
    from archspec.drawing.draw import DIRECTIONS, FORMATS, drawn, format_of
    from archspec.generation import write_atomically
    from archspec.resolution import resolve
    from archspec.schema import load

    known = tuple(FORMATS.values())
    if form is not None and form not in known:
        raise UsageError(f"--format: expected one of {', '.join(known)}, received {form!r}")
    if direction not in DIRECTIONS:
        raise UsageError(
            f"--direction: expected one of {', '.join(DIRECTIONS)}, received {direction!r}"
        )
    to_screen = output == "-"
    if form is None:
        form = "svg" if output is None or to_screen else format_of(output)
    elif output is not None and FORMATS.get(Path(output).suffix.lower(), form) != form:
        raise UsageError(f"--format: {form}, but the name {plain(output)!r} says otherwise")
    read = load(find_spec(spec))
    model = resolve(read, parse_inputs(read, inputs or []), **parse_settings(read, settings or []))
    picture = picture_of(model, depth, expand=expand or (), block=block, title=title)
    way: Direction = direction  # type: ignore[assignment]
    contents = drawn(picture, form, way, legend, scale)
    if to_screen:
        data = contents.encode() if isinstance(contents, str) else contents
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    path = Path(output or f"{read.stem}.{form}")
    write_atomically(path, contents)
    if not quiet:
        print(f"wrote {plain(str(path))}")
