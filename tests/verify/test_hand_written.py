"""Modules that people wrote, in the place of generated ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from archspec.resolution import resolve
from archspec.schema import loads
from archspec.verification.verify import verify
from archspec.verification.warm import WarmRuns

SPEC = """
archspec: 1
name: Small
doc: A small network.
params: {classes: 4}
arguments: [classes]
input: [3, 8, 8]
blocks:
  Unit:
    doc: A convolution and what follows.
    params: {out: int}
    layers:
      - conv: {out: out, kernel: 3, padding: 1, bias: false}
      - batch_norm: {eps: 1e-5, decay: 0.9}
      - relu
stages:
  body:
    - Unit: 4
    - max_pool: {kernel: 2, stride: 2}
    - Unit: 6
  head:
    - global_avg_pool
    - dropout: 0.5
    - dense: classes
"""

TORCH = """
import torch
import torch.nn.functional as F
from torch import nn

class Unit(nn.Module):
    def __init__(self, inputs, out):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, out, 3, padding="same", bias=False)
        self.batch_norm1 = nn.BatchNorm2d(out)

    def forward(self, x):
        return F.relu(self.batch_norm1(self.conv1(x)), inplace=True)

class Small(nn.Module):
    def __init__(self, classes=10):
        super().__init__()
        self.body = nn.ModuleDict({"unit1": Unit(3, 4), "unit2": Unit(4, 6)})
        self.dropout = nn.Dropout(0.5)
        self.head = nn.ModuleDict({"dense1": nn.Linear(6, classes)})

    def forward(self, images):
        features = F.max_pool2d(self.body["unit1"](images), 2)
        features = self.body["unit2"](features).mean((2, 3))
        return self.head["dense1"](self.dropout(features))
"""

FUSED = """class BatchNormReLU(nn.BatchNorm2d):
    def forward(self, x):
        return F.relu(super().forward(x))

"""

FLAX = """
import jax
import jax.numpy as jnp
from flax import linen as nn

class Unit(nn.Module):
    out: int

    @nn.compact
    def __call__(self, x, training):
        x = nn.Conv(self.out, (3, 3), use_bias=False, name="conv1")(x)
        norm = nn.BatchNorm(momentum=0.9, use_fast_variance=False, name="batch_norm1")
        return jax.nn.relu(norm(x, use_running_average=not training))

class Small(nn.Module):
    classes: int = 10

    @nn.compact
    def __call__(self, images, training=False):
        x = Unit(4, name="body_unit1")(images, training)
        x = nn.max_pool(x, (2, 2), (2, 2))
        x = Unit(6, name="body_unit2")(x, training)
        x = jnp.mean(x, (1, 2))
        x = nn.Dropout(0.5)(x, deterministic=not training)
        return nn.Dense(self.classes, name="head_dense1")(x)
"""


@pytest.mark.parity
def test_both_by_hand_agree(
    tmp_path: Path, require_backend: Callable[[str], None], warm_runs: WarmRuns
) -> None:
    files = {"torch": tmp_path / "in_torch.py", "flax": tmp_path / "in_flax.py"}
    for (name, file), text in zip(files.items(), (TORCH, FLAX), strict=True):
        require_backend(name)
        file.write_text(text, "utf-8")
    modules = {name: str(file) for name, file in files.items()}
    result = verify(resolve(loads(SPEC), classes=4), list(files), modules, steps=2, runs=warm_runs)
    for part in result.backends:
        wrong = [each for each in part.checks if not each.passed and each.quantity != "dropout"]
        assert not wrong, (part.name, wrong, part.divergences, part.problem, part.log)
        assert not part.generated


@pytest.mark.parity
def test_layers_may_be_cut_differently(
    tmp_path: Path, require_backend: Callable[[str], None], warm_runs: WarmRuns
) -> None:
    require_backend("torch")
    fused = TORCH
    for old, new in {
        "class Unit(": FUSED + "class Unit(",
        "= nn.BatchNorm2d(": "= BatchNormReLU(",
        "F.relu(self.batch_norm1(self.conv1(x)), inplace=True)": "self.batch_norm1(self.conv1(x))",
    }.items():
        assert fused.count(old) == 1, old
        fused = fused.replace(old, new)
    file = tmp_path / "fused.py"
    file.write_text(fused, "utf-8")
    modules = {"torch": f"{file}:Small"}
    (part,) = verify(resolve(loads(SPEC)), ["torch"], modules, steps=0, runs=warm_runs).backends
    wrong = [each for each in part.checks if not each.passed and each.quantity != "dropout"]
    assert not wrong, (wrong, part.divergences, part.problem)


@pytest.mark.parity
@pytest.mark.parametrize(
    ("old", "new", "layer"),
    [
        ("nn.BatchNorm2d(out)", "nn.BatchNorm2d(out, eps=1e-3)", "body.unit1.batch_norm1"),
        ('padding="same"', 'padding=1, padding_mode="circular"', "body.unit1.conv1"),
        ("mean((2, 3))", "amax((2, 3))", "head.global_avg_pool1"),
    ],
)
def test_drift_is_found(
    tmp_path: Path,
    require_backend: Callable[[str], None],
    warm_runs: WarmRuns,
    old: str,
    new: str,
    layer: str,
) -> None:
    require_backend("torch")
    file = tmp_path / "in_torch.py"
    assert TORCH.count(old) == 1
    file.write_text(TORCH.replace(old, new), "utf-8")
    modules = {"torch": f"{file}:Small"}
    result = verify(resolve(loads(SPEC)), ["torch"], modules, steps=0, runs=warm_runs)
    (part,) = result.backends
    first = next(each for each in part.divergences if each.quantity != "dropout")
    assert layer in (first.path, *first.between)
