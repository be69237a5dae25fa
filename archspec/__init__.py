"""Declare a neural network once; get code for every framework, proven to compute the same.

    import archspec

    spec = archspec.load("specs/googlenet.yaml")
    model = archspec.resolve(spec, num_classes=100)
    code = archspec.generate(model, "torch")

Importing the package imports nothing else; each name below is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archspec.analysis.diff import diff
    from archspec.analysis.explain import explain
    from archspec.analysis.min_input import min_input
    from archspec.analysis.summary import summarize
    from archspec.drawing.draw import draw
    from archspec.errors import (
        ArchspecError,
        BackendError,
        Location,
        Problem,
        SpecError,
        UsageError,
        VerificationError,
        WeightsError,
    )
    from archspec.generation import generate
    from archspec.resolution import Model, resolve
    from archspec.running import run
    from archspec.schema import Spec, load, loads
    from archspec.sweeping import sweep
    from archspec.verification.verify import verify
    from archspec.weights.convert import convert
    from archspec.weights.importing import import_weights, propose_rules

_HOMES = {
    "ArchspecError": "errors",
    "BackendError": "errors",
    "Location": "errors",
    "Problem": "errors",
    "SpecError": "errors",
    "UsageError": "errors",
    "VerificationError": "errors",
    "WeightsError": "errors",
    "Model": "resolution",
    "Spec": "schema",
    "convert": "weights.convert",
    "diff": "analysis.diff",
    "draw": "drawing.draw",
    "explain": "analysis.explain",
    "generate": "generation",
    "import_weights": "weights.importing",
    "load": "schema",
    "loads": "schema",
    "min_input": "analysis.min_input",
    "propose_rules": "weights.importing",
    "resolve": "resolution",
    "run": "running",
    "summarize": "analysis.summary",
    "sweep": "sweeping",
    "verify": "verification.verify",
}

__all__ = [
    "ArchspecError",
    "BackendError",
    "Location",
    "Model",
    "Problem",
    "Spec",
    "SpecError",
    "UsageError",
    "VerificationError",
    "WeightsError",
    "convert",
    "diff",
    "draw",
    "explain",
    "generate",
    "import_weights",
    "load",
    "loads",
    "min_input",
    "propose_rules",
    "resolve",
    "run",
    "summarize",
    "sweep",
    "verify",
]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'archspec' has no attribute {name!r}")
    value: object = getattr(import_module(f"archspec.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
