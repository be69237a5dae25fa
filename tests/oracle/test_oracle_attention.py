"""Attention and an encoder's layer, held against PyTorch's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from archspec import load, loads, resolve
from archspec.backends import specs_folder
from archspec.oracle import run
from archspec.verification.compare import relative_error
from archspec.weights.generator import seeded, seeded_inputs

ATTENTION = """
archspec: 1
name: Net
import: blocks/transformer.yaml
params: {causal: false}
input: [12, 3, 5]
stages:
  body:
    - to_tokens
    - SelfAttention: {heads: 3, causal: causal}
"""


def _copied(to: Any, tensors: dict[str, Any], path: str) -> None:
    """Queries, keys and values are one matrix in PyTorch."""
    import torch

    for kind in ("weight", "bias"):
        parts = [tensors[f"{path}.{name}.{kind}"] for name in ("query", "key", "value")]
        setattr(to, f"in_proj_{kind}", torch.nn.Parameter(torch.tensor(np.concatenate(parts))))
        setattr(to.out_proj, kind, torch.nn.Parameter(torch.tensor(tensors[f"{path}.out.{kind}"])))


@pytest.mark.parity
@pytest.mark.parametrize("causal", [False, True])
def test_self_attention_is_that_of_pytorch(
    causal: bool, require_backend: Callable[[str], None]
) -> None:
    require_backend("torch")
    import torch

    model = resolve(loads(ATTENTION, "net.yaml", specs_folder()), causal=causal)
    tensors, inputs = seeded(model.graph, 1), seeded_inputs(model.graph, 2, 1)
    theirs = torch.nn.MultiheadAttention(12, 3, batch_first=True, dtype=torch.float64)
    _copied(theirs, tensors, "body.self_attention1")
    x = torch.tensor(inputs["x"]).flatten(2).transpose(1, 2)
    hidden = torch.ones(15, 15, dtype=torch.bool).triu(1) if causal else None
    expected, _ = theirs(x, x, x, attn_mask=hidden, need_weights=False)
    found = run(model.graph, tensors, inputs).outputs["output"]
    assert relative_error(found, expected.detach().numpy()) < 1e-14


@pytest.mark.parity
def test_the_encoder_of_vit_is_that_of_pytorch(require_backend: Callable[[str], None]) -> None:
    require_backend("torch")
    import torch

    spec = load(specs_folder() / "vit_b16.yaml")
    small = {"patch": 4, "width": 12, "depth": 1, "heads": 3, "hidden": 20, "num_classes": 5}
    model = resolve(spec, {"x": (3, 12, 8)}, **small)
    tensors, inputs = seeded(model.graph, 1), seeded_inputs(model.graph, 2, 1)
    values = run(model.graph, tensors, inputs).values
    theirs = torch.nn.TransformerEncoderLayer(
        12, 3, 20, 0.0, "gelu", 1e-6, batch_first=True, norm_first=True, dtype=torch.float64
    ).eval()
    path = "encoder.encoder_layer1.0"
    _copied(theirs.self_attn, tensors, f"{path}.attention.self_attention1")
    for own, name in {
        "norm1": "attention.layer_norm1",
        "norm2": "perceptron.layer_norm1",
        "linear1": "perceptron.perceptron1.dense1",
        "linear2": "perceptron.perceptron1.dense2",
    }.items():
        for kind in ("weight", "bias"):
            value = torch.nn.Parameter(torch.tensor(tensors[f"{path}.{name}.{kind}"]))
            setattr(getattr(theirs, own), kind, value)
    expected = theirs(torch.tensor(values["patches.positions1"]))
    assert relative_error(values[f"{path}.add2"], expected.detach().numpy()) < 1e-13
