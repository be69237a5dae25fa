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
from onnx import ModelProto, TensorProto, numpy_helper
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
    wanted = {each.name for each in generated(told).graph.input}
    if Path(source).stat().st_size >= _LARGEST:
        refuse("the file is larger than 2 GiB")
    try:
        model = unshared(parsed(Path(source).read_bytes()), wanted)
        # What a graph holds beside its weights, such as a shape, is none of them.
        names = {name for name, _ in weights(model, wanted)}
        tensors: dict[str, Any] = {}
        for each in model.graph.initializer:
            if each.name in tensors:
                refuse(f"two tensors have the name {each.name!r:.120}")
            if each.name in names:
                tensors[each.name] = _floats(each)
    except Refused as error:
        refuse(str(error))
    # The library takes what it is given for a sound model.
    except Exception as error:
        reason = str(error) or type(error).__name__
        refuse(f"not an ONNX file, or a damaged one: {reason[:200]}")
    if not tensors:
        refuse("there are no weights in the file")
    save_file(tensors, target)


def _floats(tensor: TensorProto) -> Any:
    """The numbers of a tensor; bfloat16, for which NumPy has no type, as float32."""
    if not isinstance(tensor.name, str):
        raise Refused(f"a tensor has a name that is no text: {tensor.name!r:.120}")
    try:
        array = numpy_helper.to_array(tensor)
    except (ValueError, TypeError, KeyError) as error:
        raise Refused(f"{tensor.name!r:.120} is damaged: {error}") from None
    if tensor.data_type == TensorProto.BFLOAT16:
        array = array.astype("float32")
    if array.dtype.kind not in "fiub":
        kind = TensorProto.DataType.Name(tensor.data_type)
        raise Refused(f"{tensor.name!r:.120}: expected floating-point numbers, found {kind}")
    return np.ascontiguousarray(array)


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
