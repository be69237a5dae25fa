"""Keras's own files: it reads what is written here, and what it writes is read here."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import numpy as np
import pytest

from archspec.errors import WeightsError
from archspec.resolution import Model, resolve
from archspec.schema import loads
from archspec.weights.convert import convert
from archspec.weights.files import read_safetensors, write_safetensors
from archspec.weights.generator import seeded

pytestmark = pytest.mark.parity

SPEC = """
archspec: 1
name: Small
input: [4, 6, 6]
stages:
  body:
    - conv: {out: 4, kernel: 3, stride: 2, padding: 1}
    - batch_norm: {eps: 1e-5, decay: 0.9}
    - scale: 0.5
    - conv: {out: 4, kernel: 3, bias: false}
    - conv_transpose: {out: 6, kernel: 2, groups: 2}
    - group_norm: {groups: 2, eps: 1e-5}
    - layer_norm: {axes: [C], eps: 1e-5}
  head:
    - flatten
    - dense: 400
"""
MEMBER = "model.weights.h5"


@pytest.fixture(scope="module")
def small() -> Model:
    return resolve(loads(SPEC))


@pytest.fixture(scope="module")
def written(small: Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the weights in each form."""
    folder = tmp_path_factory.mktemp("keras")
    weights = {name: each.astype(np.float32) for name, each in seeded(small.graph, 0).items()}
    write_safetensors(folder / "canonical.safetensors", weights)
    for name in ("small.keras", "small.weights.h5"):
        convert(small, "safetensors", folder / "canonical.safetensors", "keras", folder / name)
    return folder


@pytest.fixture(autouse=True)
def keras(require_backend: Callable[[str], None]) -> None:
    require_backend("keras")


@pytest.fixture
def damaged(written: Path, tmp_path: Path) -> Callable[[Callable[[Any], None]], Path]:
    """Makes a copy of the file of weights, changed."""
    h5py = pytest.importorskip("h5py")

    def change(edit: Callable[[Any], None]) -> Path:
        path = tmp_path / "bad.weights.h5"
        shutil.copy(written / "small.weights.h5", path)
        with h5py.File(path, "r+") as file:
            edit(file)
        return path

    return change


def read(model: Model, path: Path) -> dict[str, Any]:
    target = path.parent / f"{path.name}.safetensors"
    convert(model, "keras", path, "safetensors", target)
    return dict(read_safetensors(target).tensors)


def refusal(model: Model, path: Path) -> str:
    with pytest.raises(WeightsError) as caught:
        read(model, path)
    return str(caught.value)


def same(found: dict[str, Any], folder: Path) -> bool:
    expected = read_safetensors(folder / "canonical.safetensors").tensors
    return found.keys() == expected.keys() and all(
        np.array_equal(found[name], each) and found[name].dtype == each.dtype
        for name, each in expected.items()
    )


@pytest.mark.parametrize("name", ["small.keras", "small.weights.h5"])
def test_round_trip(small: Model, written: Path, name: str) -> None:
    assert same(read(small, written / name), written)


