from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archspec.backends import find_backend
from archspec.errors import UsageError, WeightsError
from archspec.model.shape import SPATIAL_AXES, TOKEN_AXES
from archspec.resolution import Model
from archspec.weights.generator import seeded
from archspec.weights.layout import from_backend, from_layout, to_backend, to_layout
from archspec.weights.recognition import recognized

TORCH = find_backend("torch")
FLAX = find_backend("flax")


@pytest.mark.parametrize("backend", [TORCH, FLAX, None])
def test_weights_come_back_bit_for_bit(tiny: Model, backend: object) -> None:
    weights = seeded(tiny.graph, 1)
    there = to_backend(tiny.graph, backend, weights)  # type: ignore[arg-type]
    back = from_backend(tiny.graph, backend, there)  # type: ignore[arg-type]
    assert list(back) == list(weights)
    for name, array in weights.items():
        assert back[name].dtype == array.dtype
        assert back[name].tobytes() == array.tobytes()
        assert back[name].flags.c_contiguous


def test_arrays_of_a_backend_are_contiguous(tiny: Model) -> None:
    there = to_backend(tiny.graph, FLAX, seeded(tiny.graph, 1))
    assert all(array.flags.c_contiguous for array in there.values())
    kernel = there["params/a_block1_0/left_conv1/kernel"]
    assert kernel.shape == (3, 2, 3, 4)
    canonical = seeded(tiny.graph, 1)["a.block1.0.left.conv1.weight"]
    assert kernel[2, 1, 0, 3] == canonical[3, 0, 2, 1]


def test_extra_tensors_are_written_and_ignored(tiny: Model) -> None:
    there = to_backend(tiny.graph, TORCH, seeded(tiny.graph, 1))
    name = "a.block1.0.left.batch_norm1.num_batches_tracked"
    assert there[name].shape == ()
    assert there[name].dtype == np.int64
    there[name] = np.array([1, 2])
    assert name not in from_backend(tiny.graph, TORCH, there)
    there["head.dense1.num_batches_tracked"] = np.array(0)
    with pytest.raises(WeightsError, match="not a tensor of this network"):
        from_backend(tiny.graph, TORCH, there)


@given(st.integers(0, 3))
def test_layouts_of_batches(rank: int) -> None:
    shape = (2, 3, 4, 5, 6)[: rank + 2]
    batch = np.arange(np.prod(shape)).reshape(shape)
    axes = ("C", *SPATIAL_AXES[rank])
    there = to_layout(batch, axes, FLAX)
    assert there.shape == (2, *shape[2:], 3)
    assert np.array_equal(from_layout(there, axes, FLAX), batch)
    assert to_layout(batch, axes, TORCH) is batch
    assert from_layout(batch, axes, TORCH) is batch


def test_tokens_lie_alike_everywhere() -> None:
    batch = np.zeros((2, 5, 3))
    for backend in (FLAX, TORCH):
        assert to_layout(batch, TOKEN_AXES, backend) is batch
        assert from_layout(batch, TOKEN_AXES, backend) is batch


def test_a_batch_of_another_rank_is_refused() -> None:
    with pytest.raises(UsageError, match="axes N, C, H, W"):
        from_layout(np.zeros((2, 3)), ("C", "H", "W"), FLAX)


def named(*names: str) -> dict[str, str]:
    return {name: name for name in names}


EXPECTED = ["params/a/kernel", "params/a/bias"]


@pytest.mark.parametrize(
    "names",
    [
        ("params/a/kernel", "params/a/bias"),
        ("params.a.kernel", "params.a.bias"),
        ("a/kernel", "a/bias"),
        ("a.kernel", "a.bias"),
    ],
)
def test_ways_to_write_flax_names(names: tuple[str, ...]) -> None:
    found = recognized(named(*names), EXPECTED, FLAX.manifest)
    assert found == dict(zip(EXPECTED, names, strict=True))


def test_bare_names_need_a_single_collection() -> None:
    expected = [*EXPECTED, "batch_stats/a/mean"]
    found = recognized(named("a/kernel", "a/bias"), expected, FLAX.manifest)
    assert set(found) == {"a/kernel", "a/bias"}


def test_unknown_names_stay_as_the_file_has_them() -> None:
    found = recognized(named("params.a.kernel", "x.y"), EXPECTED, FLAX.manifest)
    assert set(found) == {"params/a/kernel", "x.y"}


def test_one_tensor_under_two_names_is_refused() -> None:
    names = named("params.a.kernel", "params/a/kernel")
    with pytest.raises(WeightsError, match="both mean `params/a/kernel`"):
        recognized(names, EXPECTED, FLAX.manifest, "model.safetensors")


@pytest.mark.parametrize("prefix", ["module.", "_orig_mod.", "module._orig_mod."])
def test_wrappers_are_taken_off(prefix: str) -> None:
    names = named(prefix + "a.weight", prefix + "a.bias")
    found = recognized(names, ["a.weight", "a.bias"], TORCH.manifest)
    assert list(found) == ["a.weight", "a.bias"]


def test_wrappers_stay_where_not_all_names_have_them() -> None:
    found = recognized(named("module.a.weight", "a.bias"), ["a.weight", "a.bias"], TORCH.manifest)
    assert list(found) == ["module.a.weight", "a.bias"]


def test_a_stage_may_be_called_module() -> None:
    names = named("module.a.weight", "module.a.bias")
    assert recognized(names, list(names), TORCH.manifest) == names
    wrapped = named("module.module.a.weight", "module.module.a.bias")
    assert set(recognized(wrapped, list(names), TORCH.manifest)) == set(names)
