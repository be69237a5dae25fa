"""``archspec diff`` as people use it."""

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
        [sys.executable, "-m", "archspec", "diff", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=os.environ | environment,
    )


def test_for_people() -> None:
    done = run("specs/googlenet.yaml", "specs/googlenet_julia.yaml")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "- GoogLeNet       specs/googlenet.yaml        1x96x96",
        "+ GoogLeNetJulia  specs/googlenet_julia.yaml  1x96x96",
        "",
        "b1",
        "  - relu after conv (relu1)",
        "",
        "b2  -10,174,464 multiply-adds",
        "  ~ conv (conv2): padding 1 → 0",
        "",
        "Inception, 9 times: b3.inception1, b3.inception2, b4.inception1 and 6 more"
        "  -12,682,752 multiply-adds",
        "  - relu after conv (b4.relu1)",
        "",
        "total                    A            B       change",
        "layers                 138          128          -10",
        "parameters       5,977,530    5,977,530            0",
        "multiply-adds  276,066,304  253,209,088  -22,857,216",
    ]


def test_what_follows_elsewhere_is_told(tmp_path: Path) -> None:
    wider = "name: Wider\nextends: googlenet.yaml\nstages:\n  b3:\n"
    wider += "    - Inception: [64, [96, 128], [16, 32], 32]\n"
    wider += "    - Inception: [192, [128, 256], [32, 96], 64]\n"
    wider += "    - max_pool: {kernel: 3, stride: 2, padding: 1}\n"
    (tmp_path / "wider.yaml").write_text(f"archspec: 1\n{wider}", "utf-8")
    (tmp_path / "googlenet.yaml").write_bytes((ROOT / "specs/googlenet.yaml").read_bytes())
    done = run("googlenet", str(tmp_path / "wider.yaml"))
    assert done.stdout.splitlines()[3:] == [
        "Inception: b3.inception2  +90,240 parameters, +12,976,128 multiply-adds",
        "  ~ conv, 2 times (b1.conv1, b2.conv2): out 128 → 192; 192 → 256",
        "",
        "elsewhere  +47,104 parameters, +1,695,744 multiply-adds",
        "",
        "total                    A            B       change",
        "layers                 138          138            0",
        "parameters       5,977,530    6,114,874     +137,344",
        "multiply-adds  276,066,304  290,738,176  +14,671,872",
    ]


def test_settings_of_one_side() -> None:
    done = run("lenet", "lenet", "--set-b", "num_classes=3", "--input-a", "1x32x32")
    assert "  ~ input x 1x32x32 → 1x28x28\n" in done.stdout
    assert "  ~ dense (dense3): out 10 → 3\n" in done.stdout


def test_exit_code() -> None:
    same, other = ("lenet", "lenet"), ("lenet", "alexnet")
    assert run(*same, "--exit-code").returncode == 0
    assert "no differences" in run(*same).stdout
    assert run(*other).returncode == 0
    assert run(*other, "--exit-code", "--json").returncode == 1


def test_json() -> None:
    done = run("googlenet_paper", "googlenet_bn", "--json")
    found = json.loads(done.stdout)
    assert found["different"] is True
    assert found["change"]["parameters"] == 7_280
    assert found["sections"][0]["kind"] == "throughout"
    first = found["layers"][0]
    assert (first["kind"], first["before"]["path"]) == ("changed", "conv1.conv_unit1.conv1")
    assert first["changes"][0] == {"what": "bias", "before": True, "after": False}


def test_a_terminal_without_arrows(tmp_path: Path) -> None:
    done = run("googlenet", "googlenet_julia", PYTHONIOENCODING="ascii")
    assert "padding 1 -> 0" in done.stdout and done.returncode == 0


def test_nothing_steers_the_terminal(tmp_path: Path) -> None:
    hostile = tmp_path / "\x1b[31m.yaml"
    hostile.write_text((ROOT / "specs/lenet.yaml").read_text("utf-8"), "utf-8")
    done = run("lenet", str(hostile))
    assert done.returncode == 0
    assert "\x1b" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("arguments", "status", "text"),
    [
        (["lenet", "nowhere.yaml"], 1, "cannot read"),
        (["lenet", "alexnet", "--set", "aux_heads=true"], 2, "no parameter `aux_heads`"),
        (["lenet", "alexnet", "--input-b", "3x8x8"], 1, "window"),
        (["lenet"], 2, "Missing argument"),
    ],
)
def test_refused(arguments: list[str], status: int, text: str) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (status, "")
    assert text in done.stderr
    assert "Traceback" not in done.stderr
