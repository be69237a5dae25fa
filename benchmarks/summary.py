"""How long `archspec summary` takes, beside torchinfo on the generated PyTorch code.

Three questions, each a ratio (torchinfo's time over archspec's), because seconds are another
machine's:

- a whole process that prints the table, as at a prompt;
- in one process, the summary of a network that is there: of a resolved model, of a built module;
- in one process, from nothing: read and resolve the spec, or build the module (the class is
  imported, weights are drawn), and then the summary.

torchinfo runs the network on an input. On the device `meta` it does so without arithmetic; that is
measured as well. Each time is that of the best turn of many. Where the machine does much else,
`--processor` counts the processor's time instead of the clock's, and lets PyTorch have one thread.
Run it with

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
# A turn of one action takes at least so many seconds.
_SLICE = 0.05
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
    """The seconds of each action in its best turn out of so many.

    A machine has slow seconds and quick ones: so all are measured in turn, not one after another.
    What is quick goes many times in a turn, of which the mean counts: each action has as many
    figures to be the best as any other.
    """
    least = [float("inf")] * len(actions)
    for _ in range(runs):
        for place, action in enumerate(actions):
            times, begun, until = 0, clock(), time.perf_counter() + _SLICE
            while times == 0 or time.perf_counter() < until:
                action()
                times += 1
            least[place] = min(least[place], (clock() - begun) / times)
    return least


def process(*arguments: str) -> Callable[[], object]:
    """An action: a Python process with these arguments, its output thrown away."""
    # Compiled modules are kept, as they are for people.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, *arguments]
    return lambda: subprocess.run(
        command, stdout=subprocess.DEVNULL, cwd=ROOT, check=True, env=environment
    )


def measure_inside(
    path: str, module: str, name: str, size: tuple[int, ...], runs: int, clock: Clock
) -> dict[str, tuple[float, float]]:
    """In one process, for each question the seconds of torchinfo and of archspec."""
    sys.path.insert(0, str(ROOT / "generated/torch"))
    import torch
    import torchinfo

    import archspec
    from archspec.resolution import resolve_flat

    build = getattr(importlib.import_module(module), name)

    def summary(network: torch.nn.Module, device: str) -> object:
        return torchinfo.summary(network, input_size=size, depth=DEEP, verbose=0, device=device)

    built, without = build(), build().to("meta")
    model = resolve_flat(archspec.load(path))
    theirs, meta, ours, built_anew, resolved_anew = best(
        runs,
        clock,
        lambda: summary(built, "cpu"),
        lambda: summary(without, "meta"),
        lambda: archspec.summarize(model),
        lambda: summary(build(), "cpu"),
        lambda: archspec.summarize(resolve_flat(archspec.load(path))),
    )
    return {
        "inside": (theirs, ours),
        "meta": (meta, ours),
        "nothing": (built_anew, resolved_anew),
    }


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
    asked = [path, network, model.spec.name, json.dumps(size), str(runs), str(int(clock is used))]
    done = subprocess.run(
        [sys.executable, __file__, "--inside", *asked], stdout=subprocess.PIPE, check=True
    )
    return {"whole": (whole[0], whole[1]), **json.loads(done.stdout)}


def shown(seconds: float) -> str:
    """A time in the unit that suits it."""
    return f"{seconds * 1e3:.1f} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.1f} µs"


def ratio(value: float) -> str:
    """A ratio with two digits or more."""
    return f"{value:.0f}" if value >= 10 else f"{value:.1f}"


def main() -> None:
    if sys.argv[1:2] == ["--inside"]:
        path, module, name, size, runs, processor = sys.argv[2:]
        clock = used if int(processor) else time.perf_counter
        found = measure_inside(path, module, name, tuple(json.loads(size)), int(runs), clock)
        print(json.dumps(found))
        return
    parser = argparse.ArgumentParser(description="archspec summary beside torchinfo")
    parser.add_argument("networks", nargs="*", default=NETWORKS, metavar="NETWORK")
    parser.add_argument("--runs", type=int, default=10, help="so many turns each")
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
            f"{shown(theirs)} / {shown(ours)} = **{ratio(theirs / ours)}**"
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
