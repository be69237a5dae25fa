from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archspec.backends import Backend, TensorNaming, find_backend
from archspec.errors import BackendError
from archspec.model.graph import Graph, Groups
from archspec.resolution import Model
from archspec.weights.naming import (
    Placed,
    backend_tensors,
    expanded_axes,
    extra_tensors,
    module_paths,
)

TORCH = find_backend("torch")
FLAX = find_backend("flax")


def test_torch_keys_are_canonical_names(googlenet: Model) -> None:
    placed = backend_tensors(googlenet.graph, TORCH)
    assert [each.name for each in placed.values()] == list(placed)
    assert placed == backend_tensors(googlenet.graph, None)


def test_flax_paths_follow_the_classes(googlenet: Model, resnet18: Model) -> None:
    placed = backend_tensors(googlenet.graph, FLAX)
    assert placed["b3.inception1.b2.conv1.weight"] == Placed(
        "params/b3_inception1/b2_conv1/kernel", (2, 3, 1, 0), (1, 1, 192, 96)
    )
    assert placed["b3.inception1.b2.conv1.bias"].name == "params/b3_inception1/b2_conv1/bias"
    assert placed["head.dense1.weight"] == Placed("params/head_dense1/kernel", (1, 0), (1024, 10))
    placed = backend_tensors(resnet18.graph, FLAX)
    inside = "layer1_basic_block1/residual_batch_norm1"
    stem = "layer1.basic_block1.residual.batch_norm1"
    assert placed[f"{stem}.weight"].name == f"params/{inside}/scale"
    assert placed[f"{stem}.running_mean"].name == f"batch_stats/{inside}/mean"
    assert placed[f"{stem}.running_var"].name == f"batch_stats/{inside}/var"


def test_every_operator_with_tensors_has_a_place(tiny: Model) -> None:
    for backend in (TORCH, FLAX):
        placed = backend_tensors(tiny.graph, backend)
        assert list(placed) == list(tiny.graph.tensors)
        for name, (_, tensor) in tiny.graph.tensors.items():
            array = np.arange(tensor.elements).reshape(tensor.shape)
            there = placed[name].place(array)
            assert there.shape == placed[name].shape
            assert np.array_equal(placed[name].restore(there), array)


def test_only_batch_norms_have_extra_tensors(resnet18: Model) -> None:
    extra = extra_tensors(resnet18.graph, TORCH)
    assert len(extra) == 20
    assert extra["stem.batch_norm1.num_batches_tracked"] == 0
    assert extra_tensors(resnet18.graph, FLAX) == {}
    assert extra_tensors(resnet18.graph, None) == {}


def test_paths_of_modules(googlenet: Model) -> None:
    torch, flax = (module_paths(googlenet.graph, each) for each in (TORCH, FLAX))
    assert all(key == value for key, value in torch.items())
    assert {"b3", "b3.inception1", "b3.inception1.b2", "b3.inception1.b2.conv1"} <= set(torch)
    assert flax["b3_inception1"] == "b3.inception1"
    assert flax["b3_inception1/b2_conv1"] == "b3.inception1.b2.conv1"
    # Flax writes stages and branches out in their class: they are no modules.
    assert "b3" not in flax
    assert "b3_inception1/b2" not in flax


def network(model: Model, *layers: tuple[str, Groups]) -> Graph:
    """A graph of layers whose names no spec would be allowed to have together."""
    by_operator = {type(node.operator).name(): node for node in model.graph.nodes}
    nodes = []
    for operator, groups in layers:
        path = ".".join(part for group in groups for part in group)
        nodes.append(replace(by_operator[operator], path=path, owner=path, groups=groups))
    return Graph({}, tuple(nodes), {}, {}, {})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((("a_b", "c"),), (("a", "b_c"),)),
        ((("a_b", "c"), ("conv1",)), (("a", "b_c"), ("conv2",))),
        ((("a_b", "c"), ("conv1",)), (("a", "b_c"),)),
        ((("a_b", "c"),), (("a", "b", "c"), ("conv1",))),
        ((("a", "block1", "0"),), (("a", "block1_0"),)),
    ],
)
def test_two_layers_of_one_name_are_refused(tiny: Model, one: Groups, other: Groups) -> None:
    graph = network(tiny, ("conv", one), ("conv", other))
    backend_tensors(graph, TORCH)
    for function in (backend_tensors, module_paths):
        with pytest.raises(BackendError) as caught:
            function(graph, FLAX)
        name = "_".join(one[0])
        first, second = (".".join(groups[0]) for groups in (one, other))
        assert f"`{first}` and `{second}` would both be called `{name}`" in str(caught.value)


def test_layers_without_tensors_may_share_a_name(tiny: Model) -> None:
    for layers in ((0, 1), (1, 0)):
        both = [("conv", (("a_b", "c"),)), ("add", (("a", "b_c"),))]
        graph = network(tiny, *(both[each] for each in layers))
        backend_tensors(graph, FLAX)
        assert module_paths(graph, FLAX) == {"a_b_c": "a_b.c"}


def with_naming(operator: str, tensor: str, naming: TensorNaming) -> Backend:
    tensors = {**FLAX.manifest.tensors, operator: {tensor: naming}}
    return replace(FLAX, manifest=FLAX.manifest.model_copy(update={"tensors": tensors}))


def test_two_tensors_of_one_name_are_refused(googlenet: Model) -> None:
    backend = with_naming("conv", "weight", TensorNaming(name="bias", axes="*IO"))
    with pytest.raises(BackendError, match=r"`b1\.conv1\.weight` and `b1\.conv1\.bias`"):
        backend_tensors(googlenet.graph, backend)


@pytest.mark.parametrize("axes", ["*IX", "IO", "*IOO", ""])
def test_a_manifest_must_know_the_axes(googlenet: Model, axes: str) -> None:
    backend = with_naming("conv", "weight", TensorNaming(name="kernel", axes=axes))
    if axes == "":
        assert backend_tensors(googlenet.graph, backend)
        return
    with pytest.raises(BackendError, match=r"flax: tensors\.conv\.weight"):
        backend_tensors(googlenet.graph, backend)


@given(st.permutations("OI*"), st.permutations("OI*"), st.integers(0, 3), st.data())
def test_restoring_undoes_placing(
    ours: list[str], theirs: list[str], spatial: int, data: st.DataObject
) -> None:
    from_axes, to_axes = (expanded_axes("".join(each), spatial) for each in (ours, theirs))
    sizes = {axis: data.draw(st.integers(1, 4), axis) for axis in from_axes}
    permutation = tuple(from_axes.index(axis) for axis in to_axes)
    shape = tuple(sizes[axis] for axis in to_axes)
    array = np.random.default_rng(0).random([sizes[axis] for axis in from_axes])
    placed = Placed("kernel", permutation, shape)
    assert placed.place(array).shape == shape
    assert np.array_equal(placed.restore(placed.place(array)), array)
