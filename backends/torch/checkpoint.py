"""PyTorch checkpoints as safetensors and back; a program that archspec runs.

Reading executes nothing that stands in the file (``weights_only=True``). Exits with 3 after one
line on standard output, problem and hint parted by a tab, where the file cannot be used.
"""

from __future__ import annotations

import json
import os
import pickle
import re
import sys
import zipfile
from typing import Any, NoReturn

import torch
from safetensors.torch import load_file, save_file

KEYS = ("state_dict", "model")
FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
OTHERS = (torch.int8, torch.uint8, torch.int16, torch.int32, torch.int64, torch.bool)
HINT = "save the weights alone: torch.save(model.state_dict(), path)"


def refuse(problem: str, hint: str = HINT) -> NoReturn:
    """End with what is wrong with the file."""
    print(" ".join(problem.split()) + f"\t{hint}")
    sys.exit(3)


def read(source: str, target: str) -> None:
    """Write the tensors of a checkpoint as a safetensors file.

    Takes a state dict, or a mapping that has one under ``state_dict`` or ``model``.
    """
    try:
        refuse_compressed(source)
        loaded = torch.load(source, map_location="cpu", weights_only=True)
    except Exception as error:
        refuse_unreadable(error)
    state = state_dict(loaded)
    problem = next((found for name, value in state.items() if (found := misfit(name, value))), None)
    if problem:
        refuse(problem)
    # A few bytes can claim to be a tensor of any size by repeating themselves.
    claimed = sum(tensor.numel() * tensor.element_size() for tensor in state.values())
    if claimed > 4 * os.path.getsize(source) + 2**20:
        refuse(f"its tensors claim {claimed} bytes, far more than the file has")
    # safetensors wants tensors that neither share memory nor leave gaps.
    # The order is that of the layers; a safetensors file keeps none.
    save_file(
        {name: tensor.detach().contiguous().clone() for name, tensor in state.items()},
        target,
        {"order": json.dumps(list(state))},
    )


def refuse_compressed(source: str) -> None:
    """End where a few bytes may become many: PyTorch itself compresses nothing."""
    if not zipfile.is_zipfile(source):
        return
    with zipfile.ZipFile(source) as archive:
        packed = [each for each in archive.infolist() if each.compress_type != zipfile.ZIP_STORED]
        unpacked = sum(each.file_size for each in archive.infolist())
    if packed:
        refuse(f"`{packed[0].filename}` in it is compressed, which PyTorch does not do")
    if unpacked > 2 * os.path.getsize(source) + 2**20:
        refuse(f"its parts claim {unpacked} bytes, far more than the file has")


def refuse_unreadable(error: Exception) -> NoReturn:
    """End with why a file could not be loaded."""
    text = str(error)
    foreign = re.search(r"[Uu]nsupported (?:global: )?GLOBAL ([\w.]+)", text)
    if foreign:
        refuse(f"holds more than tensors ({foreign[1]}), and no code in a checkpoint is run")
    # PyTorch's own words would advise to load the file without this safeguard.
    told = not isinstance(error, pickle.UnpicklingError | LookupError)
    reason = f": {text or 'it ends too early'}" if told else ""
    refuse(f"not a PyTorch checkpoint, or a damaged one{reason:.200}")


def state_dict(loaded: Any) -> dict[str, Any]:
    """The state dict that a checkpoint is or has."""
    if not isinstance(loaded, dict):
        refuse(f"expected a state dict, found an object of the type {type(loaded).__name__}")
    nested = [key for key in KEYS if isinstance(loaded.get(key), dict)]
    if len(nested) > 1:
        refuse("holds both `state_dict` and `model`: which one is not clear")
    return loaded[nested[0]] if nested else loaded


def encodable(name: str) -> bool:
    """Whether a name is text: a pickle may hold half of a character."""
    return not any("\ud800" <= each <= "\udfff" for each in name)


def misfit(name: object, value: object) -> str | None:
    """Why an entry of a state dict cannot be used."""
    if not isinstance(name, str) or not encodable(name):
        return f"expected names of tensors, found {name!r:.80}"
    if not isinstance(value, torch.Tensor):
        return f"{name!r:.120} is no tensor but an object of the type {type(value).__name__}"
    if value.layout != torch.strided or value.is_quantized or value.is_meta:
        return f"{name!r:.120} is a sparse, quantised or empty tensor"
    if value.dtype not in (*FLOATS, *OTHERS):
        return f"{name!r:.120}: expected floating-point numbers, found {value.dtype}"
    return None


def write(source: str, target: str) -> None:
    """Write the tensors of a safetensors file as a state dict."""
    with open(target, "wb") as file:
        torch.save(load_file(source), file)


if __name__ == "__main__":
    {"read": read, "write": write}[sys.argv[1]](*sys.argv[2:])
