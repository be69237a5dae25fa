"""The two views of a network, symbolic classes and concrete layers, say the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from two_views import check

from archspec.backends import specs_folder
from archspec.resolution import resolve
from archspec.schema import load

CASES = Path(__file__).parents[1] / "schema" / "cases"
FILES = [*sorted(specs_folder().glob("*.yaml"))]
FILES += sorted(path.parent / "spec.yaml" for path in CASES.glob("*/expected.json"))


@pytest.mark.parametrize("file", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_classes_agree_with_the_graph(file: Path) -> None:
    check(resolve(load(file)))


def test_outputs_for_training() -> None:
    check(resolve(load(specs_folder() / "googlenet_paper.yaml"), aux_heads=True))


@pytest.mark.parametrize("name", ["googlenet_paper", "resnet18", "alexnet"])
@pytest.mark.parametrize("values", [{"num_classes": 7}, {"in_channels": 2}])
def test_other_parameters(name: str, values: dict[str, int]) -> None:
    check(resolve(load(specs_folder() / f"{name}.yaml"), **values))
