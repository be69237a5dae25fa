"""``archspec min-input``: the smallest input that a network works with."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from archspec.cli.options import INPUT_HELP, SET_HELP, SPEC_HELP, load_flat
from archspec.cli.output import json_text
from archspec.cli.screen import plain, styled

if TYPE_CHECKING:
    from archspec.analysis.min_input import AxisSizes, MinInput, Reason
    from archspec.resolution import Flat


def min_input(
    spec: Annotated[str, typer.Argument(metavar="SPEC", help=SPEC_HELP)],
    inputs: Annotated[
        Optional[list[str]],  # noqa: UP045 - typer reads the annotation at run time
        typer.Option("--input", metavar="[NAME=]CxHxW", help=INPUT_HELP),
    ] = None,
    settings: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--set", metavar="NAME=VALUE", help=SET_HELP),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show the smallest input that a network works with, and the layer that sets it.

    Worked out from the rules of the layers; no sizes are tried one after another.
    """
    from archspec.analysis.min_input import min_input as worked_out

    model = load_flat(spec, settings or [], inputs or [])
    found = worked_out(model)
    if as_json:
        given = {name: list(shape.sizes) for name, shape in model.graph.inputs.items()}
        data = {"network": model.spec.name, "file": model.spec.file, "input": given}
        sys.stdout.write(json_text(data | found.as_data()))
        return
    print("\n".join(_lines(model, found)))


def _lines(model: Flat, found: MinInput) -> Iterator[str]:
    yield f"{styled(model.spec.name, 'bold', sys.stdout)}  {plain(model.spec.file)}"
    several = len(model.graph.inputs) > 1
    for name, shape in model.graph.inputs.items():
        least = "x".join(str(size) for size in found.least(name))
        label = f" of `{name}`" if several else ""
        yield f"smallest input{label}: {styled(least, 'bold', sys.stdout)} (in the spec {shape})"
    if not found.axes:
        yield "the inputs have channels only, which are the spec's to say"
    for alike in _alike(found.axes):
        yield ""
        yield from _axis_lines(alike, several)


def _alike(axes: Iterable[AxisSizes]) -> list[list[AxisSizes]]:
    """Axes of one input that have one answer, together."""
    groups: list[list[AxisSizes]] = []
    for each in axes:
        for group in groups:
            first = group[0]
            same = (first.inputs, first.works, first.fits) == (each.inputs, each.works, each.fits)
            if same and _layers(first) == _layers(each):
                group.append(each)
                break
        else:
            groups.append([each])
    return groups


def _layers(axis: AxisSizes) -> list[str | None]:
    reasons = (axis.least_by, axis.greatest_by, axis.pattern_by, axis.fits_by)
    return [reason.path if reason else None for reason in reasons]


def _axis_lines(alike: list[AxisSizes], several: bool) -> Iterator[str]:
    first = alike[0]
    names = " and ".join(each.axis for each in alike)
    of = f" of {' and '.join(f'`{name}`' for name in first.inputs)}" if several else ""
    yield f"{names}{of}: {styled(str(first.works), 'bold', sys.stdout)}"
    reasons = (first.least_by, first.pattern_by, first.greatest_by)
    for reason in dict.fromkeys(each for each in reasons if each):
        yield f"  {_because(reason)}"
    if first.fits != first.works:
        because = f"; {_because(first.fits_by)}" if first.fits_by else ""
        yield f"  with weights of other shapes: {first.fits}{because}"
    if first.coupled:
        yield (
            f"  through {' and '.join(first.coupled)} the axes depend on each other: these are"
            " the sizes where the others are as in the spec"
        )


def _because(reason: Reason) -> str:
    return f"not {reason.size}: {styled(reason.path, 'cyan', sys.stdout)}: {reason.fact}"
