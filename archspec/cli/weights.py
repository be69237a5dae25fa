"""``archspec weights``: trained weights between frameworks."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Move trained weights between frameworks.")


@app.callback()
def weights() -> None:
    """Move trained weights between frameworks."""


@app.command()
def convert(
    spec: Annotated[str, typer.Argument(help="The spec of the network.", metavar="SPEC")],
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
        typer.Option("--set", metavar="NAME=VALUE", help="A parameter of the network."),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing.")] = False,
) -> None:
    """Write trained weights in another framework's form, or in the canonical one.

    A form is a backend (torch, flax) or `safetensors`, the canonical form. The network must be
    the one that the weights belong to: give with `--set` what was set when it was trained.
    """
    from archspec.cli.options import load_model

    from archspec.weights.check import shown
    from archspec.weights.convert import convert as run

    model = load_model(spec, settings or [])
    done = run(model, *source, *target)
    if quiet:
        return
    typer.echo(
        f"{model.spec.name}: {done.tensors} tensors, {done.parameters:,} parameters"
        f" → {shown(str(done.path))[1:-1]} ({done.form})"
    )
    for note in done.notes:
        typer.echo(f"note: {note}", err=True)
