"""Every mistake that the design warns of, injected on purpose: each must be caught and placed."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from archspec.backends import find_backend
from archspec.render import render
from archspec.resolution import Model, resolve
from archspec.schema import load
from archspec.verification import request
from archspec.verification.verify import verify
from archspec.verification.warm import WarmRuns

HERE = Path(__file__).parent / "traps"
TRAPS = [
    {**trap, "spec": spec, "backend": backend}
    for path in sorted(HERE.glob("*.toml"))
    for spec, backends in tomllib.loads(path.read_text("utf-8")).items()
    for backend, several in backends.items()
    for trap in several
]
# Julia compiles each file anew, for longer than all others take.
SLOW = {"flux": pytest.mark.slow}


def _marked(*values: Any, backend: str) -> Any:
    return pytest.param(*values, marks=SLOW.get(backend, ()))


PAIRS = sorted({(trap["spec"], trap["backend"]) for trap in TRAPS})


def _name(trap: dict[str, Any]) -> str:
    words = f"{trap['backend']} {trap['row']} {trap['layer']} {trap['what']}"
    return words.replace(" ", "-").replace(",", "")


def _model(spec: str) -> Model:
    return resolve(load(HERE / f"{spec}.yaml"))


@pytest.mark.parity
@pytest.mark.parametrize(("spec", "backend"), [_marked(*pair, backend=pair[1]) for pair in PAIRS])
def test_unmutated_control_passes(
    spec: str,
    backend: str,
    require_backend: Callable[[str], None],
    tmp_path: Path,
    warm_runs: WarmRuns,
) -> None:
    require_backend(backend)
    model = _model(spec)
    file = tmp_path / f"control.{find_backend(backend).manifest.extension}"
    file.write_text(render(model, backend).text, "utf-8")
    result = verify(model, [backend], {backend: str(file)}, steps=2, runs=warm_runs)
    (part,) = result.backends
    assert part.status in ("agrees", "stand-in"), (part.problem, part.divergences, part.log)
    assert part.generated
    layers = next(each for each in part.checks if each.quantity == "layers")
    assert layers.compared == layers.of == len(model.graph.nodes)


@pytest.mark.parity
@pytest.mark.parametrize(
    "trap", [_marked(each, backend=each["backend"]) for each in TRAPS], ids=_name
)
def test_trap_is_caught(
    trap: dict[str, Any],
    require_backend: Callable[[str], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, object], None],
    warm_runs: WarmRuns,
) -> None:
    backend, expected = trap["backend"], trap["layer"]
    record_property("trap", f"{trap['row']}:{backend}:{trap['what']}")
    require_backend(backend)
    model = _model(trap["spec"])
    text = render(model, backend).text
    assert text.count(trap["find"]) == 1, "the generated code has changed: adapt the trap"
    file = tmp_path / f"mutated.{find_backend(backend).manifest.extension}"
    file.write_text(text.replace(trap["find"], trap["replace"]), "utf-8")
    wanted, tasks = {"evaluation", trap.get("task")}, request.tasks
    monkeypatch.setattr(
        request, "tasks", lambda *given: [each for each in tasks(*given) if each.name in wanted]
    )
    result = verify(model, [backend], {backend: str(file)}, steps=0, runs=warm_runs)
    (part,) = result.backends
    assert not result.agrees
    assert part.divergences, (part.problem, part.log)
    first = part.divergences[0]
    assert expected in (first.path, *first.between), part.divergences
    assert first.spec.file.endswith(f"{trap['spec']}.yaml")
    node = model.graph.by_path[expected]
    if first.path == expected:
        assert first.spec == node.where
