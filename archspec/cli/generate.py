"""``archspec generate``: write the code of a network for one or several backends."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from archspec.cli.options import SET_HELP, SPEC_HELP, find_spec, parse_settings
from archspec.cli.screen import plain
from archspec.errors import ArchspecError, Problem, UsageError

if TYPE_CHECKING:
    from archspec.backends import Backend


def generate(
    spec: Annotated[Optional[list[str]], typer.Argument(help=SPEC_HELP)] = None,  # noqa: UP045
    backend: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--backend", "-b", help="A backend's name, its folder's path, or `all`. Repeatable."
        ),
    ] = None,
    output: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--output", "-o", help="A file, a folder (with a / at the end), or - for --stdout."
        ),
    ] = None,
    stdout: Annotated[bool, typer.Option("--stdout", help="Print instead of writing.")] = False,
    settings: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--set", metavar="NAME=VALUE", help=SET_HELP),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 with a diff if a file is stale.")
    ] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Every spec in specs/ for every backend.")
    ] = False,
    weights: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            metavar="FILE",
            help="Canonical weights (.safetensors) to put inside, where a backend's files can"
            " hold some.",
        ),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Write a network's source code: generated/<backend>/<spec>.<ext> unless told otherwise."""
    from archspec.backends import built_in, find_backend
    from archspec.generation import Target, stale, write
    from archspec.resolution import resolve
    from archspec.schema import load

    if output == "-":
        stdout, output = True, None
    if stdout and weights:
        raise UsageError("--stdout prints text, in which there is no room for weights")
    paths = _specs(spec or [], everything)
    names = list(backend or [])
    if everything or "all" in names:
        names = [each.name for each in _makeable(not stdout)]
    if not names:
        raise UsageError(
            "which backend? give `--backend NAME`",
            hint="known: " + ", ".join(each.name for each in built_in()) + "; or `--backend all`",
        )
    backends = [find_backend(name) for name in dict.fromkeys(names)]
    models = []
    problems: list[Problem] = []
    for path in paths:
        try:
            read = load(path)
            models.append(resolve(read, **parse_settings(read, settings or [])))
        except UsageError:
            raise
        except ArchspecError as error:
            problems.extend(error.problems)
    if problems:
        raise ArchspecError(problems)
    targets = [
        Target.of(model, each, _place(output, len(models) * len(backends)), weights)
        for model in models
        for each in backends
    ]
    _refuse_clashes(targets)
    if stdout:
        sys.stdout.write("\n".join(target.text for target in targets))
        return
    if check:
        diffs = [diff for target in targets if (diff := stale(target))]
        if diffs:
            sys.stdout.write("\n".join(diffs))
            raise ArchspecError(
                f"{len(diffs)} of {len(targets)} generated files are stale",
                hint="run the same command without --check",
            )
        if not quiet:
            print(f"{len(targets)} generated files are up to date")
        return
    for target, changed in zip(targets, write(targets), strict=True):
        if not quiet:
            print(f"{'wrote' if changed else 'unchanged'} {plain(str(target.path))}")


def _makeable(files: bool) -> list[Backend]:
    """All backends, but those whose files need what is not installed; says which these are."""
    from archspec.backends import built_in

    missing = [each for each in built_in() if each.manifest.assemble and not each.available]
    for each in missing if files else ():
        note = f"note: no files of {each.title}, which is not installed: {each.manifest.install}"
        print(note, file=sys.stderr)
    return [each for each in built_in() if not (files and each in missing)]


def _specs(given: list[str], everything: bool) -> list[str]:
    if everything and given:
        raise UsageError("--all takes every spec; name none")
    if not everything:
        if not given:
            raise UsageError(
                "which spec? such as `archspec generate specs/googlenet.yaml --backend torch`"
            )
        return [find_spec(each) for each in given]
    from archspec.backends import specs_folder

    folder = Path("specs") if Path("specs").is_dir() else specs_folder()
    found = sorted(str(path) for path in folder.glob("*.yaml"))
    if not found:
        raise UsageError(f"there are no specs in {folder}")
    return found


def _place(output: str | None, count: int) -> tuple[Path | None, bool]:
    """The path given by ``--output`` and whether it is a folder."""
    if output is None:
        return None, True
    return Path(output), count > 1 or output.endswith(("/", "\\")) or os.path.isdir(output)


def _refuse_clashes(targets: list) -> None:  # type: ignore[type-arg]
    seen: dict[Path, str] = {}
    for target in targets:
        if target.path in seen:
            raise UsageError(
                f"{seen[target.path]} and {target.source} would both be written to {target.path}"
            )
        seen[target.path] = target.source
