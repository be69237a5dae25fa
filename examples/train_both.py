"""Train one network in PyTorch and in Flax from one start, and print the losses side by side.

    python examples/train_both.py [SPEC] [STEPS]

The weights that PyTorch draws move into Flax with ``archspec.convert``. Both then see the same
batches and take plain steps of gradient descent, in float32 as anybody would train; the losses
agree until rounding has grown.
"""

from __future__ import annotations

import importlib.util
import sys
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import torch
from flax.traverse_util import unflatten_dict
from safetensors.flax import load_file

import archspec

RATE = 0.1
BATCH = 32


def batches(model: archspec.Model, steps: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Images (N, C, H, W) of noise with a bright spot, and the spot's place as the label."""
    stream = np.random.default_rng(0)
    (shape,) = model.graph.inputs.values()
    classes = model.graph.shape(model.graph.outputs["output"]).channels
    found = []
    for _ in range(steps):
        labels = stream.integers(classes, size=BATCH)
        images = 0.3 * stream.standard_normal((BATCH, *shape.sizes))
        rows = (labels + 1) * shape.spatial[0] // (classes + 2)
        for image, row in zip(images, rows, strict=True):
            image[:, row : row + 2, :] += 2
        found.append((images.astype(np.float32), labels))
    return found


def module(model: archspec.Model, backend: str, folder: Path) -> ModuleType:
    """The generated module of a backend, imported."""
    path = folder / f"{backend}_{model.spec.stem}.py"
    path.write_text(archspec.generate(model, backend), "utf-8")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def train_torch(network: torch.nn.Module, data: list[Any]) -> list[float]:
    """The loss at each step in PyTorch."""
    optimizer = torch.optim.SGD(network.parameters(), lr=RATE)
    losses = []
    for images, labels in data:
        logits = network(torch.from_numpy(images))
        loss = torch.nn.functional.cross_entropy(logits, torch.from_numpy(labels))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def train_flax(network: Any, variables: Any, data: list[Any]) -> list[float]:
    """The loss at each step in Flax."""

    def loss_of(params: Any, images: Any, labels: Any) -> Any:
        scores = jax.nn.log_softmax(network.apply({"params": params}, images))
        return -jnp.mean(scores[jnp.arange(len(labels)), labels])

    @jax.jit
    def step(params: Any, images: Any, labels: Any) -> Any:
        loss, slopes = jax.value_and_grad(loss_of)(params, images, labels)
        return loss, jax.tree.map(lambda value, slope: value - RATE * slope, params, slopes)

    losses, params = [], variables["params"]
    for images, labels in data:
        loss, params = step(params, jnp.moveaxis(images, 1, -1), labels)
        losses.append(float(loss))
    return losses


def main() -> None:
    """Train both, and print the losses side by side."""
    spec = sys.argv[1] if len(sys.argv) > 1 else "specs/lenet.yaml"
    steps = int(sys.argv[2]) if len(sys.argv) > 2 else 30
    model = archspec.resolve(archspec.load(spec))
    data = batches(model, steps)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        torch.manual_seed(0)
        network = getattr(module(model, "torch", folder), model.spec.name)()
        torch.save(network.state_dict(), folder / "start.pt")
        start = folder / "start.safetensors"
        archspec.convert(model, "torch", folder / "start.pt", "flax", start)
        variables = unflatten_dict(load_file(start), sep="/")
        ours = train_torch(network, data)
        theirs = train_flax(
            getattr(module(model, "flax", folder), model.spec.name)(), variables, data
        )
    print(f"{'step':>4} {'PyTorch':>10} {'Flax':>10} {'difference':>11}")
    for number, (one, other) in enumerate(zip(ours, theirs, strict=True), 1):
        if number == 1 or number % 10 == 0:
            print(f"{number:4} {one:10.6f} {other:10.6f} {abs(one - other):11.1e}")


if __name__ == "__main__":
    main()
