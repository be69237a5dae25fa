"""Where a backend runs: beside archspec, in an environment of its own, or in another language.

An environment of its own lies in the user's cache folder, in a folder named after what is
installed there, so that other versions never meet; ``archspec backends install`` makes it.
"""

from __future__ import annotations

import os
import shutil
import sys
from hashlib import sha256
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archspec.backends import Environment, Interpreter, Manifest

CACHE = "ARCHSPEC_CACHE"
"""The environment variable that names another cache folder."""

DONE = ".complete"
"""A file that an environment has once everything is installed in it."""


def cache_folder() -> Path:
    """The folder for what archspec can make again: ``$ARCHSPEC_CACHE``, else the user's."""
    if own := os.environ.get(CACHE):
        return Path(own).expanduser().absolute()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "archspec"


def environment_folder(name: str, environment: Environment) -> Path:
    """Where the environment of a backend lies, or would lie."""
    content = "\n".join([environment.python, *sorted(environment.requirements)])
    digest = sha256(content.encode()).hexdigest()[:12]
    return cache_folder() / "environments" / f"{name}-{digest}"


def python_of(folder: Path) -> Path:
    """The interpreter of an environment."""
    return folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def installed(manifest: Manifest) -> dict[str, str | None]:
    """The version of each package that a backend needs, None where it is missing."""
    if manifest.interpreter is not None:
        found = program(manifest.interpreter)
        return {manifest.interpreter.program: None if found is None else str(found)}
    here = {package: _version(package) for package in manifest.packages}
    if manifest.environment is None or all(here.values()):
        return here
    folder = environment_folder(manifest.name, manifest.environment)
    # The interpreter is a link, whose target may be gone.
    if not (folder / DONE).is_file() or not python_of(folder).exists():
        return dict.fromkeys(manifest.packages)
    libraries = [str(path) for path in folder.glob("[Ll]ib*/**/site-packages")]
    return {package: _version(package, libraries) for package in manifest.packages}


def command(manifest: Manifest) -> list[str]:
    """What runs a script of a backend: its interpreter, and what that is always given."""
    if manifest.interpreter is not None:
        found = program(manifest.interpreter)
        return [str(found or manifest.interpreter.program), *manifest.interpreter.arguments]
    if manifest.environment is None or all(_version(each) for each in manifest.packages):
        return [sys.executable]
    return [str(python_of(environment_folder(manifest.name, manifest.environment)))]


def place(manifest: Manifest) -> str:
    """Where a backend runs, or would run, in words."""
    if manifest.interpreter is not None:
        return str(program(manifest.interpreter) or manifest.interpreter.program)
    if manifest.environment is None or all(_version(each) for each in manifest.packages):
        return "beside archspec"
    return str(environment_folder(manifest.name, manifest.environment))


def program(interpreter: Interpreter) -> Path | None:
    """Where an interpreter is, if it is there."""
    stated = os.environ.get(interpreter.variable)
    found = shutil.which(stated or interpreter.program)
    return Path(found) if found else None


def _version(package: str, libraries: list[str] | None = None) -> str | None:
    """The version of a package, or of the first of several that may stand for each other."""
    path = sys.path if libraries is None else libraries
    for name in package.split("|"):
        for found in metadata.distributions(name=name.strip(), path=path):
            return found.version
    return None
