"""``archspec verify``: show that generated code computes what its spec says."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from archspec.cli.options import BACKEND_HELP, SET_HELP, SPEC_HELP, expand, load_model
from archspec.cli.progress import progress
from archspec.errors import ArchspecError, UsageError

if TYPE_CHECKING:
    from archspec.verification.result import Result


def verify(
    spec: Annotated[str, typer.Argument(metavar="SPEC", help=SPEC_HELP)],
    backend: Annotated[
        Optional[list[str]],  # noqa: UP045 - typer reads the annotation at run time
        typer.Option("--backend", "-b", help=BACKEND_HELP),
    ] = None,
    module: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--module",
            metavar="NAME=FILE",
            help="For a backend, a file in the place of the generated one; its code is executed."
            " FILE:CLASS names the class. Repeatable.",
        ),
    ] = None,
    batch: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            min=1,
            help="Examples per pass [default: from 2, so that every BatchNorm sees 8 values].",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of weights and inputs.")] = 0,
    steps: Annotated[int, typer.Option(min=0, help="Of gradient descent in training mode.")] = 5,
    dtype: Annotated[str, typer.Option(help="float64, float32 or both.")] = "both",
    device: Annotated[str, typer.Option(help="cpu or cuda (TF32 is switched off).")] = "cpu",
    settings: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--set", metavar="NAME=VALUE", help=SET_HELP),
    ] = None,
    as_json: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--json", metavar="FILE", help="Write the result as JSON; - for the screen."),
    ] = None,
    report: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(metavar="FILE", help="Write the result as a page of HTML."),
    ] = None,
    max_memory: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            metavar="SIZE", help="Refuse what needs more [default: 80 % of what is available]."
        ),
    ] = None,
    jobs: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            "--jobs",
            "-j",
            min=1,
            help="Backends that run at once [default: as many as there are cores and memory for].",
        ),
    ] = None,
    timeout: Annotated[
        float, typer.Option(min=1, help="Seconds after which a backend is stopped.")
    ] = 1800,
    details: Annotated[
        bool, typer.Option("--details", help="Show a row for each check, not for each backend.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Show that a network's code computes what its spec says.

    Every installed backend and a NumPy oracle get the same seeded weights. Compared are outputs,
    the value of every layer, gradients, and parameters and running statistics after some steps of
    gradient descent; a disagreement names the first layer that diverges. Exits with 0 where all
    agree, 1 where they do not, 2 for wrong usage.
    """
    from archspec.verification.memory import parse_size
    from archspec.verification.verify import DTYPES
    from archspec.verification.verify import verify as run

    if dtype not in (*DTYPES, "both"):
        raise UsageError(f"--dtype: unknown precision `{dtype}`", hint="float64, float32 or both")
    for path in (as_json, report):
        if path is not None and str(path) != "-":
            _require_target(path)
    model = load_model(spec, settings or [])
    modules = _modules(module or [])
    most = None if max_memory is None else parse_size(max_memory)
    with progress(quiet) as tell:
        result = run(
            model,
            expand(backend),
            modules,
            batch=batch,
            seed=seed,
            dtypes=DTYPES if dtype == "both" else (dtype,),
            device=device,
            steps=steps,
            max_memory=most,
            jobs=jobs,
            timeout=timeout,
            progress=tell,
        )
    _write(result, as_json, report)
    if not quiet and str(as_json) != "-":
        _show(result, details)
    if not result.agrees:
        if quiet:
            print(f"{result.spec}: not verified", file=sys.stderr)
        raise typer.Exit(1)


def _require_target(path: Path) -> None:
    """Refuse a file that could not be written, before minutes are spent on what goes into it."""
    try:
        if not path.absolute().parent.is_dir():
            raise UsageError(f"there is no folder {path.parent} to write {path.name} into")
        if path.is_dir():
            raise UsageError(f"{path} is a folder, not a file")
        there = path if path.exists() else path.absolute().parent
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot write {str(path)[:80]}: {error}") from None
    if not os.access(there, os.W_OK):
        raise UsageError(f"cannot write {path}: no permission")


def _modules(texts: list[str]) -> dict[str, str]:
    """``NAME=FILE`` options as a mapping."""
    modules: dict[str, str] = {}
    for text in texts:
        name, equals, file = text.partition("=")
        if not equals or not name or not file:
            raise UsageError(f"--module expects NAME=FILE, received {text!r}")
        if name in modules:
            raise UsageError(f"--module: two files are given for `{name}`")
        modules[name] = file
    return modules


def _write(result: Result, as_json: Path | None, report: Path | None) -> None:
    from archspec.verification.html import html

    if as_json is not None:
        text = json.dumps(result.to_json(), indent=2, ensure_ascii=False) + "\n"
        _put(text, as_json)
    if report is not None:
        _put(html(result), report)


def _put(text: str, path: Path) -> None:
    if str(path) == "-":
        sys.stdout.write(text)
        return
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise ArchspecError(f"cannot write {path}: {error.strerror}") from None


def _show(result: Result, details: bool) -> None:
    from rich.console import Console

    from archspec.verification.table import table

    console = Console(highlight=False, soft_wrap=False)
    console.print(table(result, console, details))
