"""Flax NNX msgpack files as safetensors and back; a program that archspec runs.

Such a file is ``flax.serialization.to_bytes(nnx.to_pure_dict(nnx.state(model, ...)))``. Names in
the safetensors file are paths joined by dots, ``b3_inception1.b2_conv1.kernel``. Exits with 3 after
one line on standard output, problem and hint parted by a tab, where the file cannot be used.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

# Nothing is computed here: leave accelerators to others.
os.environ["JAX_PLATFORMS"] = "cpu"

import msgpack
import numpy as np
from flax import serialization
from safetensors.numpy import load_file, save_file

HINT = "save nnx.to_pure_dict(nnx.state(model, nnx.Any(nnx.Param, nnx.BatchStat)))"


def refuse(problem: str, hint: str = HINT) -> NoReturn:
    """End with what is wrong with the file."""
    print(" ".join(problem.split()) + f"\t{hint}")
    sys.exit(3)


def read(source: str, target: str) -> None:
    """Write the tensors of a msgpack file as a safetensors file.

    Takes the state of a model, or that of a model with its optimizer, of which the model's is
    taken. What random numbers are drawn with (the state of an ``nnx.Dropout``) is left out.
    """
    try:
        data = Path(source).read_bytes()
        # Flax itself takes the last of two equal names. A place in an nnx.List is a number.
        plain = msgpack.unpackb(data, object_pairs_hook=unique, strict_map_key=False)
        loaded = serialization.msgpack_restore(msgpack.packb(plain))
    except Exception as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        refuse(f"not a Flax msgpack file, or a damaged one: {reason[:200]}")
    if not isinstance(loaded, dict):
        refuse(f"expected a state, found an object of the type {type(loaded).__name__}")
    if "model" in loaded and ("opt_state" in loaded or "optimizer" in loaded):
        loaded = loaded["model"]
    tensors: dict[str, Any] = {}
    try:
        for path, value in leaves(loaded, ()):
            name = ".".join(path)
            if name in tensors:
                refuse(f"two tensors have the name {name!r:.120}")
            if "rngs" not in path[:-1]:
                tensors[name] = leaf(name, value)
    except RecursionError:
        refuse("its mappings are nested too deeply")
    save_file(tensors, target)


def unique(pairs: list[tuple[Any, Any]]) -> dict[Any, Any]:
    """A mapping of a file with numbers as text, refused if it has a name twice."""
    mapping = {str(name) if type(name) is int else name: value for name, value in pairs}
    if len(mapping) < len(pairs):
        refuse("one of its mappings has a name twice")
    return mapping


def leaves(tree: dict[Any, Any], path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every leaf of nested mappings with its path."""
    for name, value in tree.items():
        if not isinstance(name, str):
            refuse(f"expected names, found {name!r:.80}")
        if isinstance(value, dict):
            yield from leaves(value, (*path, name))
        else:
            yield (*path, name), value


def leaf(name: str, value: object) -> Any:
    """A leaf as a contiguous array."""
    if not isinstance(value, np.ndarray | np.generic) and not hasattr(value, "__array__"):
        refuse(f"{name!r:.120} is no tensor but an object of the type {type(value).__name__}")
    array = np.asarray(value, order="C")
    known = array.dtype.kind in "fiub" and array.dtype.itemsize <= 8
    if not known and array.dtype.name != "bfloat16":
        refuse(f"{name!r:.120}: expected floating-point numbers, found {array.dtype}")
    return array


def write(source: str, target: str) -> None:
    """Write the tensors of a safetensors file as nested mappings."""
    tree: dict[str, Any] = {}
    for name, array in load_file(source).items():
        *folders, last = name.split(".")
        inside = tree
        for folder in folders:
            inside = inside.setdefault(folder, {})
        inside[last] = array
    Path(target).write_bytes(serialization.msgpack_serialize(tree))


if __name__ == "__main__":
    {"read": read, "write": write}[sys.argv[1]](*sys.argv[2:])
