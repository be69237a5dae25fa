"""A backend's own kinds of checkpoint, read and written by its ``checkpoint.py``.

The script runs as a process of its own (:mod:`archspec.scripts`). It is called as ``checkpoint.py
read CHECKPOINT WEIGHTS.safetensors`` or ``checkpoint.py write WEIGHTS.safetensors CHECKPOINT``;
names and layouts are the backend's on both sides. Where the manifest says that checkpoints need
the module, a last argument names a file of JSON: ``file``, the generated module; ``class``, the
network's class in it; ``arguments``, what it is constructed with.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from archspec.backends import Backend
from archspec.errors import BackendError, WeightsError
from archspec.generation import write_module
from archspec.resolution import Model
from archspec.scripts import require_installed, run_script
from archspec.weights.files import Array, Contents, read_safetensors, write_safetensors
from archspec.weights.storage import require_file

# How long reading may take: seconds, and bytes a second. A damaged file may come to no end.
_PATIENCE = 120.0
_SLOWEST = 2.0**22


def require_script(backend: Backend) -> None:
    """Refuse a backend that cannot read or write its checkpoints here.

    Raises:
        BackendError: if the backend's packages or its script are missing.
    """
    require_installed(backend, "use a .safetensors file")
    if not backend.checkpoint.is_file():
        raise BackendError(f"{backend.title} has no {backend.checkpoint.name}: {backend.folder}")


def read_checkpoint(backend: Backend, path: Path, model: Model) -> Contents:
    """The tensors of a backend's checkpoint of a network, under the names that it gives them.

    Raises:
        WeightsError: if the file is missing, damaged, or holds anything but weights.
        BackendError: if the backend is not installed, or its script fails.
    """
    require_script(backend)
    require_file(path)
    with TemporaryDirectory(prefix="archspec-") as folder:
        weights = Path(folder, "weights.safetensors")
        return _read(backend, path, weights, _module(backend, model, folder))


def read_foreign(backend: Backend, path: Path) -> Contents:
    """The tensors of a checkpoint of any network of a backend, under the names in it.

    Raises:
        WeightsError: if the file is missing, damaged, or holds anything but weights.
        BackendError: if the backend is not installed, or its script fails.
    """
    require_script(backend)
    require_file(path)
    with TemporaryDirectory(prefix="archspec-") as folder:
        return _read(backend, path, Path(folder, "weights.safetensors"), [])


def write_checkpoint(
    backend: Backend, path: Path, tensors: Mapping[str, Array], model: Model
) -> None:
    """Write tensors of a network, as its backend calls and lays them out, as a checkpoint.

    Raises:
        WeightsError: if the file cannot be written.
        BackendError: if the backend is not installed, or its script fails.
    """
    require_script(backend)
    with TemporaryDirectory(prefix="archspec-") as folder:
        weights = Path(folder, "weights.safetensors")
        write_safetensors(weights, tensors)
        arguments = ["write", str(weights), str(path.absolute()), *_module(backend, model, folder)]
        run_script(backend, backend.checkpoint, arguments, path.name, WeightsError)


def _read(backend: Backend, path: Path, weights: Path, module: list[str]) -> Contents:
    arguments = ["read", str(path.absolute()), str(weights), *module]
    seconds = _PATIENCE + path.stat().st_size / _SLOWEST
    run_script(backend, backend.checkpoint, arguments, str(path), WeightsError, seconds)
    return read_safetensors(weights, str(path))


def _module(backend: Backend, model: Model, folder: str) -> list[str]:
    """The argument that tells a script of the generated module, if it must know it."""
    if not backend.manifest.checkpoints_need_module:
        return []
    told = Path(folder, "module.json")
    told.write_text(json.dumps(write_module(model, backend, Path(folder, "module"))), "utf-8")
    return [str(told)]
