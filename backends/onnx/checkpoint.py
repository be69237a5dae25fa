"""Weights inside ``.onnx`` files as safetensors and back; a program that archspec runs.

``checkpoint.py read MODEL.onnx WEIGHTS.safetensors MODULE.json`` and ``checkpoint.py write
WEIGHTS.safetensors MODEL.onnx MODULE.json``; the last argument says where the generated model is,
which has inputs in the place of weights. Exits with 3 after one line on standard output, problem
and hint parted by a tab, where a file cannot be used.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from onnx import ModelProto, numpy_helper
from safetensors.numpy import load_file, save_file

# What stands beside this file; archspec leaves the folder of a script out of the path.
sys.path.insert(0, str(Path(__file__).parent))

from assemble import serialized
from files import Refused, parsed
from graphs import unshared, weights, with_weights

HINT = "a .onnx file holds weights if it was made with them: `archspec generate --weights`"
_LARGEST = 2**31


def refuse(problem: str, hint: str = HINT) -> NoReturn:
    """End with what is wrong with the file."""
    print(" ".join(problem.split())[:500] + f"\t{hint}")
    sys.exit(3)


def generated(told: str) -> ModelProto:
    """The generated model that archspec tells of."""
    return parsed(Path(json.loads(Path(told).read_text("utf-8"))["file"]).read_bytes())


def read(source: str, target: str, told: str) -> None:
    """Write the weights in a model as a safetensors file."""
    try:
        model = parsed(Path(source).read_bytes())
    except Refused as error:
        refuse(str(error))
    wanted = {each.name for each in generated(told).graph.input}
    model = unshared(model, wanted)
    # What a graph holds beside its weights, such as a shape, is none of them.
    names = {name for name, _ in weights(model, wanted)}
    tensors = {
        each.name: _floats(numpy_helper.to_array(each))
        for each in model.graph.initializer
        if each.name in names
    }
    if not tensors:
        refuse("there are no weights in the file")
    save_file(tensors, target)


def _floats(array: Any) -> Any:
    # NumPy has no bfloat16 of its own; float32 holds each of its numbers.
    return np.ascontiguousarray(array if array.dtype.kind in "fiub" else array.astype("float32"))


def write(source: str, target: str, told: str) -> None:
    """Write the generated model with weights inside."""
    tensors = load_file(source)
    if sum(4 * array.size for array in tensors.values()) >= _LARGEST:
        refuse("more than 2 GiB, which no .onnx file holds", "use a .safetensors file")
    single = {name: array.astype(np.float32) for name, array in tensors.items()}
    changed = [name for name, array in tensors.items() if not np.array_equal(array, single[name])]
    if changed:
        problem = f"{changed[0]!r:.120} has numbers that float32 has not; the model computes in it"
        refuse(problem, "round the weights to float32 first")
    Path(target).write_bytes(serialized(with_weights(generated(told), single)))


if __name__ == "__main__":
    {"read": read, "write": write}[sys.argv[1]](*sys.argv[2:])
