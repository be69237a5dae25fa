"""``archspec validate``: say everything that is wrong with a spec."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from archspec.cli.options import SET_HELP, find_spec, parse_settings
from archspec.cli.screen import plain
from archspec.errors import ArchspecError, Problem, UsageError


def validate(
    specs: Annotated[list[str], typer.Argument(help="Specs, or names of bundled ones.")],
    settings: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--set", metavar="NAME=VALUE", help=SET_HELP),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Check specs: every error at once, each with its place and a hint."""
    from archspec.resolution import resolve
    from archspec.schema import load

    problems: list[Problem] = []
    wrong = 0
    for path in specs:
        try:
            spec = load(find_spec(path))
            model = resolve(spec, **parse_settings(spec, settings or []))
        except UsageError:
            raise
        except ArchspecError as error:
            problems.extend(error.problems)
            wrong += 1
            continue
        if not quiet:
            graph = model.graph
            print(
                f"{plain(path)}: ok: {spec.name}, {len(graph.nodes)} layers,"
                f" {graph.parameters:,} parameters, {graph.multiply_adds:,} multiply-adds"
            )
    if problems:
        raise ArchspecError(problems)
