"""``archspec sweep`` as people use it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest

from archspec import load, resolve, summarize
from archspec.cli import main

ROOT = Path(__file__).resolve().parents[2]
SPEC = str(ROOT / "examples" / "googlenet_widths.yaml")
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    monkeypatch.chdir(tmp_path)

    def command(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["archspec", "sweep", *arguments])
        try:
            main()
            code = 0
        except SystemExit as done:
            code = int(done.code or 0)
        return code, *capsys.readouterr()

    return command


def test_it_says_what_it_did(run: Run) -> None:
    asked = [SPEC, "--set", "b3_width=0.5:2:0.5", "--set", "stem=1,2", "-o", "a.csv"]
    assert run(*asked) == (0, "wrote a.csv: 8 variants\n", "")
    lines = Path("a.csv").read_text().splitlines()
    assert lines[0] == "variant,b3_width,stem,parameters,multiply_adds,activation_bytes,reason"
    found = summarize(resolve(load(SPEC)))
    figures = (found.parameters, found.multiply_adds, found.activation_bytes)
    assert figures[:2] == (5977530, 276066304)
    assert lines[3] == f"2,1.0,1,{figures[0]},{figures[1]},{figures[2]},"
    assert run(*asked) == (0, "there already: a.csv: 8 variants\n", "")
    code, out, _ = run(*asked, "--pareto")
    assert code == 0 and "on the front of multiply_adds, activation_bytes, max:parameters" in out
    assert run(*asked, "-q") == (0, "", "")


def test_json(run: Run) -> None:
    asked = [SPEC, "--input", "1x1:9", "-o", "a.csv", "--objectives", "multiply_adds", "--json"]
    code, out, err = run(*asked)
    found = json.loads(out)
    assert code == 0 and err == ""
    assert (found["variants"], found["objectives"]) == (9, ["multiply_adds"])


def test_random_variants(run: Run) -> None:
    asked = [SPEC, "--set", "stem=0.1:2", "--set", "b5_width=0.5:2", "--seed", "3"]
    assert run(*asked, "--draws", "50", "-o", "a.csv")[0] == 0
    assert run(*asked, "--draws", "80", "-o", "b.csv")[0] == 0
    few, many = (Path(name).read_text().splitlines() for name in ("a.csv", "b.csv"))
    assert many[: len(few)] == few and len(many) == 81


@pytest.mark.parametrize("suffix", ["svg", "png"])
def test_a_picture(run: Run, suffix: str) -> None:
    pytest.importorskip("matplotlib")
    asked = [SPEC, "--set", "b3_width=0.5:2:0.5", "--set", "b5_width=0.5:2:0.5", "-o", "a.csv"]
    code, out, err = run(*asked, "--pareto", "--plot", f"a.{suffix}")
    assert (code, err) == (0, "") and out.endswith(f"wrote a.{suffix}\n")
    data = Path(f"a.{suffix}").read_bytes()
    if suffix == "png":
        assert data.startswith(b"\x89PNG")
    else:
        marks = [each for each in ET.fromstring(data).iter() if each.tag.endswith("}use")]
        assert len(marks) > 16
        assert len(re.findall(rb"<!-- [\d.]+ M -->", data)) > 6  # along the axes


@pytest.mark.parametrize(
    "arguments, problem",
    [
        (["--set", "stm=1:2:1"], "--set: `GoogLeNetWidths` has no parameter `stm`"),
        (["--set", "stem"], "--set expects NAME=VALUES, received 'stem'"),
        (["--set", "stem=1", "--set", "stem=2"], "--set: `stem` is set twice"),
        (["--set", "stem=2:1:1"], "stem: the range 2:1:1 runs backwards"),
        (["--set", "stem=0.1:1e9:1e-9"], "the grid has more than 10**17 variants"),
        (["--set", "stem=1:2"], "stem: a range without a step has no end of values"),
        (["--input", "1x2x3x4"], "the input `x`"),
        (["--input", "y=1x2x3"], "has no input `y`"),
        (["--input", "1x9", "--input", "1x8"], "--input: `x` is given twice"),
        (["--draws", "0"], "draws: expected 1 to 10,000,000, received 0"),
        (["--jobs", "0"], "jobs: expected at least 1"),
        (["--scheduler", "slurm"], "scheduler: expected dask:ADDRESS"),
        (["--objectives", "speed"], "objectives: there is no `speed`"),
        (["--objectives", "parameters", "--plot", "a.svg"], "--plot: two objectives are needed"),
        (["--plot", "a.gif"], "a.gif: expected a file that ends in .svg"),
        (["-o", "a.txt"], "a.txt: expected a file that ends in .csv or .parquet"),
        (["-o", "\x1b[31m.csv/a.\x1b"], "expected a file that ends in"),
    ],
)
def test_wrong_usage(run: Run, arguments: list[str], problem: str) -> None:
    code, out, err = run(SPEC, "-o", "a.csv", *arguments)
    assert (code, out) == (2, "")
    assert problem in err and "Traceback" not in err and "\x1b" not in err
    assert os.listdir() == []


def test_every_variant_may_be_invalid(run: Run) -> None:
    Path("net.yaml").write_text(
        "{archspec: 1, name: Net, params: {n: 1}, input: [3, 8, 8],"
        " stages: {s: [{conv: {out: 8, kernel: 9 + n}}]}}"
    )
    code, out, err = run("net.yaml", "--set", "n=1:50", "-o", "a.csv", "--pareto")
    assert (code, err) == (0, "")
    assert out.startswith("wrote a.csv: 50 variants, 50 of them invalid\n0 on the front of")
    lines = Path("a.csv").read_text().splitlines()
    assert "the window spans 12, the padded input only 8 (input 3x8x8) (in s.conv1)" in lines[3]
    pytest.importorskip("matplotlib")
    code, _, err = run("net.yaml", "--set", "n=1:50", "-o", "a.csv", "--plot", "a.png")
    assert code == 1 and "nothing to draw" in err


@pytest.mark.slow
def test_an_interrupted_one_says_that_it_can_go_on(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("archspec.sweeping.Sweep.write", interrupted)
    told = (130, "", "interrupted; the same command goes on from here\n")
    assert run(SPEC, "--set", "stem=1,2", "-o", "a.csv") == told


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_killed_sweep_goes_on(run: Run, tmp_path: Path) -> None:
    asked = [SPEC, "--set", "stem=0.1:2", "--set", "b4_width=0.1:2", "--draws", "40000"]
    command = [sys.executable, "-m", "archspec", "sweep", *asked, "-o", "a.csv"]
    process = subprocess.Popen(command, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)})
    partial = tmp_path / "a.csv.partial"
    for _ in range(600):
        if len(list(partial.glob("0*.json"))) >= 3:
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    kept = len(list(partial.glob("0*.json")))
    assert 3 <= kept < 40 and not Path("a.csv").exists()
    code, out, _ = run(*asked, "-o", "a.csv", "--json")
    assert code == 0 and json.loads(out)["fresh"] == 40000 - 1024 * kept
    assert run(*asked, "-o", "b.csv", "-q")[0] == 0
    assert Path("a.csv").read_bytes() == Path("b.csv").read_bytes()
