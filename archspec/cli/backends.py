"""``archspec backends``: what is known, what is installed, what is missing, and what works."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from archspec.cli.options import expand
from archspec.cli.progress import progress
from archspec.errors import ArchspecError

if TYPE_CHECKING:
    from archspec.backends import Backend
    from archspec.verification.result import BackendResult

app = typer.Typer(
    invoke_without_command=True,
    help="Show the backends, make the environments that they need, and try them.",
)

_NAMES_HELP = "A backend's name or folder, or `all`."


@app.callback()
def backends(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show the backends: versions installed, and the command that installs what is missing."""
    if context.invoked_subcommand is not None:
        return
    from archspec.backends import built_in
    from archspec.environments import place

    found = [(backend, backend.installed()) for backend in built_in()]
    if as_json:
        rows = [
            {
                "name": backend.name,
                "title": backend.title,
                "available": backend.available,
                "packages": versions,
                "runs": place(backend.manifest),
                "install": backend.manifest.install,
            }
            for backend, versions in found
        ]
        print(json.dumps(rows, indent=2))
        return
    lines = []
    for backend, versions in found:
        if backend.available:
            where = place(backend.manifest)
            have = where if backend.manifest.interpreter else f"{_versions(backend)}; {where}"
            lines.append((backend.name, backend.title, "installed", have, ""))
        else:
            lacking = ", ".join(name for name, version in versions.items() if not version)
            hint = f"missing: {lacking}; {backend.manifest.install}"
            lines.append((backend.name, backend.title, "missing", "", hint))
    _print_rows(lines)


@app.command("install")
def install(
    names: Annotated[list[str], typer.Argument(metavar="NAME", help=_NAMES_HELP)],
    force: Annotated[
        bool, typer.Option("--force", help="Make an environment anew that is there.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Make the environment that a backend has of its own, in the user's cache folder.

    $ARCHSPEC_CACHE names another folder. A backend that lives beside archspec is left to you: its
    command is printed, and nothing is run. Exits with 1 if a backend is missing in the end.
    """
    from archspec.backends import find_backend

    chosen = [find_backend(each) for each in dict.fromkeys(expand(names) or [])]
    failures: list[ArchspecError] = []
    for backend in chosen:
        try:
            said = _install(backend, force, quiet)
        except ArchspecError as error:
            failures.append(error)
            continue
        if not quiet:
            print(said)
    if failures:
        raise ArchspecError([problem for each in failures for problem in each.problems])
    if not all(each.available for each in chosen):
        raise typer.Exit(1)


def _install(backend: Backend, force: bool, quiet: bool) -> str:
    """What has been done about a backend, in a sentence."""
    from archspec.installation import install as make

    environment = backend.manifest.environment
    if environment is None:
        if backend.available:
            return f"{backend.name}: installed: {_versions(backend)}"
        return f"{backend.name}: missing; install it yourself: {backend.manifest.install}"
    with progress(quiet) as line:
        if line:
            line(backend.title, "", "begins")
        made = make(
            backend,
            force=force,
            tell=lambda what: line(backend.title, what, "begins") if line else None,
        )
    done = f"made in {made.seconds:.0f} s" if made.seconds else "installed"
    python = f"Python {environment.python}"
    size = f"{made.size / 1e6:.0f} MB"
    return f"{backend.name}: {done}: {python}, {_versions(backend)}; {size} in {made.folder}"


def _versions(backend: Backend) -> str:
    """``torch 2.13.0, numpy 2.4.6``; of packages that may stand for each other the first's name."""
    found = backend.installed().items()
    return ", ".join(f"{name.partition('|')[0]} {version}" for name, version in found if version)


@app.command("doctor")
def doctor(
    names: Annotated[
        Optional[list[str]],  # noqa: UP045 - typer reads the annotation at run time
        typer.Argument(metavar="[NAME...]", help=f"{_NAMES_HELP} [default: all]"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Generate a network of two layers for each backend, and verify that it computes it.

    Exits with 1 if a backend that is installed fails, or one that is named is missing.
    """
    from archspec.verification.doctor import examine

    with progress(as_json) as tell:
        results = examine(expand(names), tell)
    if as_json:
        print(json.dumps([_record(each) for each in results], indent=2))
    else:
        _print_rows([_row(each) for each in results])
    fine = ("agrees", "stand-in") if names else ("agrees", "stand-in", "missing")
    if not all(each.status in fine for each in results):
        raise typer.Exit(1)


def _state(result: BackendResult) -> str:
    states = {"agrees": "ok", "missing": "missing", "stand-in": "STAND-IN"}
    return states.get(result.status, "failed")


def _record(result: BackendResult) -> dict[str, Any]:
    return {
        "name": result.name,
        "title": result.title,
        "state": _state(result),
        "versions": result.versions,
        "seconds": round(result.elapsed, 3),
        "problem": result.problem or result.stand_in,
        "hint": result.hint,
    }


def _row(result: BackendResult) -> tuple[str, str, str, str, str]:
    state = _state(result)
    versions = ", ".join(f"{name} {version}" for name, version in result.versions.items())
    seconds = f"{result.elapsed:.1f} s" if result.elapsed else ""
    told = "; ".join(filter(None, [versions, seconds]))
    more = result.stand_in if state == "STAND-IN" else ""
    if state in ("failed", "missing"):
        where = "; ".join(f"{each.path}: {each.quantity}" for each in result.divergences)
        more = "\n".join(filter(None, [result.problem or where, result.hint]))
    return result.name, result.title, state, told, more


def _print_rows(rows: list[tuple[str, str, str, str, str]]) -> None:
    """A line for each backend, and under it what else there is to say."""
    from archspec.cli.screen import plain, styled

    columns = list(zip(*rows, strict=True))
    widths = [max(map(len, each)) for each in columns[:3]]
    styles = {"missing": "dim", "failed": "red"}
    for *cells, told, more in rows:
        padded = [f"{cell:{width}}" for cell, width in zip(cells, widths, strict=True)]
        if cells[2] in styles:
            padded[2] = styled(padded[2], styles[cells[2]], sys.stdout)
        print("  ".join([*padded, plain(told)]).rstrip())
        for line in more.splitlines():
            print(f"{'':{widths[0]}}  {plain(line)}")
