"""Gluon's parameter files: read byte by byte, in every layout that MXNet has had."""

from __future__ import annotations

import json
import random
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import numpy as np
import pytest

from archspec.backends import Backend, find_backend
from archspec.errors import WeightsError
from archspec.render import render
from archspec.resolution import Model
from archspec.weights.convert import convert
from archspec.weights.files import write_safetensors
from archspec.weights.generator import seeded

pytestmark = pytest.mark.parity

ONE = np.arange(6, dtype="<f4").reshape(2, 3)


@pytest.fixture
def mxnet(require_backend: Callable[[str], None]) -> Backend:
    require_backend("mxnet")
    return find_backend("mxnet")


def python(backend: Backend, folder: Path, code: str) -> str:
    """What a program prints that runs beside MXNet."""
    command = [*backend.command(), "-c", dedent(code)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def array(version: int = 2, kind: int = 0, device: int = 1, data: bytes | None = None) -> bytes:
    """An array as MXNet writes it."""
    magic = {1: 0xF993FAC8, 2: 0xF993FAC9, 3: 0xF993FACA}.get(version)
    head = b"" if magic is None else struct.pack("<I", magic)
    if version >= 2:
        head += struct.pack("<i", 0)
    shape = struct.pack("<I2I" if version == 0 else "<I2q", 2, *ONE.shape)
    context = struct.pack("<3i", device, 0, kind)
    return head + shape + context + (ONE.tobytes() if data is None else data)


def listed(*arrays: bytes, names: tuple[str, ...] = ("a.weight",), magic: int = 0x112) -> bytes:
    """A file of arrays."""
    texts = b"".join(struct.pack("<Q", len(each)) + each.encode() for each in names)
    head = struct.pack("<3Q", magic, 0, len(arrays))
    return head + b"".join(arrays) + struct.pack("<Q", len(names)) + texts


def script(backend: Backend, folder: Path, content: bytes) -> subprocess.CompletedProcess[str]:
    (folder / "in.params").write_bytes(content)
    command = [*backend.command(), str(backend.checkpoint), "read", "in.params", "out.safetensors"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_gluon_loads_what_is_written_and_computes_with_it(
    mxnet: Backend, tiny: Model, tmp_path: Path
) -> None:
    weights = seeded(tiny.graph, 0)
    write_safetensors(tmp_path / "canonical.safetensors", weights)
    source = tmp_path / "canonical.safetensors"
    convert(tiny, "safetensors", source, "mxnet", tmp_path / "net.params")
    (tmp_path / "network.py").write_text(render(tiny, mxnet).text, "utf-8")
    printed = python(
        mxnet,
        tmp_path,
        f"""
        import json
        from network import {tiny.spec.name}
        network = {tiny.spec.name}()
        network.load_parameters("net.params", dtype_source="saved", cast_dtype=True)
        found = network._collect_params_with_prefix()
        print(json.dumps({{name: each.data().asnumpy().tolist() for name, each in found.items()}}))
        network.save_parameters("again.params")
        """,
    )
    found = json.loads(printed.splitlines()[-1])
    assert len(found) == len(weights)
    sums = sorted(float(np.sum(each)) for each in found.values())
    assert sums == sorted(float(np.sum(each.tolist())) for each in weights.values())
    convert(tiny, "mxnet", tmp_path / "again.params", "mxnet", tmp_path / "other.params")
    assert (tmp_path / "other.params").read_bytes() == (tmp_path / "net.params").read_bytes()


@pytest.mark.parametrize("version", [0, 1, 2, 3])
def test_every_layout_is_read_as_mxnet_reads_it(
    mxnet: Backend, version: int, tmp_path: Path
) -> None:
    content = listed(array(version), names=("arg:a.weight",))
    done = script(mxnet, tmp_path, content)
    assert done.returncode == 0, done.stdout + done.stderr
    printed = python(
        mxnet,
        tmp_path,
        f"""
        import mxnet
        from safetensors.numpy import load_file
        if {version} == 3:
            mxnet.npx.set_np()
        theirs = mxnet.{"npx" if version == 3 else "nd"}.load("in.params")["arg:a.weight"].asnumpy()
        ours = load_file("out.safetensors")["a.weight"]
        print(theirs.dtype == ours.dtype, (theirs == ours).all(), ours.tolist())
        """,
    )
    assert printed.splitlines()[-1] == f"True True {ONE.tolist()}"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "it ends too early"),
        (b"PK\x03\x04" * 20, "it does not begin as one"),
        (listed(array())[:-3], "it ends too early"),
        (listed(array()) + b"\0", "something follows its names"),
        (listed(array(), names=()), "a name for each of its 1 arrays, found 0"),
        (listed(array(), array(), names=("a", "a")), "two tensors have the name 'a'"),
        (listed(array(), array(), names=("arg:a", "aux:a")), "two tensors have the name 'a'"),
        (listed(array(kind=12)), "holds a tensor in bfloat16"),
        (listed(array(kind=13)), "it has an array that is none"),
        (listed(array(device=-1)), "it has an array that is none"),
        (listed(array().replace(b"\0" * 4, b"\1\0\0\0", 1)), "holds a sparse tensor"),
        (listed(struct.pack("<Iii", 0xF993FACA, 0, -1)), "'a.weight' has no values"),
        (listed(struct.pack("<Iii", 0xF993FACA, 0, 99)), "it has an array that is none"),
        (struct.pack("<3Q", 0x112, 0, 2**60), "it ends too early"),
        (listed(struct.pack("<Iii2q3i", 0xF993FAC9, 0, 2, 2**40, 2**40, 1, 0, 0)), "too early"),
        (listed(struct.pack("<Iii3q3i", 0xF993FAC9, 0, 3, 0, 2**62, 4, 1, 0, 0)), "that is none"),
    ],
)
def test_what_is_no_parameter_file_is_refused_in_a_line(
    mxnet: Backend, content: bytes, says: str, tiny: Model, tmp_path: Path
) -> None:
    source, target = tmp_path / "in.params", tmp_path / "out.safetensors"
    source.write_bytes(content)
    with pytest.raises(WeightsError) as caught:
        convert(tiny, "mxnet", source, "safetensors", target)
    assert says in str(caught.value)
    assert not target.exists()


def test_no_damage_makes_it_crash(mxnet: Backend, tmp_path: Path) -> None:
    whole = listed(array(3), array(2), array(1), names=("a", "b.weight", "c"))
    draw = random.Random(0)
    for number in range(2000):
        damaged = bytearray(whole)
        for _ in range(draw.randint(1, 4)):
            damaged[draw.randrange(len(damaged))] = draw.choice([0, 1, 2, 127, 128, 255])
        if draw.random() < 0.3:
            del damaged[draw.randrange(len(damaged)) :]
        (tmp_path / f"{number}.params").write_bytes(damaged)
    # In one process, as starting one takes longer than reading.
    printed = python(
        mxnet,
        tmp_path,
        f"""
        import contextlib, io, sys
        from collections import Counter
        sys.path.insert(0, {str(mxnet.folder)!r})
        import checkpoint
        ends = Counter()
        for number in range(2000):
            said = io.StringIO()
            try:
                with contextlib.redirect_stdout(said):
                    checkpoint.read(f"{{number}}.params", "out.safetensors")
                ends["read"] += 1
            except SystemExit as end:
                lines = said.getvalue().splitlines()
                ends["refused" if end.code == 3 and len(lines) == 1 else repr(lines)] += 1
        print(dict(ends))
        """,
    )
    ends = eval(printed.splitlines()[-1], {})
    assert set(ends) == {"read", "refused"}
    assert ends["refused"] > 1000
