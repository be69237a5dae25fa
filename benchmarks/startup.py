"""How long `archspec generate` takes as a whole process, as a ratio.

A process cannot be quicker than its imports, so the measure is a process that imports the four
libraries and does nothing. Both are run in turn, many times, and the best time of each is taken:
what else the machine does then disturbs neither more than the other. Run it with

    python benchmarks/startup.py [RUNS]
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SPEC = "specs/googlenet.yaml"
LIBRARIES = "from pydantic import BaseModel; from jinja2 import Environment; import typer, yaml"
ARCHSPEC = [sys.executable, "-m", "archspec"]
# The goal: `generate` without the formatter in at most three times the measure.
GOAL = 3.0


def formatter() -> list[str]:
    """The command that formats a file, as `archspec generate` runs it."""
    from ruff import find_ruff_bin

    return [find_ruff_bin(), "format", "--isolated", "--line-length=88", "-"]


def seconds(command: list[str], text: bytes) -> float:
    """The time that a command takes from start to end, with warm file caches."""
    # Compiled modules and templates are kept, as they are for people.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    begun = time.perf_counter()
    subprocess.run(
        command, input=text, stdout=subprocess.DEVNULL, cwd=ROOT, check=True, env=environment
    )
    return time.perf_counter() - begun


def best(commands: dict[str, list[str]], runs: int, text: bytes) -> dict[str, float]:
    """The least time of each command out of so many runs, taken in turn."""
    least = dict.fromkeys(commands, float("inf"))
    for _ in range(runs):
        for name, command in commands.items():
            least[name] = min(least[name], seconds(command, text))
    return least


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    generate = [*ARCHSPEC, "generate", SPEC, "--stdout", "--backend"]
    code = subprocess.run([*generate, "torch"], capture_output=True, cwd=ROOT, check=True).stdout
    commands = {
        "the four libraries": [sys.executable, "-c", LIBRARIES],
        "archspec generate, torch": [*generate, "torch"],
        "archspec generate, flax": [*generate, "flax"],
        "ruff format": formatter(),
        "archspec --help": [*ARCHSPEC, "--help"],
        "archspec validate": [*ARCHSPEC, "validate", SPEC],
    }
    least = best(commands, runs, code)
    measure, ruff = least["the four libraries"], least["ruff format"]
    print(f"| process (best of {runs}) | seconds | ratio | without the formatter |")
    print("|---|---|---|---|")
    for name, time_taken in least.items():
        rest = f"{(time_taken - ruff) / measure:.2f}" if "generate" in name else ""
        print(f"| {name} | {time_taken:.3f} | {time_taken / measure:.2f} | {rest} |")
    worst = max(least[name] for name in least if "generate" in name)
    ratio = (worst - ruff) / measure
    print(f"\ngoal: at most {GOAL:.2f} without the formatter; measured: {ratio:.2f}")


if __name__ == "__main__":
    main()
