"""``archspec weights``: trained weights between frameworks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Optional

import typer

from archspec.cli.options import SET_HELP, SPEC_HELP, load_model
from archspec.cli.screen import plain
from archspec.errors import ArchspecError

if TYPE_CHECKING:
    from archspec.resolution import Model
    from archspec.weights.convert import Conversion

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
    if not quiet:
        _say(model, done)


@app.command("import")
def import_(
    spec: Annotated[str, typer.Argument(metavar="SPEC", help=SPEC_HELP)],
    checkpoint: Annotated[
        str,
        typer.Argument(
            metavar="CHECKPOINT",
            help="Another author's weights, such as a .pt, .safetensors, .npz or .keras file.",
        ),
    ],
    rules: Annotated[
        Optional[str],  # noqa: UP045 - typer reads the annotation at run time
        typer.Option("--map", metavar="RULES", help="The rules: which tensor is which."),
    ] = None,
    propose: Annotated[
        bool, typer.Option("--propose", help="Propose rules; so it is without --map.")
    ] = False,
    output: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--output", "-o", metavar="FILE", help="The weights to write; or the proposed rules."
        ),
    ] = None,
    form: Annotated[
        str, typer.Option("--to", metavar="FORM", help="The form to write, such as `torch`.")
    ] = "safetensors",
    settings: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--set", metavar="NAME=VALUE", help=SET_HELP),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a proposal, or what was written, as JSON.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Bring in weights that were trained in another author's code.

    With --map, rules say which tensor of the checkpoint is which of the network, and the weights
    are written. Without, rules are proposed from the order of the tensors, their shapes and their
    names; -o writes them to a file. Exits with 1 where a proposal is not complete.
    """
    from archspec.errors import UsageError

    if rules is None:
        if output is not None and not output.endswith((".yaml", ".yml")):
            problem = f"without --map rules are proposed, and {output!r} is no .yaml file"
            raise UsageError(problem, hint="write rules first: --propose -o rules.yaml")
        _propose(load_model(spec, settings or []), checkpoint, output, as_json, quiet)
        return
    if propose:
        raise UsageError("--propose and --map: rules are either proposed or given")
    if output is None:
        raise UsageError("where to write the weights is missing", hint="such as `-o w.safetensors`")
    from archspec.weights.importing import import_weights

    model = load_model(spec, settings or [])
    done = import_weights(model, checkpoint, rules, output, form)
    if as_json:
        _print_json(
            {
                "network": model.spec.name,
                "tensors": done.tensors,
                "parameters": done.parameters,
                "form": done.form,
                "path": str(done.path),
                "notes": list(done.notes),
            }
        )
    elif not quiet:
        _say(model, done)


def _say(model: Model, done: Conversion) -> None:
    typer.echo(
        f"{model.spec.name}: {done.tensors} tensors, {done.parameters:,} parameters"
        f" written to {plain(str(done.path))} ({done.form})"
    )
    for note in done.notes:
        typer.echo(f"note: {plain(note)}", err=True)


def _propose(model: Model, checkpoint: str, output: str | None, as_json: bool, quiet: bool) -> None:
    from pathlib import Path

    from archspec.cli.proposed import show
    from archspec.generation import write_atomically
    from archspec.weights.importing import propose_rules

    proposal = propose_rules(model, checkpoint)
    if output is not None:
        if Path(output).exists():
            hint = "rules are there to be edited: remove it first, or name another file with -o"
            raise ArchspecError(f"{output} exists", hint=hint)
        write_atomically(Path(output), proposal.text)
    if as_json:
        _print_json(proposal.to_json())
    elif not quiet:
        show(proposal, model.spec.name, output)
    if not proposal.complete:
        raise typer.Exit(1)


def _print_json(value: object) -> None:
    import json

    # ASCII alone, so that no name in a file can steer a terminal.
    typer.echo(json.dumps(value, indent=2))
