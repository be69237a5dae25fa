"""Arguments that make no sense are refused at once, in one line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SPEC = str(Path(__file__).parents[2] / "specs" / "lenet.yaml")
LONG = "9" * 400

CASES = {
    "unknown backend": (["generate", SPEC, "-b", "nope"], 2, "unknown backend 'nope'"),
    "no name": (["generate", SPEC, "-b", ""], 2, "unknown backend ''"),
    "endless name": (["generate", SPEC, "-b", "a" * 5000], 2, "unknown backend 'aaa"),
    "endless spec": (["verify", "a" * 5000], 1, "cannot read"),
    "endless batch": (["verify", SPEC, "--batch", LONG], 2, "expected a batch"),
    "endless memory": (["verify", SPEC, "--max-memory", LONG], 2, "is no size"),
    "a folder as a report": (["verify", SPEC, "--report", "."], 2, "is a folder"),
    "a folder as JSON": (["verify", SPEC, "--json", "."], 2, "is a folder"),
    "a report nowhere": (["verify", SPEC, "--report", "no/where.html"], 2, "there is no folder"),
    "no jobs": (["verify", SPEC, "--jobs", "0"], 2, "--jobs"),
    "unknown precision": (["verify", SPEC, "--dtype", "float16"], 2, "unknown precision"),
    "unknown device": (["verify", SPEC, "--device", "abacus"], 2, "unknown device"),
}


@pytest.mark.parametrize("name", CASES)
def test_refused(name: str, tmp_path: Path) -> None:
    arguments, status, text = CASES[name]
    done = subprocess.run(
        [sys.executable, "-m", "archspec", *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (status, ""), done.stderr
    assert text in done.stderr
    assert "Traceback" not in done.stderr


def test_check_does_not_wait_for_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "net.py"
    os.mkfifo(pipe)
    command = [sys.executable, "-m", "archspec", "generate", SPEC, "-b", "torch", "--check"]
    done = subprocess.run(
        [*command, "-o", str(pipe)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "no ordinary file" in done.stdout
