from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from archspec.backends import Backend
from archspec.errors import BackendError, UsageError, WeightsError
from archspec.resolution import Model
from archspec.weights.convert import convert
from archspec.weights.files import read_safetensors, write_safetensors
from archspec.weights.generator import seeded


@pytest.fixture
def canonical(tiny: Model, tmp_path: Path) -> Path:
    path = tmp_path / "model.safetensors"
    weights = seeded(tiny.graph, 0)
    write_safetensors(path, {name: array.astype(np.float32) for name, array in weights.items()})
    return path


def test_there_and_back(tiny: Model, canonical: Path, tmp_path: Path) -> None:
    flax, torch, back = (tmp_path / f"{name}.safetensors" for name in ("flax", "torch", "back"))
    done = convert(tiny, "safetensors", canonical, "flax", flax)
    assert (done.tensors, done.parameters) == (len(tiny.graph.tensors), tiny.graph.parameters)
    assert (done.form, done.path, done.notes) == ("flax", flax, ())
    convert(tiny, "flax", flax, "torch", torch)
    convert(tiny, "torch", torch, "safetensors", back)
    before, after = (read_safetensors(path).tensors for path in (canonical, back))
    assert set(before) == set(after)
    for name, array in before.items():
        assert after[name].dtype == np.float32
        assert after[name].tobytes() == array.tobytes()
    assert read_safetensors(flax).form == "flax"
    assert read_safetensors(flax).spec == "Tiny"
    assert "params/a_block1_0/left_conv1/kernel" in read_safetensors(flax).tensors
    assert "a.block1.0.left.batch_norm1.num_batches_tracked" in read_safetensors(torch).tensors


def test_types_stay(tiny: Model, tmp_path: Path) -> None:
    source, target = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    kinds = (np.float16, np.float32, np.float64)
    weights = {
        name: array.astype(kinds[i % 3])
        for i, (name, array) in enumerate(seeded(tiny.graph, 0).items())
    }
    write_safetensors(source, weights)
    convert(tiny, "safetensors", source, "flax", target)
    source.unlink()
    convert(tiny, "flax", target, "safetensors", source)
    found = read_safetensors(source).tensors
    assert {name: a.dtype for name, a in found.items()} == {n: a.dtype for n, a in weights.items()}


def test_upper_case_endings(tiny: Model, canonical: Path, tmp_path: Path) -> None:
    convert(tiny, "safetensors", canonical, "flax", tmp_path / "FLAX.SAFETENSORS")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.pop("head.dense1.bias"), "`head.dense1.bias` is missing (shape (4,))"),
        (
            lambda t: t.update({"head.dense2.bias": np.ones(4)}),
            "`head.dense2.bias` is not a tensor of this network",
        ),
        (
            lambda t: t.update({"head.dense1.weight": t["head.dense1.weight"].T}),
            "`head.dense1.weight`: expected the shape (4, 1800), found (1800, 4)",
        ),
        (
            lambda t: t.update({"head.dense1.bias": np.array([1, np.nan, 2, np.inf])}),
            "`head.dense1.bias`: 2 of 4 numbers are not finite (1 NaN, 1 infinite)",
        ),
        (
            lambda t: t.update({"head.dense1.bias": np.arange(4)}),
            "`head.dense1.bias`: expected floating-point numbers, found int64",
        ),
        (lambda t: t.clear(), "`a.block1.0.left.conv1.weight` is missing"),
    ],
)
def test_weights_that_do_not_fit(
    tiny: Model, canonical: Path, tmp_path: Path, change: object, message: str
) -> None:
    tensors = dict(read_safetensors(canonical).tensors)
    change(tensors)  # type: ignore[operator]
    write_safetensors(canonical, tensors)
    target = tmp_path / "flax.safetensors"
    target.write_text("precious")
    with pytest.raises(WeightsError) as caught:
        convert(tiny, "safetensors", canonical, "flax", target)
    assert str(caught.value).startswith(f"{canonical}: {message}")
    assert target.read_text() == "precious"
    assert set(tmp_path.iterdir()) == {canonical, target}


