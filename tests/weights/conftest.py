from __future__ import annotations

from pathlib import Path

import pytest

from archspec.resolution import Model, resolve
from archspec.schema import load

SPECS = Path(__file__).parents[2] / "specs"


@pytest.fixture(scope="session")
def tiny() -> Model:
    """Every operator that has tensors, small."""
    return resolve(load(Path(__file__).with_name("tiny.yaml")))


@pytest.fixture(scope="session")
def googlenet() -> Model:
    return resolve(load(SPECS / "googlenet.yaml"))


@pytest.fixture(scope="session")
def resnet18() -> Model:
    return resolve(load(SPECS / "resnet18.yaml"))
