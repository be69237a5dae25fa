"""``archspec weights``: trained weights between frameworks."""

from __future__ import annotations

from typing import Annotated

import typer

from archspec.cli.options import SET_HELP, SPEC_HELP, load_model
from archspec.cli.screen import plain

app = typer.Typer(no_args_is_help=True, help="Move trained weights between frameworks.")


@app.callback()
def weights() -> None:
    """Move trained weights between frameworks."""


@app.command()
def convert(
    spec: Annotated[str, typer.Argument(metavar="SPEC", help=SPEC_HELP)],
    source: Annotated[
        tuple[str, str],
        typer.Option(
            "--from",
            metavar="FORM PATH",
            help="The form and the file to read, such as `torch model.pt`.",
        ),
    ],
    target: Annotated[
        tuple[str, str],
        typer.Option("--to", metavar="FORM PATH", help="The form and the file to write."),
    ],
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help=SET_HELP),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Write trained weights in another framework's form, or in the canonical one.

    A form is a backend (torch, flax) or `safetensors`, the canonical form. The network must be
    the one that the weights belong to: give with `--set` what was set when it was trained.
    """

    from archspec.weights.convert import convert as run

    model = load_model(spec, settings or [])
    done = run(model, *source, *target)
    if quiet:
        return
    typer.echo(
        f"{model.spec.name}: {done.tensors} tensors, {done.parameters:,} parameters"
        f" written to {plain(str(done.path))} ({done.form})"
    )
    for note in done.notes:
        typer.echo(f"note: {note}", err=True)
