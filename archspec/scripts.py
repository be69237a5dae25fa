"""The small programs in a backend's folder, run in its own interpreter.

archspec imports no framework; what needs one is asked of a script of the backend. The exit status
3 means that standard output says, in one line for the user, what is wrong with the file it was
given; what to try may follow after a tab.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from archspec.backends import Backend
from archspec.errors import ArchspecError, BackendError

_REFUSED = 3


def require_installed(backend: Backend, instead: str = "") -> None:
    """Refuse a backend whose packages are not here.

    Args:
        backend: the backend.
        instead: what can be done without it, for the hint.

    Raises:
        BackendError: naming them, and how they are installed.
    """
    missing = [name for name, version in backend.installed().items() if version is None]
    if missing:
        hint = f"install it with `{backend.manifest.install}`"
        raise BackendError(
            f"{backend.title} is not installed (missing: {', '.join(missing)})",
            hint=f"{hint}, or {instead}" if instead else hint,
        )


def run_script(
    backend: Backend,
    script: Path,
    arguments: Sequence[str],
    file: str,
    refused: type[ArchspecError] = BackendError,
    seconds: float | None = None,
) -> None:
    """Run a script of a backend to its end.

    Args:
        backend: whose interpreter.
        script: the program.
        arguments: what it is given.
        file: what to call the file that it works on, in errors.
        refused: what is raised where the file cannot be used.
        seconds: after which the file counts as one that comes to no end; None for no limit.

    Raises:
        ArchspecError: of the class ``refused``, if the script says what is wrong with the file, or
            does not end in time.
        BackendError: if the script fails.
    """
    # With -P no file beside the script or in the current folder passes for a package.
    try:
        finished = subprocess.run(
            [*backend.command(), "-P", str(script.absolute()), *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env={**os.environ, "PYTHONIOENCODING": "utf-8"},
            check=False,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired:
        problem = f"reading it came to no end in {seconds:.0f} s: it is damaged, or made to do so"
        raise refused(problem, path=file) from None
    if finished.returncode == 0:
        return
    if finished.returncode == _REFUSED:
        said = _last_line(finished.stdout) or "cannot be used"
        problem, _, hint = said.partition("\t")
        raise refused(problem, path=file, hint=hint or None)
    said = _last_line(finished.stderr) or f"exit status {finished.returncode}"
    raise BackendError(f"{backend.title}: {script.name} failed: {said}", path=file)


def _last_line(output: bytes) -> str:
    lines = output.decode("utf-8", "replace").strip().splitlines()
    return "".join(c if c.isprintable() or c == "\t" else "�" for c in lines[-1]) if lines else ""
