"""A backend's own kinds of checkpoint, read and written by its ``checkpoint.py``.

The script runs as a process of its own, so that archspec imports no framework. It is called as
``checkpoint.py read CHECKPOINT WEIGHTS.safetensors`` or ``checkpoint.py write WEIGHTS.safetensors
CHECKPOINT``; names and layouts are the backend's on both sides. The exit status 3 means that
standard output says, in one line for the user, what is wrong with the file.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from archspec.backends import Backend
from archspec.errors import BackendError, WeightsError
from archspec.weights.files import Array, Contents, read_safetensors, write_safetensors
from archspec.weights.storage import require_file

_REFUSED = 3


def require_script(backend: Backend) -> None:
    """Refuse a backend that cannot read or write its checkpoints here.

    Raises:
        BackendError: if the backend's packages or its script are missing.
    """
    missing = [name for name, version in backend.installed().items() if version is None]
    if missing:
        raise BackendError(
            f"{backend.title} is not installed (missing: {', '.join(missing)})",
            hint=f"install it with `{backend.manifest.install}`, or use a .safetensors file",
        )
    if not backend.checkpoint.is_file():
        raise BackendError(f"{backend.title} has no {backend.checkpoint.name}: {backend.folder}")


def read_checkpoint(backend: Backend, path: Path) -> Contents:
    """The tensors of a backend's checkpoint under the names that it gives them.

    Raises:
        WeightsError: if the file is missing, damaged, or holds anything but weights.
        BackendError: if the backend is not installed, or its script fails.
    """
    require_script(backend)
    require_file(path)
    with TemporaryDirectory(prefix="archspec-") as folder:
        weights = Path(folder, "weights.safetensors")
        _run(backend, str(path), ["read", str(path.absolute()), str(weights)])
        return read_safetensors(weights, str(path))


def write_checkpoint(backend: Backend, path: Path, tensors: Mapping[str, Array]) -> None:
    """Write tensors, under a backend's names and in its layouts, as a checkpoint of its kind.

    Raises:
        WeightsError: if the file cannot be written.
        BackendError: if the backend is not installed, or its script fails.
    """
    require_script(backend)
    with TemporaryDirectory(prefix="archspec-") as folder:
        weights = Path(folder, "weights.safetensors")
        write_safetensors(weights, tensors)
        _run(backend, path.name, ["write", str(weights), str(path.absolute())])


def _run(backend: Backend, file: str, arguments: list[str]) -> None:
    # With -P no file beside the script or in the current folder passes for a package.
    command = [*backend.command(), "-P", str(backend.checkpoint.absolute()), *arguments]
    finished = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        check=False,
    )
    if finished.returncode == 0:
        return
    if finished.returncode == _REFUSED:
        said = _last_line(finished.stdout) or "cannot be used"
        problem, _, hint = said.partition("\t")
        raise WeightsError(problem, path=file, hint=hint or None)
    said = _last_line(finished.stderr) or f"exit status {finished.returncode}"
    raise BackendError(f"{backend.title}: {backend.checkpoint.name} failed: {said}", path=file)


def _last_line(output: bytes) -> str:
    lines = output.decode("utf-8", "replace").strip().splitlines()
    return "".join(c if c.isprintable() or c == "\t" else "�" for c in lines[-1]) if lines else ""
