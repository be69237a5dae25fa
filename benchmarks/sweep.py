"""How long a sweep of GoogLeNet's stage widths takes, and how much memory, on one core.

Each size is run as a process of its own, from the start of Python to the finished CSV file. What
it is held against is `archspec.resolve` of one variant after the other. Run it with

    python benchmarks/sweep.py [SIZES...]
"""

from __future__ import annotations

import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SPEC = "examples/googlenet_widths.yaml"
WIDTHS = ("stem", "b3_width", "b4_width", "b5_width")
# The goal: 10,000 variants in at most so many seconds.
GOAL = 20.0
# Variants that are resolved one by one.
SAMPLE = 200


def swept(variants: int) -> tuple[float, float, float]:
    """Seconds on the clock and of the processor, and megabytes at most, of one sweep."""
    command = [sys.executable, "-m", "archspec", "sweep", SPEC, "--draws", str(variants), "-q"]
    command += [each for name in WIDTHS for each in ("--set", f"{name}=0.1:2")]
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        process = subprocess.Popen([*command, "-o", f"{folder}/results.csv"], cwd=ROOT)
        _, status, used = os.wait4(process.pid, 0)
        taken = time.perf_counter() - begun
    if status:
        raise SystemExit(f"the sweep failed: {status}")
    return taken, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def resolved() -> tuple[float, float]:
    """Seconds that one variant takes by itself, on the clock and of the processor."""
    import archspec

    spec = archspec.load(ROOT / SPEC)
    draw = random.Random(0)
    archspec.resolve(spec)
    begun, used = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
    for _ in range(SAMPLE):
        model = archspec.resolve(spec, **{name: draw.uniform(0.1, 2) for name in WIDTHS})
        assert model.graph.multiply_adds
    after = resource.getrusage(resource.RUSAGE_SELF)
    return (time.perf_counter() - begun) / SAMPLE, (after.ru_utime - used.ru_utime) / SAMPLE


def main() -> None:
    sizes = [int(each) for each in sys.argv[1:]] or [1_000, 10_000, 100_000]
    _, alone = resolved()
    print(f"one by one: {alone * 1000:.1f} ms of processor for each variant\n")
    print("| variants | seconds | of processor | one by one | ratio | memory at most |")
    print("|---|---|---|---|---|---|")
    for size in sizes:
        clock, used, memory = swept(size)
        print(
            f"| {size:,} | {clock:.1f} | {used:.1f} | {size * alone:.0f} |"
            f" {size * alone / used:.0f} | {memory:.0f} MB |"
        )
        if size == 10_000 and clock > GOAL:
            raise SystemExit(f"goal: {GOAL:.0f} s for 10,000 variants; measured: {clock:.1f} s")


if __name__ == "__main__":
    main()
