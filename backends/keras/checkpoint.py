"""Keras's files as safetensors and back; a program that archspec runs.

Names in the safetensors file are a layer's and its variable's, ``b1_conv1/kernel``. Files are read
without Keras, so that nothing in them is executed; to write one, the model is built from the
generated module. Exits with 3 after one line on standard output, problem and hint parted by a
tab, where the file cannot be used.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import zipfile
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import h5py
import numpy as np
from safetensors.numpy import load_file, save_file

# What stands beside this file; archspec leaves the folder of a script out of the path.
sys.path.insert(0, str(Path(__file__).parent))

from hdf5 import check_expansion, from_h5, is_legacy, refuse

MEMBER = "model.weights.h5"


def read(source: str, target: str, module: str = "") -> None:
    """Write the weights of a Keras file as a safetensors file.

    Takes ``.keras``, ``.weights.h5``, and the HDF5 files of Keras 2.
    """
    path = Path(source)
    order: list[str] = []
    # HDF5 may crash in a damaged file; archspec shows the last line of this.
    print("HDF5 crashes on this file: it is damaged", file=sys.stderr)
    try:
        if path.suffix.lower() == ".keras":
            tensors, order = from_archive(path)
        else:
            with h5py.File(path, "r") as file:
                tensors = from_h5(file, path.stat().st_size, {})
                # Keras 2 lists its layers; groups have the order of their names.
                order = list(tensors) if is_legacy(file) else []
    # A damaged file makes each of the libraries raise something else.
    except Exception as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        refuse(f"not a Keras file, or a damaged one: {reason[:200]}")
    # A safetensors file keeps no order of its own.
    save_file(tensors, target, {"order": json.dumps(order)} if order else None)


def from_archive(path: Path) -> tuple[dict[str, Any], list[str]]:
    """The tensors of a ``.keras`` file, and their names in the order of the model's layers.

    It is a ZIP archive of a configuration and an HDF5 file.
    """
    with zipfile.ZipFile(path) as archive, TemporaryFile() as extracted:
        members = {each.filename: each for each in archive.infolist()}
        if len(members) < len(archive.infolist()):
            refuse("it holds two files of one name")
        if MEMBER not in members:
            refuse(f"it holds no {MEMBER}")
        whole = path.stat().st_size
        for member in members.values():
            # The others unpack in steps of any size, and Keras does not use them.
            if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                refuse(f"{member.filename[:80]!r} is compressed in another way than by deflate")
            # The archive may lie about what it holds, but not about its own size.
            check_expansion(member.filename, member.file_size, min(member.compress_size, whole))
        told, config = members.get("config.json"), {}
        if told:
            config = json.loads(archive.open(told).read(told.file_size))
        with archive.open(MEMBER) as packed:
            shutil.copyfileobj(packed, extracted)
        with h5py.File(extracted, "r") as file:
            names = names_of(config)
            tensors = from_h5(file, min(members[MEMBER].compress_size, whole), names)
    places = {name: place for place, name in enumerate(names.values())}
    layers = {name: name.rpartition("/")[0] for name in tensors}
    if not places.keys() >= set(layers.values()):
        return tensors, []
    return tensors, sorted(tensors, key=lambda name: places[layers[name]])


def names_of(config: Any) -> dict[str, str]:
    """The name of each layer by the group that its variables are in, from a configuration.

    Keras counts the layers of each class: the second ``Conv2D`` is ``conv2d_1``.
    """
    layers = config.get("config", {}).get("layers", []) if isinstance(config, dict) else []
    counts: dict[str, int] = {}
    names = {}
    for layer in layers:
        kind = snake(str(layer["class_name"]).rpartition(">")[2])
        number = counts.get(kind, 0)
        counts[kind] = number + 1
        names[f"{kind}_{number}" if number else kind] = str(layer["config"]["name"])
    return names


def snake(name: str) -> str:
    """The name of a class as Keras writes it in a group's name: ``Conv2D`` → ``conv2d``."""
    parted = re.sub(r"\W+", "", name)
    parted = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", parted)
    return re.sub("([a-z])([A-Z])", r"\1_\2", parted).lower()


def write(source: str, target: str, module: str) -> None:
    """Write the tensors of a safetensors file as a model, or its weights, as Keras does."""
    if not target.endswith((".keras", ".weights.h5")):
        refuse("Keras writes weights to files that end in .weights.h5", "end the name so")
    tensors = load_file(source)
    model = built(json.loads(Path(module).read_text("utf-8")), dtype_of(tensors))
    for variable in model.weights:
        variable.assign(tensors.pop(variable.path))
    if tensors:
        raise ValueError(f"the model has no {next(iter(tensors))}")
    if target.endswith(".keras"):
        model.save(target)
    else:
        model.save_weights(target)


def dtype_of(tensors: dict[str, Any]) -> str:
    """The narrowest type that holds every number."""
    return str(np.result_type(*{each.dtype for each in tensors.values()}))


def built(told: dict[str, Any], dtype: str) -> Any:
    """The model of a generated module, in a precision."""
    # Nothing is computed here: leave accelerators to others.
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    os.environ["JAX_PLATFORMS"] = "cpu"
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    from importlib.util import module_from_spec, spec_from_file_location

    import keras

    keras.config.set_floatx(dtype)
    keras.config.set_dtype_policy(dtype)
    keras.config.set_image_data_format("channels_last")
    spec = spec_from_file_location("generated", told["file"])
    if spec is None or spec.loader is None:
        raise ImportError(told["file"])
    loaded = module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return getattr(loaded, told["class"])(**told["arguments"])


if __name__ == "__main__":
    {"read": read, "write": write}[sys.argv[1]](*sys.argv[2:])
