"""``archspec backends``: what is known, what is installed, what is missing."""

from __future__ import annotations

from typing import Annotated

import typer


def backends(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show the backends: versions installed, and the command that installs what is missing."""
    from archspec.backends import built_in

    found = [(backend, backend.installed()) for backend in built_in()]
    if as_json:
        import json

        rows = [
            {
                "name": backend.name,
                "title": backend.title,
                "available": backend.available,
                "packages": versions,
                "install": backend.manifest.install,
            }
            for backend, versions in found
        ]
        print(json.dumps(rows, indent=2))
        return
    width = max(len(backend.name) for backend, _ in found)
    titles = max(len(backend.title) for backend, _ in found)
    for backend, versions in found:
        have = ", ".join(f"{name} {version}" for name, version in versions.items() if version)
        lacking = ", ".join(name for name, version in versions.items() if not version)
        state = "installed" if backend.available else "missing"
        print(f"{backend.name:{width}}  {backend.title:{titles}}  {state:9}  {have}".rstrip())
        if lacking:
            print(f"{'':{width}}  missing: {lacking}; {backend.manifest.install}")