def test_keras_reads_what_is_written_and_writes_what_is_read(small: Model, written: Path) -> None:
    from archspec.render import render

    (written / "generated.py").write_text(render(small, "keras").text, "utf-8")
    program = """
        import os
        os.environ["KERAS_BACKEND"] = "tensorflow"
        import keras
        import numpy as np
        from generated import Small

        whole, parts = keras.models.load_model("small.keras"), Small()
        parts.load_weights("small.weights.h5")
        x = np.random.default_rng(0).standard_normal((2, 6, 6, 4))
        assert np.array_equal(whole(x), parts(x))
        whole.compile("adam", "mse")
        whole.fit(x, np.zeros((2, 400)), epochs=1, verbose=0)
        whole.set_weights(parts.get_weights())
        whole.save("again.keras")
        whole.save_weights("again.weights.h5")
        whole.save("again.h5")
    """
    command = [sys.executable, "-c", dedent(program)]
    done = subprocess.run(command, cwd=written, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for name in ("again.keras", "again.weights.h5", "again.h5"):
        assert same(read(small, written / name), written), name


def test_layers_without_names_need_the_configuration(
    small: Model, written: Path, damaged: Callable[[Callable[[Any], None]], Path]
) -> None:
    def forget(file: Any) -> None:
        file.visititems(lambda _, each: each.attrs.pop("name", None))

    path = damaged(forget)
    assert "does not say what the layer" in refusal(small, path)
    older = path.parent / "older.keras"
    with zipfile.ZipFile(written / "small.keras") as archive, zipfile.ZipFile(older, "w") as out:
        for name in archive.namelist():
            out.writestr(name, path.read_bytes() if name == MEMBER else archive.read(name))
    assert same(read(small, older), written)


def _elsewhere(file: Any) -> None:
    import h5py

    del file["layers/dense"]
    file["layers/dense"] = h5py.ExternalLink("other.h5", "/layers/dense")


def _outside(file: Any) -> None:
    del file["layers/dense/vars/1"]
    place = [("/etc/hostname", 0, 4)]
    file["layers/dense/vars"].create_dataset("1", shape=(1,), dtype="f4", external=place)


def _huge(file: Any) -> None:
    del file["layers/dense/vars/1"]
    group = file["layers/dense/vars"]
    group.create_dataset("1", shape=(10**6, 10**6), dtype="f4", chunks=(1000, 1000))


def _many(file: Any) -> None:
    for number in range(10, 40):
        size = 2**24
        group = file["layers/dense/vars"]
        group.create_dataset(str(number), shape=(size,), dtype="u1", chunks=(2**20,))


def _twice(file: Any) -> None:
    file["layers/conv2d_1/vars"].attrs["name"] = "body_conv1"


def _round(file: Any) -> None:
    file["layers/dense/again"] = file["layers"]


def _forked(file: Any) -> None:
    group = file.create_group("layers/leaf")
    for level in range(13):
        above = file.create_group(f"layers/level{level}")
        for number in range(10):
            above[str(number)] = group
        group = above


def _chunk(file: Any) -> None:
    del file["layers/dense/vars/1"]
    made = {"maxshape": (None,), "chunks": (2**26,), "compression": "gzip"}
    file["layers/dense/vars"].create_dataset("1", shape=(400,), dtype="f4", **made)[:] = 1


def _wide(file: Any) -> None:
    del file["layers/dense/vars/1"]
    file["layers/dense/vars"]["1"] = np.zeros(400, np.longdouble)


def _no_text(file: Any) -> None:
    file["layers/dense/vars"].attrs["name"] = b"\xff\xfe"


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (_elsewhere, "is a link"),
        (_outside, "in another file"),
        (_huge, "would grow"),
        (_many, "would grow"),
        (_twice, "two tensors have the name"),
        (_round, "in two places"),
        (_forked, "in two places"),
        (_chunk, "would grow"),
        (_wide, "found float128"),
        (_no_text, "not a Keras file"),
    ],
)
def test_hostile_files_are_refused(
    small: Model,
    damaged: Callable[[Callable[[Any], None]], Path],
    edit: Callable[[Any], None],
    message: str,
) -> None:
    assert message in refusal(small, damaged(edit))


def test_files_that_are_none(small: Model, written: Path, tmp_path: Path) -> None:
    for name in ("small.keras", "small.weights.h5"):
        data = (written / name).read_bytes()
        for length in (0, 100, len(data) // 2):
            (tmp_path / name).write_bytes(data[:length])
            assert "not a Keras file" in refusal(small, tmp_path / name)
    bomb = tmp_path / "bomb.keras"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(MEMBER, bytes(2**27))
    assert "would grow" in refusal(small, bomb)


def test_weights_are_written_where_keras_will_read_them(
    small: Model, written: Path, tmp_path: Path
) -> None:
    with pytest.raises(WeightsError, match=r"\.weights\.h5"):
        convert(small, "safetensors", written / "canonical.safetensors", "keras", tmp_path / "a.h5")