def test_errors_of_a_flax_file_speak_of_flax_names(
    tiny: Model, canonical: Path, tmp_path: Path
) -> None:
    flax = tmp_path / "flax.safetensors"
    convert(tiny, "safetensors", canonical, "flax", flax)
    tensors = dict(read_safetensors(flax).tensors)
    tensors["params/head_dense1/kernel"] = tensors["params/head_dense1/kernel"].T
    del tensors["params/head_dense1/bias"]
    write_safetensors(flax, tensors)
    with pytest.raises(WeightsError) as caught:
        convert(tiny, "flax", flax, "safetensors", tmp_path / "back.safetensors")
    missing, misshapen = map(str, caught.value.problems)
    assert "`params/head_dense1/bias` is missing" in missing
    assert "`head.dense1.bias`" in missing
    assert "`params/head_dense1/kernel`: expected the shape (1800, 4), found (4, 1800)" in misshapen


def test_a_file_of_another_form(tiny: Model, canonical: Path, tmp_path: Path) -> None:
    flax, torch = tmp_path / "flax.safetensors", tmp_path / "torch.safetensors"
    convert(tiny, "safetensors", canonical, "flax", flax)
    convert(tiny, "safetensors", canonical, "torch", torch)
    out = tmp_path / "out.safetensors"
    with pytest.raises(WeightsError, match="says that it holds the form `flax`, not `torch`"):
        convert(tiny, "torch", flax, "safetensors", out)
    write_safetensors(flax, read_safetensors(flax).tensors)
    with pytest.raises(WeightsError) as caught:
        convert(tiny, "torch", flax, "safetensors", out)
    assert caught.value.problems[0].hint == "the file fits the form `flax`: use `--from flax`"
    # The counters that only PyTorch has are no canonical tensors.
    with pytest.raises(WeightsError) as caught:
        convert(tiny, "safetensors", torch, "flax", out)
    assert caught.value.problems[0].hint == "the file fits the form `torch`: use `--from torch`"
    assert not out.exists()


@pytest.mark.parametrize("form", ["tensorflow", "", "Torch", "safetensor", "../torch"])
def test_unknown_forms(tiny: Model, canonical: Path, tmp_path: Path, form: str) -> None:
    with pytest.raises(UsageError, match="unknown form"):
        convert(tiny, form, canonical, "flax", tmp_path / "b.safetensors")
    with pytest.raises(UsageError, match="unknown form"):
        convert(tiny, "safetensors", canonical, form, tmp_path / "b.safetensors")


def test_endings_belong_to_forms(tiny: Model, canonical: Path, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"expected the ending \.safetensors or \.msgpack"):
        convert(tiny, "safetensors", canonical, "flax", tmp_path / "model.pt")
    with pytest.raises(WeightsError, match=r"expected the ending \.safetensors, received `\.pt`"):
        convert(tiny, "safetensors", tmp_path / "a.pt", "flax", tmp_path / "b.safetensors")
    with pytest.raises(WeightsError) as caught:
        convert(tiny, "safetensors", canonical, "safetensors", tmp_path / "model.pt")
    assert caught.value.problems[0].hint == (
        "these are the files of the form `safetensors`; those of `torch` may be `.pt`"
    )


def test_a_source_is_never_its_own_target(tiny: Model, canonical: Path, tmp_path: Path) -> None:
    before = canonical.read_bytes()
    os.link(canonical, tmp_path / "hard.safetensors")
    (tmp_path / "soft.safetensors").symlink_to(canonical)
    for name in ("model", "hard", "soft"):
        with pytest.raises(WeightsError, match="the same file"):
            convert(tiny, "safetensors", canonical, "flax", tmp_path / f"{name}.safetensors")
    assert canonical.read_bytes() == before


def test_a_missing_framework_is_named_before_anything_is_read(
    tiny: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Backend, "installed", lambda self: dict.fromkeys(self.manifest.packages))
    source = tmp_path / "model.pt"
    source.write_bytes(b"never read")
    with pytest.raises(BackendError, match="PyTorch is not installed") as caught:
        convert(tiny, "torch", source, "safetensors", tmp_path / "out.safetensors")
    assert "pip install 'archspec-nn[torch]'" in (caught.value.problems[0].hint or "")
    write_safetensors(tmp_path / "in.safetensors", seeded(tiny.graph, 0))
    # Names and layouts alone need no framework.
    convert(tiny, "safetensors", tmp_path / "in.safetensors", "torch", tmp_path / "o.safetensors")


def test_a_large_network(googlenet: Model, tmp_path: Path) -> None:
    source, target = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    write_safetensors(source, seeded(googlenet.graph, 0))
    done = convert(googlenet, "safetensors", source, "flax", target)
    assert (done.tensors, done.parameters) == (116, 5_977_530)
