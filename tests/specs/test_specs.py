"""The specs that come with archspec have the figures that are known of their networks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from archspec.backends import specs_folder
from archspec.model.graph import Graph
from archspec.reading import plain, read_file
from archspec.resolution import Model, resolve
from archspec.schema import load

NAMES = sorted(path.stem for path in specs_folder().glob("*.yaml"))
# A file for each spec: cases with `parameters`, `multiply_adds` if known, and what is `set`.
FIGURES = Path(__file__).parent / "figures"
KEYS = {"set", "parameters", "multiply_adds"}


def cases(name: str) -> list[dict[str, Any]]:
    file = FIGURES / f"{name}.yaml"
    return plain(read_file(file)) if file.exists() else []


CASES = [
    pytest.param(name, case, id="-".join([name, *map(str, case.get("set", ()))]))
    for name in NAMES
    for case in cases(name)
]


def model(name: str, **values: object) -> Model:
    return resolve(load(specs_folder() / f"{name}.yaml"), **values)


def stages(graph: Graph) -> dict[str, str]:
    paths = [path for path in graph.scopes if "." not in path]
    return {path: str(graph.shape(graph.scopes[path])) for path in paths}


def test_every_spec_has_figures() -> None:
    assert sorted(path.stem for path in FIGURES.glob("*.yaml")) == NAMES
    for name in NAMES:
        assert cases(name), name
        for case in cases(name):
            assert set(case) <= KEYS and case["parameters"] > 0, (name, case)


@pytest.mark.parametrize(("name", "case"), CASES)
def test_figures(name: str, case: dict[str, Any]) -> None:
    graph = model(name, **case.get("set", {})).graph
    found = {"parameters": graph.parameters, "multiply_adds": graph.multiply_adds}
    assert {key: found[key] for key in case if key != "set"} == {
        key: case[key] for key in case if key != "set"
    }


@pytest.mark.parametrize("name", NAMES)
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


@pytest.mark.parametrize("name", NAMES)
def test_other_sizes_of_input_channels_and_classes(name: str) -> None:
    graph = model(name, in_channels=2, num_classes=7).graph
    # Of a network that says something of each position, as a U-Net, the channels.
    assert graph.shape(next(iter(graph.outputs.values()))).sizes[0] == 7


def test_every_block_of_a_library_is_used() -> None:
    used: dict[str, set[str]] = {}
    for name in NAMES:
        blocks = {module.name for module in model(name).modules}
        for file in load(specs_folder() / f"{name}.yaml").sources:
            used.setdefault(Path(file).name, set()).update(blocks)
    libraries = sorted((specs_folder() / "blocks").glob("*.yaml"))
    assert libraries
    for path in libraries:
        document = plain(read_file(path))
        assert not document["blocks"].keys() - used.get(path.name, set()), path.name
