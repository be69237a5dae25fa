"""Checkpoints of other authors' networks, read whatever the names in them are."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

from archspec.backends import Backend, built_in
from archspec.errors import WeightsError
from archspec.weights.check import shown
from archspec.weights.checkpoints import read_foreign
from archspec.weights.files import SUFFIX, Array, Contents, natural, read_safetensors
from archspec.weights.storage import reason, require_file

ARRAYS = ".npz"
# Nothing that NumPy packs becomes larger than this many times what it was.
_MOST_EXPANSION = 1100
_SMALL = 2**26


def read_checkpoint(path: str | Path) -> Contents:
    """The tensors of a checkpoint, under the names in it; nothing in it is executed.

    What is read depends on the ending: ``.safetensors`` and ``.npz`` here, what a backend saves
    (``.pt``, ``.pth``, ``.keras``, ``.h5``, ``.msgpack``, ``.params``) by that backend.

    Raises:
        WeightsError: if it is missing, damaged, of no known ending, or holds more than weights.
        BackendError: if the backend that reads it is not installed.
    """
    path = Path(path)
    ending = path.suffix.lower()
    if ending == SUFFIX:
        return read_safetensors(path)
    if ending == ARRAYS:
        return _read_arrays(path)
    readers: dict[str, Backend] = {}
    for backend in built_in():
        for each in backend.manifest.checkpoints:
            # Of a whole graph, weights are only what its own generated module says.
            if each != f".{backend.manifest.extension}" and backend.checkpoint.is_file():
                readers.setdefault(each, backend)
    fitting = [each for each in readers if path.name.lower().endswith(each)]
    if not fitting:
        known = ", ".join(sorted({SUFFIX, ARRAYS, *readers}))
        problem = f"expected a checkpoint, received the ending `{path.suffix}`"
        raise WeightsError(problem, path=str(path), hint=f"known: {known}")
    return read_foreign(readers[max(fitting, key=len)], path)


def _read_arrays(path: Path) -> Contents:
    """The arrays of a ``.npz`` file, in its order."""
    require_file(path)
    tensors: dict[str, Array] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            # All together: each by itself may be small.
            packed = sum(each.compress_size for each in members)
            if sum(each.file_size for each in members) > _SMALL + _MOST_EXPANSION * packed:
                raise WeightsError("it claims to unpack to far more than it is", path=str(path))
            if len({each.filename for each in members}) < len(members):
                raise WeightsError("it holds two arrays of one name", path=str(path))
        with np.load(path, allow_pickle=False) as arrays:
            for name in arrays.files:
                array = arrays[name]
                if array.dtype.kind not in "fiub":
                    problem = f"{shown(name)}: expected numbers, found {array.dtype}"
                    raise WeightsError(problem, path=str(path))
                tensors[name] = array.astype(array.dtype.newbyteorder("="), copy=False)
    except WeightsError:
        raise
    # A damaged file makes each of the libraries raise something else.
    except Exception as error:
        problem = f"not a .npz file of arrays, or a damaged one: {reason(error)[:200]}"
        raise WeightsError(problem, path=str(path)) from None
    # Arrays that were given no names are called arr_0, arr_1 and so on.
    return Contents({name: tensors[name] for name in sorted(tensors, key=natural)})
