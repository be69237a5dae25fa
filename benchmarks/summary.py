"""How long `archspec summary` takes, beside torchinfo on the generated PyTorch code.

Three questions, each a ratio (torchinfo's time over archspec's), because seconds are another
machine's:

- a whole process that prints the table, as at a prompt;
- in one process, the summary of a network that is there: of a resolved model, of a built module;
- in one process, from nothing: read and resolve the spec, or build the module (the class is
  imported, weights are drawn), and then the summary.

torchinfo runs the network on an input. On the device `meta` it does so without arithmetic; that is
measured as well. Each time is the best of many: what else the machine does then disturbs neither
more than the other. Where it does much else, `--processor` counts the processor's time instead of
the clock's, and lets PyTorch have one thread. Run it with

    python benchmarks/summary.py [--runs N] [--processor] [NETWORK ...]
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

Clock = Callable[[], float]

ROOT = Path(__file__).resolve().parent.parent
NETWORKS = ["lenet", "googlenet", "googlenet_paper", "mobilenet_v2", "resnet50", "inception_v3"]
# The goals, for each network: a whole process, and the summary of a network that is there.
WHOLE, INSIDE = 4, 100
# As many levels as any network has, so that both tables have a row for each layer.
DEEP = 20
# What takes less than a millisecond is tried so many times more often.
_MANY = 20
PRINT = """\
import sys; sys.path.insert(0, "generated/torch")
import torchinfo; from {module} import {name}
torchinfo.summary({name}(), input_size={size}, depth=20)
"""


def used() -> float:
    """Seconds that the processor has worked for this process and those it has waited for."""
    others = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + others.ru_utime + others.ru_stime


def best(runs: int, clock: Clock, *actions: Callable[[], object]) -> list[float]:
    """The least time of each action out of so many runs, taken in turn."""
    least = [float("inf")] * len(actions)
    for _ in range(runs):
        for place, action in enumerate(actions):
            begun = clock()
            action()
            least[place] = min(least[place], clock() - begun)
    return least


def process(*arguments: str) -> Callable[[], object]:
    """An action: a Python process with these arguments, its output thrown away."""
    # Compiled modules are kept, as they are for people.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, *arguments]
    return lambda: subprocess.run(
        command, stdout=subprocess.DEVNULL, cwd=ROOT, check=True, env=environment
    )


def measure_torchinfo(
    module: str, name: str, size: tuple[int, ...], runs: int, clock: Clock
) -> dict[str, float]:
    """Seconds of a summary, of one on `meta`, and of one from nothing but the imported class."""
    sys.path.insert(0, str(ROOT / "generated/torch"))
    import torch
    import torchinfo

    build = getattr(importlib.import_module(module), name)

    def summary(network: torch.nn.Module, device: str) -> object:
        return torchinfo.summary(network, input_size=size, depth=DEEP, verbose=0, device=device)

    built, without = build(), build().to("meta")
    actions = {
        "inside": lambda: summary(built, "cpu"),
        "meta": lambda: summary(without, "meta"),
        "nothing": lambda: summary(build(), "cpu"),
    }
    return {name: best(runs, clock, action)[0] for name, action in actions.items()}


def measure_archspec(path: str, runs: int, clock: Clock) -> dict[str, float]:
    """Seconds of a summary of a resolved model, and of one from nothing but the file."""
    import archspec
    from archspec.resolution import resolve_flat

    model = resolve_flat(archspec.load(path))
    inside = best(_MANY * runs, clock, lambda: archspec.summarize(model))
    nothing = best(runs, clock, lambda: archspec.summarize(resolve_flat(archspec.load(path))))
    return {"inside": inside[0], "nothing": nothing[0]}


def compare(network: str, runs: int, clock: Clock) -> dict[str, tuple[float, float]]:
    """For each question the seconds of torchinfo and of archspec."""
    import archspec

    path = str(ROOT / "specs" / f"{network}.yaml")
    model = archspec.resolve(archspec.load(path))
    size = (1, *next(iter(model.graph.inputs.values())).sizes)
    whole = best(
        runs,
        clock,
        process("-c", PRINT.format(module=network, name=model.spec.name, size=size)),
        process("-m", "archspec", "summary", path),
    )
    own = measure_archspec(path, 2 * runs, clock)
    asked = [network, model.spec.name, json.dumps(size), str(runs), str(int(clock is used))]
    done = subprocess.run(
        [sys.executable, __file__, "--torchinfo", *asked], stdout=subprocess.PIPE, check=True
    )
    other = json.loads(done.stdout)
    return {
        "whole": (whole[0], whole[1]),
        "inside": (other["inside"], own["inside"]),
        "meta": (other["meta"], own["inside"]),
        "nothing": (other["nothing"], own["nothing"]),
    }


def main() -> None:
    if sys.argv[1:2] == ["--torchinfo"]:
        module, name, size, runs, processor = sys.argv[2:]
        clock = used if int(processor) else time.perf_counter
        found = measure_torchinfo(module, name, tuple(json.loads(size)), int(runs), clock)
        print(json.dumps(found))
        return
    parser = argparse.ArgumentParser(description="archspec summary beside torchinfo")
    parser.add_argument("networks", nargs="*", default=NETWORKS, metavar="NETWORK")
    parser.add_argument("--runs", type=int, default=10, help="best of so many")
    parser.add_argument("--processor", action="store_true", help="count the processor's time")
    given = parser.parse_args()
    if given.processor:
        os.environ["OMP_NUM_THREADS"] = "1"
    titles = ["whole process", "of a network that is there", "the same on `meta`", "from nothing"]
    print("| network | " + " | ".join(titles) + " |")
    print("|---|" + "---|" * len(titles))
    missed = []
    for network in given.networks:
        clock = used if given.processor else time.perf_counter
        found = compare(network, given.runs, clock)
        cells = [
            f"{theirs * 1000:.1f} / {ours * 1000:.2f} ms = **{theirs / ours:.0f}**"
            if theirs / ours >= 10
            else f"{theirs * 1000:.1f} / {ours * 1000:.2f} ms = **{theirs / ours:.1f}**"
            for theirs, ours in found.values()
        ]
        print(f"| {network} | " + " | ".join(cells) + " |", flush=True)
        for name, goal in (("whole", WHOLE), ("inside", INSIDE)):
            theirs, ours = found[name]
            if theirs < goal * ours:
                missed.append(f"{network} ({name}: {theirs / ours:.1f}, not {goal})")
    print(
        f"\ngoals: {WHOLE} for a whole process, {INSIDE} for a network that is there; missed by: "
    )
    print(", ".join(missed) or "none")


if __name__ == "__main__":
    main()
