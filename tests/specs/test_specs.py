"""The specs that come with archspec have the figures that are known of their networks."""

from __future__ import annotations

import pytest

from archspec.backends import specs_folder
from archspec.model.graph import Graph
from archspec.resolution import Model, resolve
from archspec.schema import load

# Parameters and multiply-adds, at the input and with the classes of the spec itself.
FIGURES = {
    "alexnet": (61_100_840, 714_188_480),
    "googlenet": (5_977_530, 276_066_304),
    "googlenet_bn": (7_005_832, 1_582_671_872),
    "googlenet_paper": (6_998_552, 1_582_671_872),
    "lenet": (61_706, 416_520),
    "resnet18": (11_689_512, 1_814_073_344),
}


def model(name: str, **values: object) -> Model:
    return resolve(load(specs_folder() / f"{name}.yaml"), **values)


def stages(graph: Graph) -> dict[str, str]:
    paths = [path for path in graph.scopes if "." not in path]
    return {path: str(graph.shape(graph.scopes[path])) for path in paths}


def test_every_spec_has_figures() -> None:
    assert sorted(FIGURES) == sorted(path.stem for path in specs_folder().glob("*.yaml"))


@pytest.mark.parametrize("name", FIGURES)
def test_figures(name: str) -> None:
    graph = model(name).graph
    assert (graph.parameters, graph.multiply_adds) == FIGURES[name]


@pytest.mark.parametrize("name", FIGURES)
def test_every_spec_says_what_it_is(name: str) -> None:
    spec = load(specs_folder() / f"{name}.yaml")
    assert spec.stem == name
    assert spec.doc and not spec.doc.startswith(spec.name + " is")
    assert spec.cite
    assert "num_classes" in spec.arguments


def test_googlenet_of_the_book_has_the_shapes_of_the_book() -> None:
    graph = model("googlenet").graph
    assert stages(graph) == {
        "b1": "64x24x24",
        "b2": "192x12x12",
        "b3": "480x6x6",
        "b4": "832x3x3",
        "b5": "1024",
        "head": "10",
    }
    assert graph.tensors["b3.inception1.b2.conv1.weight"][1].shape == (96, 192, 1, 1)


def test_googlenet_of_the_paper_has_the_rows_of_its_table() -> None:
    found = stages(model("googlenet_paper").graph)
    assert found == {
        "conv1": "64x56x56",
        "conv2": "192x28x28",
        "inception3": "480x14x14",
        "inception4a": "512x14x14",
        "inception4d": "528x14x14",
        "inception4e": "832x7x7",
        "inception5": "1024x7x7",
        "head": "1000",
    }


def test_auxiliary_classifiers_are_there_on_demand() -> None:
    graph = model("googlenet_paper", aux_heads=True).graph
    assert graph.parameters == 13_378_280
    assert list(graph.outputs) == ["logits", "aux1", "aux2"]
    assert str(graph.shape("aux1.aux_head1.avg_pool1")) == "512x4x4"
    assert str(graph.shape("aux2.aux_head1.avg_pool1")) == "528x4x4"
    names = {output.name: output.training for output in model("googlenet_paper").root.outputs}
    assert names == {"logits": False, "aux1": True, "aux2": True}


def test_a_variant_differs_in_its_unit_alone() -> None:
    plain, variant = model("googlenet_paper"), model("googlenet_bn")
    assert stages(plain.graph) == stages(variant.graph)
    kinds = {node.operator.name() for node in variant.graph.nodes}
    assert "batch_norm" in kinds and "local_response_norm" not in kinds
    assert not any(
        name.endswith("conv1.bias") for name in variant.graph.tensors if "batch_norm" not in name
    )


def test_lenet_flattens_sixteen_maps_of_five_by_five() -> None:
    graph = model("lenet").graph
    assert graph.tensors["head.dense1.weight"][1].shape == (120, 400)


def test_alexnet_starts_some_biases_at_one() -> None:
    graph = model("alexnet").graph
    biases = {
        node.path: node.init.bias.scheme
        for node in graph.nodes
        if node.tensors and node.init.bias is not None
    }
    ones = [path for path, scheme in biases.items() if scheme == "ones"]
    assert ones == [
        "features.conv2",
        "features.conv4",
        "features.conv5",
        "classifier.dense1",
        "classifier.dense2",
    ]


def test_resnet18_has_its_stages_and_three_projections() -> None:
    graph = model("resnet18").graph
    assert stages(graph) == {
        "stem": "64x56x56",
        "layer1": "64x56x56",
        "layer2": "128x28x28",
        "layer3": "256x14x14",
        "layer4": "512x7x7",
        "head": "1000",
    }
    projections = [path for path in graph.by_path if path.endswith("shortcut.conv1")]
    assert projections == [f"layer{n}.basic_block1.shortcut.conv1" for n in (2, 3, 4)]


@pytest.mark.parametrize("name", FIGURES)
def test_other_sizes_of_input_channels_and_classes(name: str) -> None:
    graph = model(name, in_channels=2, num_classes=7).graph
    assert [str(graph.shape(path)) for path in graph.outputs.values()] == ["7"]
