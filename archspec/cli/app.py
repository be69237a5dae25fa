"""The command ``archspec``: its commands, and how errors reach the screen."""

from __future__ import annotations

import os
import sys
from typing import Annotated, Optional

import typer

from archspec.cli import (
    backends,
    compare,
    diff,
    draw,
    explain,
    generate,
    min_input,
    specs,
    summary,
    sweep,
    validate,
    verify,
    weights,
)
from archspec.cli.screen import print_error
from archspec.errors import ArchspecError, UsageError

app = typer.Typer(
    name="archspec",
    help="Declare a neural network once; get code for every framework, proven to be the same.",
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("generate", short_help="Write a network's source code, for one framework or all.")(
    generate.generate
)
app.command("validate", short_help="Check specs: every error at once, each with its place.")(
    validate.validate
)
app.command("verify")(verify.verify)
app.command("summary", short_help="Show what a network costs, layer by layer.")(summary.summary)
app.command("compare", short_help="Put networks side by side: cost, depth, least input.")(
    compare.compare
)
app.command("draw")(draw.draw)
app.command("explain", short_help="Show one layer: arguments, shapes, code, traps.")(
    explain.explain
)
app.command("diff", short_help="Show what changed from network A to network B.")(diff.diff)
app.command("min-input", short_help="Show the smallest input, and the layer that sets it.")(
    min_input.min_input
)
app.command("sweep", short_help="Work out what every variant of a network costs.")(sweep.sweep)
app.add_typer(weights.app, name="weights")
app.add_typer(
    backends.app,
    name="backends",
    short_help="Show the backends, make their environments, try them.",
)
app.command("init")(specs.init)
app.command("list")(specs.list_specs)
app.command("schema", short_help="Print the JSON Schema of specs, for editors.")(specs.schema)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib import metadata

        print(f"archspec {metadata.version('archspec-nn')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        Optional[bool],  # noqa: UP045 - typer reads the annotation at run time
        typer.Option("--version", callback=_version, is_eager=True, help="Show the version."),
    ] = None,
) -> None:
    pass


def main() -> None:
    """Run the command line; exit with 0, 1 (an error, a disagreement) or 2 (wrong usage)."""
    try:
        _refuse_namesake()
        app()
    except ArchspecError as error:
        print_error(error)
        sys.exit(2 if isinstance(error, UsageError) else 1)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        # The reader of a pipe has gone; say nothing more, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except (OSError, UnicodeEncodeError) as error:
        # Standard output is full, closed, or cannot show a character.
        reason = getattr(error, "strerror", None) or str(error)
        print_error(ArchspecError(f"cannot write the output: {reason}"))
        sys.exit(1)
    except RecursionError:
        print_error(ArchspecError("the spec is nested too deeply"))
        sys.exit(1)
    except Exception as error:
        if os.environ.get("ARCHSPEC_TRACEBACK"):
            raise
        hint = "please report it; ARCHSPEC_TRACEBACK=1 shows where it happened"
        print_error(
            ArchspecError(f"a mistake in archspec: {type(error).__name__}: {error}", hint=hint)
        )
        sys.exit(1)


def _refuse_namesake() -> None:
    """The package index has another ``archspec``, about processors; both cannot be installed."""
    other = _namesake()
    if other is None:
        return
    raise ArchspecError(
        f"another package called `archspec` ({other}, about processor architectures) is installed"
        " in this environment and shares this one's import name",
        hint="give each an environment of its own: `pip uninstall archspec archspec-nn`,"
        " then `pip install archspec-nn`",
    )


def _namesake() -> str | None:
    """The version of the other package, from the name of its metadata folder.

    ``importlib.metadata`` would say the same, and would be a tenth of the time to start.
    """
    for folder in sys.path:
        try:
            names = os.listdir(folder or ".")
        except OSError:
            continue
        for name in names:
            if name.startswith("archspec-") and name.endswith(".dist-info"):
                return name.removeprefix("archspec-").removesuffix(".dist-info")
    return None
