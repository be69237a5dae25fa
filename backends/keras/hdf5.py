"""Tensors in Keras's HDF5 files, read without Keras and held to what a file can hold."""

from __future__ import annotations

import itertools
import math
import re
import sys
from collections.abc import Iterator
from typing import Any, NoReturn

import h5py
import numpy as np

HINT = "save the model with model.save('….keras'), or its weights as '….weights.h5'"

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
    "class_token": ("token",),
    "positions": ("embedding",),
}

# No file that Keras writes is smaller than what it holds by more than this factor; what is
# smaller than the floor may be as large as it likes.
MOST_EXPANSION = 100
FLOOR = 2**26


def refuse(problem: str, hint: str = HINT) -> NoReturn:
    """End with what is wrong with the file."""
    print(" ".join(problem.split()) + f"\t{hint}")
    sys.exit(3)


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
