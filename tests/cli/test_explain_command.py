"""``archspec explain`` as people use it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "archspec", "explain", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=os.environ | environment,
    )


def test_a_layer_for_people() -> None:
    done = run("specs/googlenet.yaml", "b3.inception1.b2.conv2", "-b", "torch")
    assert (done.returncode, done.stderr) == (0, "")
    out = done.stdout
    assert out.startswith("b3.inception1.b2.conv2  conv, in Inception\n")
    assert "  - conv: {out: c2.out, kernel: 3, padding: 1}\n" in out
    assert "specs/googlenet.yaml:50:7, where b3.inception1 is called\n  - Inception: [64, " in out
    assert "  out       128   googlenet.yaml:26, with c2 = [96, 128]\n" in out
    assert "(12 + 1 + 1 - 3) // 1 + 1 = 12" in out
    assert "  conv2=nn.Conv2d(c2[0], c2[1], kernel_size=3, padding=1),\n" in out
    assert "110,720     parameters, 15,925,248 multiply-adds" in out
    assert "docs/semantics.md#padding" in out
    assert "Keras" not in out and "\x1b" not in out


def test_a_container_for_people() -> None:
    done = run("googlenet", "b3.inception1")
    assert done.stdout.startswith("b3.inception1  an instance of Inception\n163,696 parameters")
    assert [line.split()[0] for line in done.stdout.splitlines()[3:]] == [
        "part",
        *("b1", "b2", "b3", "b4"),
        "concat1",
    ]


def test_sentences_end_where_the_terminal_does() -> None:
    done = run("googlenet", "b3.inception1.b2.conv2", "-b", "torch", COLUMNS="80")
    traps = done.stdout.partition("where frameworks disagree\n")[2].splitlines()
    assert traps[0].startswith("  Padding: `same` pads") and traps[1].startswith("    ")
    assert max(map(len, traps)) <= 80


def test_json() -> None:
    done = run("lenet", "features.flatten1", "--input", "1x32x32", "--json", "-b", "flax")
    found = json.loads(done.stdout)
    assert found["rule"] == {"C": "16 * 6 * 6 = 576"}
    assert list(found["backends"]) == ["flax"]
    assert found["traps"][0]["heading"] == "Flattening"


@pytest.mark.parametrize(
    ("arguments", "status", "text"),
    [
        (["nowhere.yaml", "a"], 1, "cannot read"),
        (["lenet", "features.conv9"], 2, "or `features.conv1` or"),
        (["googlenet", "Inception"], 2, "did you mean `b3.inception1` or `b3.inception2` or"),
        (["lenet", "\x1b[31mred"], 2, "it has: features, head"),
        (["lenet", "head", "-b", "nope"], 2, "unknown backend 'nope'"),
        (["lenet", "head", "--set", "q=1"], 2, "no parameter `q`"),
        (["lenet"], 2, "Missing argument"),
    ],
)
def test_refused(arguments: list[str], status: int, text: str) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (status, "")
    assert text in done.stderr
    assert "Traceback" not in done.stderr and "\x1b" not in done.stderr
