"""Keras's files as safetensors and back; a program that archspec runs.

Names in the safetensors file are a layer's and its variable's, ``b1_conv1/kernel``. Files are read
without Keras, so that nothing in them is executed; to write one, the model is built from the
generated module. Exits with 3 after one line on standard output, problem and hint parted by a
tab, where the file cannot be used.
"""

from __future__ import annotations

import itertools
import json
import math
import os
import re
import shutil
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, NoReturn

import h5py
import numpy as np
from safetensors.numpy import load_file, save_file

HINT = "save the model with model.save('….keras'), or its weights as '….weights.h5'"
MEMBER = "model.weights.h5"

# What a layer's variables are called, in the order in which it writes them.
CONVOLUTION = ("kernel", "bias")
NORMALIZATION = ("gamma", "beta")
VARIABLES = {
    **{f"conv{rank}d{kind}": CONVOLUTION for rank in (1, 2, 3) for kind in ("", "_transpose")},
    **{f"depthwise_conv{rank}d": CONVOLUTION for rank in (1, 2)},
    "grouped_conv_transpose": CONVOLUTION,
    "dense": CONVOLUTION,
    "batch_normalization": (*NORMALIZATION, "moving_mean", "moving_variance"),
    "layer_normalization": NORMALIZATION,
    "group_normalization": NORMALIZATION,
    "scale": ("scale",),
}

# No file that Keras writes is smaller than what it holds by more than this factor; what is
# smaller than the floor may be as large as it likes.
MOST_EXPANSION = 100
FLOOR = 2**26


def refuse(problem: str, hint: str = HINT) -> NoReturn:
    """End with what is wrong with the file."""
    print(" ".join(problem.split()) + f"\t{hint}")
    sys.exit(3)


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


def check_expansion(name: str, size: int, stored: int) -> None:
    """Refuse what would become far larger than it is in the file."""
    if size > FLOOR and size > MOST_EXPANSION * stored:
        refuse(f"{name[:80]!r} would grow from {stored:,} bytes to {size:,}")


def from_h5(file: h5py.File, size: int, names: dict[str, str]) -> dict[str, Any]:
    """The tensors of an HDF5 file of so many bytes, which also may not grow as a whole."""
    if is_legacy(file):
        whole = listed(file, "layer_names") is None
        variables = legacy(group_of(file, "model_weights") if whole else file)
    else:
        variables = layers_of(file, names, set())
    found: dict[str, h5py.Dataset] = {}
    for name, dataset in variables:
        if name in found:
            refuse(f"two tensors have the name {name!r:.120}")
        found[name] = dataset
    check_expansion("the file", sum(dataset.nbytes for dataset in found.values()), size)
    if not found:
        refuse("it holds no weights of layers")
    # `encode` fails where a name is no text.
    return {name.encode().decode(): array_of(name, dataset) for name, dataset in found.items()}


def layers_of(
    group: h5py.Group, names: dict[str, str], seen: set[int]
) -> Iterator[tuple[str, h5py.Dataset]]:
    """The variables of all layers in a group of a file of Keras 3, with their names."""
    for key in group:
        # What the optimizer keeps belongs to no layer.
        if key in ("optimizer", "vars"):
            continue
        inner = once(group_of(group, key), seen)
        if "vars" in inner:
            yield from variables_of(key, once(group_of(inner, "vars"), seen), names)
        yield from layers_of(inner, names if group.name == "/" else {}, seen)


def once(group: h5py.Group, seen: set[int]) -> h5py.Group:
    """A group on the first visit; groups that share others have more paths than can be walked."""
    place = h5py.h5o.get_info(group.id).addr
    if place in seen:
        refuse("one of its groups is in two places")
    seen.add(place)
    return group


def variables_of(
    key: str, group: h5py.Group, names: dict[str, str]
) -> Iterator[tuple[str, h5py.Dataset]]:
    """The variables of one layer, which are numbered."""
    if not len(group):
        return
    layer = group.attrs.get("name", names.get(key))
    if not isinstance(layer, str):
        hint = "save the whole model with model.save('….keras')"
        refuse(f"it does not say what the layer {key[:80]!r} is called", hint)
    variables = VARIABLES.get(re.sub(r"_\d+$", "", key), ())
    for number in sorted(group, key=lambda each: (len(each), each)):
        known = number.isdecimal() and int(number) < len(variables)
        name = variables[int(number)] if known else number
        yield f"{layer}/{name}", dataset_of(group, number)


def is_legacy(file: h5py.File) -> bool:
    """Whether Keras 2 wrote a file."""
    return listed(file, "layer_names") is not None or "model_weights" in file


def legacy(group: h5py.Group) -> Iterator[tuple[str, h5py.Dataset]]:
    """The variables in a file of Keras 2, in which each has its name."""
    for layer in listed(group, "layer_names") or ():
        inner = group_of(group, layer)
        for path in listed(inner, "weight_names") or ():
            *folders, last = path.split("/")
            place = inner
            for folder in folders:
                place = group_of(place, folder)
            yield f"{layer}/{last.partition(':')[0]}", dataset_of(place, last)


def listed(group: h5py.Group, name: str) -> list[str] | None:
    """A list of names among a group's attributes; Keras 2 parts a long one into several."""
    if name in group.attrs:
        found = list(group.attrs[name])
    else:
        parts = (f"{name}{number}" for number in itertools.count())
        kept = itertools.takewhile(lambda each: each in group.attrs, parts)
        found = [each for part in kept for each in group.attrs[part]]
        if not found:
            return None
    return [each.decode() if isinstance(each, bytes) else str(each) for each in found]


def group_of(group: h5py.Group, key: str) -> h5py.Group:
    """A group inside a group, and in this very file."""
    if group.get(key, getclass=True, getlink=True) is not h5py.HardLink:
        refuse(f"{key[:80]!r} is a link, or is missing")
    inner = group[key]
    if not isinstance(inner, h5py.Group):
        refuse(f"expected a group, found {type(inner).__name__} at {key[:80]!r}")
    return inner


def dataset_of(group: h5py.Group, key: str) -> h5py.Dataset:
    """Numbers in a group, that lie in this very file and are about as many there."""
    if group.get(key, getclass=True, getlink=True) is not h5py.HardLink:
        refuse(f"{key[:80]!r} is a link, or is missing")
    dataset = group[key]
    if not isinstance(dataset, h5py.Dataset) or dataset.shape is None:
        refuse(f"expected an array at {key[:80]!r}")
    if dataset.is_virtual or dataset.external:
        refuse(f"the numbers of {key[:80]!r} are in another file")
    # Of a chunk no part is read without the rest.
    most = max(math.prod(dataset.shape), math.prod(dataset.chunks or ()))
    declared = most * dataset.dtype.itemsize
    check_expansion(key, declared, dataset.id.get_storage_size())
    return dataset


def array_of(name: str, dataset: h5py.Dataset) -> Any:
    """The numbers of a dataset; bfloat16, for which NumPy has no type, as float32."""
    kind = dataset.dtype
    half = dataset.attrs.get("dtype") == "bfloat16" and kind.itemsize == 2
    if (kind.kind not in "fiub" or kind.itemsize > 8) and not half:
        refuse(f"{name!r:.120}: expected floating-point numbers, found {kind}")
    array = np.asarray(dataset[()], order="C")
    if half:
        return (array.view("<u2").astype("<u4") << 16).view("<f4").reshape(dataset.shape)
    return array.astype(kind.newbyteorder("="))


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
