"""Gluon parameter files as safetensors and back; a program that archspec runs.

MXNet's own reader trusts the sizes in a file and may crash on a damaged one, so files are read
here, byte by byte; they hold numbers and names only, no code. Exits with 3 after one line on
standard output, problem and hint parted by a tab, where the file cannot be used.
"""

from __future__ import annotations

import struct
import sys
from math import prod
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from safetensors.numpy import load_file, save_file

HINT = "save the parameters with net.save_parameters(path)"

# The number that a file begins with, and that an array begins with, by the version of its layout.
LIST = 0x112
VERSIONS = {0xF993FAC8: 1, 0xF993FAC9: 2, 0xF993FACA: 3}
MOST_AXES = 32
DTYPES = (
    "float32", "float64", "float16", "uint8", "int32", "int8", "int64",
    "bool", "int16", "uint16", "uint32", "uint64",
)  # fmt: skip


class Damaged(Exception):
    """What cannot be made sense of."""


def refuse(problem: str, hint: str = HINT) -> NoReturn:
    """End with what is wrong with the file."""
    print(" ".join(problem.split()) + f"\t{hint}")
    sys.exit(3)


class Cursor:
    """A place in a file."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.place = 0

    def take(self, size: int) -> bytes:
        """The next bytes."""
        if not 0 <= size <= len(self.data) - self.place:
            raise Damaged("it ends too early")
        self.place += size
        return self.data[self.place - size : self.place]

    def numbers(self, form: str, count: int = 1) -> tuple[int, ...]:
        """The next numbers: ``I`` and ``i`` of 4 bytes, ``Q`` and ``q`` of 8."""
        size = struct.calcsize(f"<{form}") * count
        return struct.unpack(f"<{count}{form}", self.take(size))


def read(source: str, target: str) -> None:
    """Write the tensors of a parameter file as a safetensors file.

    Takes what ``save_parameters``, ``export`` and ``mx.nd.save`` write, since MXNet 0.8.
    """
    cursor = Cursor(Path(source).read_bytes())
    try:
        magic, _, count = cursor.numbers("Q", 3)
        if magic != LIST:
            raise Damaged("it does not begin as one")
        # Not even an empty array takes less than 4 bytes.
        if count > len(cursor.data) // 4:
            raise Damaged("it ends too early")
        arrays = [array(cursor) for _ in range(count)]
        names = [name(cursor) for _ in range(cursor.numbers("Q")[0])]
        if cursor.place != len(cursor.data):
            raise Damaged("something follows its names")
    except Damaged as damage:
        refuse(f"not a Gluon parameter file, or a damaged one: {damage}")
    if len(names) != len(arrays):
        refuse(f"expected a name for each of its {len(arrays)} arrays, found {len(names)}")
    tensors: dict[str, Any] = {}
    for each, value in zip(names, arrays, strict=True):
        if each in tensors:
            refuse(f"two tensors have the name {each!r:.120}")
        if value is None:
            refuse(f"{each!r:.120} has no values")
        tensors[each] = value
    save_file(tensors, target)


def array(cursor: Cursor) -> Any:
    """The next array; None for one that has nothing in it."""
    (first,) = cursor.numbers("I")
    version = VERSIONS.get(first, 0)
    if version >= 2 and cursor.numbers("i") != (0,):
        refuse("holds a sparse tensor")
    # Before the first version with a number of its own an array began with how many axes it has.
    axes = first if version == 0 else cursor.numbers("I" if version == 1 else "i")[0]
    if axes == -1 or (axes == 0 and version < 3):
        return None
    if not 0 <= axes <= MOST_AXES:
        raise Damaged("it has an array that is none")
    shape = cursor.numbers("I" if version == 0 else "q", axes)
    device, _, kind = cursor.numbers("i", 3)
    if not (0 < device < 16 and 0 <= kind <= len(DTYPES)) or min(shape, default=1) < 0:
        raise Damaged("it has an array that is none")
    if kind == len(DTYPES):
        refuse("holds a tensor in bfloat16", "cast the network: net.cast('float32')")
    dtype = np.dtype(DTYPES[kind]).newbyteorder("<")
    data = cursor.take(prod(shape) * dtype.itemsize)
    try:
        return np.frombuffer(data, dtype).reshape(shape)
    except ValueError:
        # An axis of no elements beside one longer than any.
        raise Damaged("it has an array that is none") from None


def name(cursor: Cursor) -> str:
    """The next name, without the mark of an exported one."""
    (size,) = cursor.numbers("Q")
    try:
        text = cursor.take(size).decode("utf-8")
    except UnicodeDecodeError:
        raise Damaged("it has a name that is no text") from None
    return text.removeprefix("arg:").removeprefix("aux:")


def write(source: str, target: str) -> None:
    """Write the tensors of a safetensors file as ``save_parameters`` does."""
    from mxnet import np as mnp
    from mxnet import npx

    try:
        tensors = load_file(source)
        # Parameters of a network that calls npx.set_np(), as generated ones do.
        npx.set_np()
        arrays = {name: mnp.array(each, dtype=each.dtype) for name, each in tensors.items()}
    except (KeyError, TypeError) as error:
        refuse(f"a tensor is of a type that MXNet does not have: {error}", "convert to float32")
    npx.save(target, arrays)


if __name__ == "__main__":
    {"read": read, "write": write}[sys.argv[1]](*sys.argv[2:])
