"""Safetensors files, read and written.

Half precision and double precision stay as they are. NumPy has no bfloat16: such tensors are read
as float32, which holds each of their numbers exactly.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, deserialize
from safetensors.numpy import save

from archspec.errors import Problem, WeightsError
from archspec.weights.check import MOST_PROBLEMS, shown
from archspec.weights.storage import read_bytes

Array = npt.NDArray[Any]

_View = dict[str, Any]
# From the bytes of a file: each tensor's name, with its `dtype`, `shape` and `data`.
_views: Callable[[bytes], list[tuple[str, _View]]] = deserialize

SUFFIX = ".safetensors"
# A network of 20,000 layers needs a tenth of it.
LONGEST_HEADER = 50_000_000
_KEY = "archspec"
_TYPES = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "I64": "<i8",
    "U64": "<u8",
    "I32": "<i4",
    "U32": "<u4",
    "I16": "<i2",
    "U16": "<u2",
    "I8": "i1",
    "U8": "u1",
    "BOOL": "?",
    "C64": "<c8",
}


@dataclass(frozen=True, slots=True)
class Contents:
    """What a file of weights holds.

    Args:
        tensors: arrays by the names that the file gives them.
        form, spec: the form and the network that the file says it holds; empty where it does not.
        notes: what the reader should know, a sentence each.
        ordered: whether the tensors stand in the order of the layers, as the file says; else
            they are in the order of their names, numbers counted as numbers.
    """

    tensors: Mapping[str, Array]
    form: str = ""
    spec: str = ""
    notes: tuple[str, ...] = ()
    ordered: bool = False


def read_safetensors(path: Path, source: str = "") -> Contents:
    """The tensors of a safetensors file.

    Args:
        path: the file.
        source: what to call it in errors, if not by its path.

    Raises:
        WeightsError: if it is missing, damaged, of another format, has a name twice, or holds
            numbers that NumPy has no type for.
    """
    source = source or str(path)
    data = read_bytes(path, source)
    _check_header_length(data, source)
    try:
        views = _views(data)
    except (SafetensorError, ValueError, MemoryError) as error:
        raise _damaged(str(error), data, source) from None
    metadata = _metadata(data, source)
    unknown = [
        Problem(
            f"{shown(name)}: numbers of the type {shown(view['dtype'])} are not supported",
            path=source,
        )
        for name, view in views
        if view["dtype"] not in {*_TYPES, "BF16"}
    ]
    if unknown:
        raise WeightsError(unknown[:MOST_PROBLEMS])
    order = _order(data, {name for name, _ in views})
    views.sort(key=(lambda each: order[each[0]]) if order else (lambda each: natural(each[0])))
    try:
        tensors = {name: _array(view["dtype"], view["shape"], view["data"]) for name, view in views}
    except (ValueError, MemoryError) as error:
        # More axes than NumPy has, or one of no elements beside one longer than any.
        raise _damaged(str(error), data, source) from None
    widened = sum(view["dtype"] == "BF16" for _, view in views)
    note = f"{widened} bfloat16 tensors are float32 now, with the same numbers"
    return Contents(
        tensors,
        form=metadata.get("form", ""),
        spec=metadata.get("spec", ""),
        notes=(note,) if widened else (),
        ordered=bool(order),
    )


def natural(name: str) -> list[tuple[int, str]]:
    """A key to sort names by, with numbers in them as numbers: ``b2`` comes before ``b10``."""
    parts = re.findall(r"[0-9]+|[^0-9]+", name)
    # The length of a number before its digits: what is written in more digits is greater.
    return [
        (len(digits), digits) if (digits := part.lstrip("0") or "0").isdecimal() else (0, part)
        for part in parts
    ]


def write_safetensors(
    path: Path, tensors: Mapping[str, Array], *, form: str = "", spec: str = ""
) -> None:
    """Write a safetensors file; its header says which form of which network it is.

    Raises:
        WeightsError: if the format has no room for an array's type.
        OSError: if the file system refuses.
    """
    # One key only: the library writes several in an order that differs from run to run.
    metadata = {_KEY: json.dumps({"form": form, "spec": spec})} if form else None
    # The library writes the memory of an array as it lies, whatever its strides.
    contiguous = {name: np.asarray(array, order="C") for name, array in tensors.items()}
    try:
        data = save(contiguous, metadata)
    except SafetensorError as error:
        raise WeightsError(f"cannot be written: {error}", path=path.name) from None
    path.write_bytes(data)


def _check_header_length(data: bytes, source: str) -> None:
    length = int.from_bytes(data[:8], "little")
    if len(data) < 8 or length > len(data) - 8:
        raise _damaged("it is shorter than its header says", data, source)
    if length > LONGEST_HEADER:
        raise _damaged(f"its header of {length:,} bytes is too long", data, source)


def _damaged(why: str, data: bytes, source: str) -> WeightsError:
    if data.startswith((b"PK\x03\x04", b"\x80\x02")):
        return WeightsError(
            "this is a pickle, as PyTorch writes it, not a safetensors file",
            path=source,
            hint="a PyTorch checkpoint ends in .pt: rename it, and read it with `--from torch`",
        )
    return WeightsError(f"not a safetensors file, or a damaged one: {why}", path=source)


def _metadata(data: bytes, source: str) -> dict[str, str]:
    """What archspec wrote about the file, if it did; refuses a name that stands there twice.

    The library, which has already found the header to be well formed, takes the last of two.
    """

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        name, count = Counter(key for key, _ in pairs).most_common(1)[0] if pairs else ("", 0)
        if count > 1:
            raise WeightsError(f"{shown(name)} stands twice in the header", path=source)
        return dict(pairs)

    outer = json.loads(_header(data), object_pairs_hook=unique).get("__metadata__")
    try:
        inner = json.loads((outer or {}).get(_KEY, ""))
    except (ValueError, RecursionError):
        return {}
    if not isinstance(inner, dict):
        return {}
    return {key: value for key, value in inner.items() if isinstance(value, str)}


def _order(data: bytes, names: set[str]) -> dict[str, int]:
    """The place of each tensor, where the script that wrote the file says so; else nothing.

    The format itself keeps no order.
    """
    try:
        told = json.loads(json.loads(_header(data))["__metadata__"]["order"])
    except (ValueError, RecursionError, LookupError, TypeError):
        return {}
    if not isinstance(told, list) or not all(isinstance(each, str) for each in told):
        return {}
    return {name: place for place, name in enumerate(told)} if names == set(told) else {}


def _header(data: bytes) -> bytes:
    return data[8 : 8 + int.from_bytes(data[:8], "little")]


def _array(kind: str, shape: list[int], data: bytes) -> Array:
    if kind == "BF16":
        # The upper half of a float32.
        return (np.frombuffer(data, "<u2").astype("<u4") << 16).view("<f4").reshape(shape)
    return np.frombuffer(data, _TYPES[kind]).reshape(shape)
