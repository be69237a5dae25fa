from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from archspec.resolution import Model, resolve
from archspec.schema import load
from archspec.weights.generator import seeded, seeded_inputs

TEXT = """
archspec: 1
name: Net
input: [4, 8, 8]
stages:
  a: [{conv: {out: 4, kernel: 3}}, {batch_norm: {eps: 1e-5, decay: 0.9}}]
"""


def test_a_seed_means_one_set_of_weights(tiny: Model) -> None:
    first, again, other = (seeded(tiny.graph, seed) for seed in (3, 3, 4))
    assert list(first) == list(tiny.graph.tensors)
    for name, (_, tensor) in tiny.graph.tensors.items():
        assert first[name].dtype == np.float64
        assert first[name].shape == tensor.shape
        assert np.array_equal(first[name], again[name])
        assert not np.array_equal(first[name], other[name])


def test_the_numbers_are_known() -> None:
    """A change here makes every seeded figure in the documents another one."""
    from archspec.weights.generator import _stream

    assert _stream(0, "tensor", "a.conv1.weight").random() == pytest.approx(KNOWN, rel=1e-15)


KNOWN = 0.22476706547052328


def test_a_new_layer_changes_no_other_tensor(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(TEXT)
    before = seeded(resolve(load(path)).graph, 0)
    path.write_text(TEXT.replace("stages:", "stages:\n  new: [{conv: {out: 4, kernel: 1}}]"))
    after = seeded(resolve(load(path)).graph, 0)
    assert len(after) == len(before) + 2
    assert all(np.array_equal(after[name], array) for name, array in before.items())


def test_nothing_is_trivial(tiny: Model, resnet18: Model) -> None:
    for model in (tiny, resnet18):
        weights = seeded(model.graph, 0)
        for name, (_, tensor) in model.graph.tensors.items():
            array = weights[name]
            assert np.isfinite(array).all()
            assert np.unique(array).size == array.size
            if tensor.role == "variance":
                assert array.min() > 0.4
                assert (np.abs(np.log(array)) >= 0.25).all()
            elif tensor.role == "scale":
                assert array.min() >= 0.5
                assert (np.abs(array - 1) >= 0.2).all()
            elif tensor.role != "kernel":
                assert (np.abs(array) >= 0.1).all()
                assert (np.abs(array) <= 0.5).all()


def test_kernels_are_scaled_after_he(resnet18: Model) -> None:
    weights = seeded(resnet18.graph, 0)
    for name, (_, tensor) in resnet18.graph.tensors.items():
        if tensor.role == "kernel":
            fan_in = tensor.fans[0]
            assert weights[name].std() == pytest.approx(np.sqrt(2 / fan_in), rel=0.05)


def test_the_kernel_of_a_transposed_convolution(tiny: Model) -> None:
    kernel = seeded(tiny.graph, 0)["a.conv_transpose1.weight"]
    # 4 inputs in 2 groups, 3 x 4 positions of which a stride of 2 x 2 leaves a quarter.
    assert kernel.std() == pytest.approx(np.sqrt(2 / (2 * 3)), rel=0.25)


def test_inputs(tiny: Model) -> None:
    (batch,) = seeded_inputs(tiny.graph, 5, 0).values()
    assert batch.shape == (5, 6, 8, 8)
    assert batch.std() == pytest.approx(1, rel=0.1)
    (again,) = seeded_inputs(tiny.graph, 5, 0).values()
    assert np.array_equal(batch, again)
    (other,) = seeded_inputs(tiny.graph, 5, 1).values()
    assert not np.array_equal(batch, other)
