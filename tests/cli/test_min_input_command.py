"""``archspec min-input`` as people use it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "archspec", "min-input", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_answer_for_people() -> None:
    done = run("specs/googlenet_bn.yaml")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "GoogLeNetBN  specs/googlenet_bn.yaml",
        "smallest input: 3x31x31 (in the spec 3x224x224)",
        "",
        "H and W: at least 31",
        "  not 30: inception4e.max_pool1: its output's axis H would have the size 0",
    ]


def test_weights_that_hold_the_size() -> None:
    done = run("lenet")
    assert "H and W: 28 to 31\n" in done.stdout
    assert "with weights of other shapes: at least 12; not 11: features.avg_pool2" in done.stdout


def test_json() -> None:
    done = run("googlenet_paper", "--set", "aux_heads=true", "--input", "3x230x250", "--json")
    found = json.loads(done.stdout)
    assert found["input"] == {"x": [3, 230, 250]}
    assert found["least"] == {"x": [3, 223, 223]}
    assert found["axes"][0]["works"]["text"] == "223 to 270"
    assert found["axes"][0]["set_by"]["least"]["path"] == "aux1.aux_head1.flatten1"
    assert found["axes"][0]["coupled_by"]


@pytest.mark.parametrize(
    ("arguments", "status", "text"),
    [
        (["nowhere.yaml"], 1, "cannot read"),
        (["lenet", "--set", "nope=1"], 2, "no parameter `nope`"),
        (["lenet", "--input", "1x2"], 2, "has 3 axes"),
        (["lenet", "--input", "1x2x2"], 1, "window"),
        ([], 2, "Missing argument"),
    ],
)
def test_refused(arguments: list[str], status: int, text: str) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (status, "")
    assert text in done.stderr
    assert "Traceback" not in done.stderr
