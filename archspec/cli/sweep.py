"""``archspec sweep``: what the variants of a network cost."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from archspec.cli.options import SPEC_HELP, find_spec
from archspec.cli.screen import plain
from archspec.errors import UsageError
from archspec.names import did_you_mean

if TYPE_CHECKING:
    from archspec.schema import Spec
    from archspec.sweeping import Result, Sweep

_SET = "NAME=START:STOP:STEP, or values between commas. May be repeated."
_INPUT = "Sizes of an input, such as 3x64:256:32 (squares) or 1x28x28,1x96x96. May be repeated."
_OBJECTIVES = (
    "What the front is of, between commas: costs, and parameters that vary; `max:` before what"
    " should be large. Default: multiply_adds,activation_bytes,max:parameters."
)
_SCHEDULER = "A cluster in place of local cores: dask:ADDRESS or ray:ADDRESS."


def sweep(
    spec: Annotated[str, typer.Argument(metavar="SPEC", help=SPEC_HELP)],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="A .csv or .parquet file.")
    ],
    settings: Annotated[
        Optional[list[str]],  # noqa: UP045 - typer reads the annotation at run time
        typer.Option("--set", metavar="NAME=VALUES", help=_SET),
    ] = None,
    inputs: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--input", metavar="[NAME=]SIZES", help=_INPUT),
    ] = None,
    draws: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(metavar="N", help="N random variants in place of all."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Which random variants.")] = 0,
    jobs: Annotated[int, typer.Option(help="Processes at once; -1 for one on each core.")] = 1,
    scheduler: Annotated[Optional[str], typer.Option(help=_SCHEDULER)] = None,  # noqa: UP045
    pareto: Annotated[bool, typer.Option("--pareto", help="Mark the Pareto front.")] = False,
    objectives: Annotated[Optional[str], typer.Option(help=_OBJECTIVES)] = None,  # noqa: UP045
    plot: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(metavar="FILE", help="Draw a picture: .svg, .png or .pdf."),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Work out what every variant of a network costs: a row for each in a file.

    Variants that mean no network have the reason in their row. A sweep that was stopped goes on
    where it was when it is started again.
    """
    from archspec.schema import load
    from archspec.sweeping import Sweep
    from archspec.sweeping.asking import input_name, space_of
    from archspec.sweeping.plot import check_plot
    from archspec.sweeping.plot import plot as draw
    from archspec.sweeping.sweep import OBJECTIVES

    read = load(find_spec(spec))
    sizes: dict[str, str] = {}
    for text in inputs or []:
        name, given = input_name(read, text)
        if name in sizes:
            raise UsageError(f"--input: `{name}` is given twice")
        sizes[name] = given
    space = space_of(read, _settings(read, settings or []), sizes, draws, seed)
    asked = Sweep(read, space, jobs, scheduler)
    wanted = None
    if pareto or objectives is not None:
        wanted = objectives.split(",") if objectives is not None else list(OBJECTIVES)
    chosen = asked.objectives(wanted or OBJECTIVES)
    if plot is not None:
        check_plot(plot)
        if len(chosen) < 2:
            raise UsageError("--plot: two objectives are needed for the two axes")
    try:
        with _bar(len(asked), quiet or as_json) as tell:
            result = asked.write(output, wanted, tell)
    except KeyboardInterrupt:
        # Typer would end the command without a word.
        print("interrupted; the same command goes on from here", file=sys.stderr)
        raise typer.Exit(130) from None
    if plot is not None:
        draw(asked, output, plot, chosen, wanted is not None)
    if as_json:
        import json

        print(json.dumps({**result.to_json(), "plot": str(plot) if plot else None}, indent=2))
    elif not quiet:
        _tell(asked, result, plot)


def _settings(spec: Spec, settings: list[str]) -> dict[str, str]:
    values: dict[str, str] = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        name = name.strip()
        if not equals or not name:
            raise UsageError(f"--set expects NAME=VALUES, received {setting[:80]!r}")
        if name not in spec.parameters:
            hint = did_you_mean(name, spec.parameters) or f"`{spec.name}` has no parameters"
            raise UsageError(f"--set: `{spec.name}` has no parameter `{name[:80]}`", hint=hint)
        if name in values:
            raise UsageError(f"--set: `{name}` is set twice")
        values[name] = text.strip()
    return values


def _tell(asked: Sweep, result: Result, plot: Path | None) -> None:
    """What was done, in a line or two."""
    state = "wrote" if result.fresh or not result.variants else "there already:"
    noun = "variant" if result.variants == 1 else "variants"
    print(f"{state} {plain(str(result.path))}: {result.variants:,} {noun}", end="")
    print(f", {result.invalid:,} of them invalid" if result.invalid else "")
    if result.objectives:
        names = ", ".join(result.objectives)
        print(f"{result.front:,} on the front of {names}")
    if plot is not None:
        print(f"wrote {plain(str(plot))}")


@contextmanager
def _bar(total: int, quiet: bool) -> Iterator[Callable[[int], None] | None]:
    """A progress bar on a terminal; nothing in a pipe."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    columns: tuple[Any, ...] = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("variants", total=total)
        yield lambda count: bar.advance(task, count)
