"""Every folder under ``cases``: a spec, and the network or the problems that it gives.

``spec.yaml`` (with the files it needs) stands beside ``expected.json`` or ``errors.txt``, which
holds each problem as the command line prints it. ``values.json`` sets parameters. After a change
that is meant, ``UPDATE_CASES=1 pytest tests/schema`` writes both anew: read the difference.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from archspec.errors import ArchspecError, Problem
from archspec.expressions import Expr
from archspec.languages import python
from archspec.model.module import Chain, Item, Module, Parallel, Step
from archspec.resolution import Model, resolve
from archspec.schema import load
from archspec.schema.spec import MISSING

CASES = sorted(path for path in (Path(__file__).parent / "cases").iterdir() if path.is_dir())


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_case(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(case)
    start = time.process_time()
    name, text = outcome(case)
    assert time.process_time() - start < 2
    if os.environ.get("UPDATE_CASES"):
        for other in ("expected.json", "errors.txt"):
            (case / other).unlink(missing_ok=True)
        (case / name).write_text(text, "utf-8")
    assert (case / name).is_file(), text
    assert text == (case / name).read_text("utf-8")


def outcome(case: Path) -> tuple[str, str]:
    """The name of the file that should hold the outcome, and what it should hold."""
    values = case / "values.json"
    try:
        given = json.loads(values.read_text("utf-8")) if values.exists() else {}
        model = resolve(load("spec.yaml"), **given)
    except ArchspecError as error:
        return "errors.txt", "".join(map(shown, error.problems))
    return "expected.json", json.dumps(summary(model), ensure_ascii=False, indent=1) + "\n"


def shown(problem: Problem) -> str:
    return f"{problem}\n" + (f"    hint: {problem.hint}\n" if problem.hint else "")


def summary(model: Model) -> dict[str, object]:
    graph = model.graph
    return {
        "parameters": graph.parameters,
        "multiply_adds": graph.multiply_adds,
        "outputs": {k: f"{v} {graph.shape(v)}" for k, v in graph.outputs.items()},
        "layers": [
            f"{node.path}: {arguments(node.operator)} of {', '.join(node.inputs)}: {node.shape}"
            + (f" with {node.owner}" if node.owner != node.path else "")
            for node in graph.nodes
        ],
        "classes": {signature(each): list(lines(each.body)) for each in model.modules},
    }


def signature(module: Module) -> str:
    parameters = (
        each.name + ("" if each.default is MISSING else f"={each.default}")
        for each in module.parameters
    )
    return f"{module.name}({', '.join(parameters)}) of {', '.join(module.inputs)}"


def lines(item: Item, indent: str = "") -> list[str]:
    if isinstance(item, Step):
        return [indent + step(item)]
    if isinstance(item, Parallel):
        return [line for b in item.branches for line in lines(b, indent)] + [
            indent + step(item.merge)
        ]
    chain: Chain = item
    inner = [line for each in chain.items for line in lines(each, indent + "  " * bool(chain.key))]
    when = f" if {python.expression(chain.when)}" if chain.when else ""
    head = [f"{indent}{chain.key} of {chain.source or 'x'}{when}:"] if chain.key else []
    return head + inner


def step(each: Step) -> str:
    if each.operator is not None:
        what = arguments(each.operator)
    else:
        given = ", ".join(f"{name}={python.expression(value)}" for name, value in each.arguments)
        what = f"{each.module or each.activation}({given})"
    channels = ", ".join(map(python.expression, each.channels))
    text = f"{each.key} = {what} of {', '.join(each.inputs)} [{channels}]"
    if each.share:
        text += f" with {each.share}"
    if each.repeat:
        text += f" for {each.repeat.index} in range({python.expression(each.repeat.times)})"
    return text + (f" if {python.expression(each.when)}" if each.when else "")


def arguments(operator: object) -> str:
    fields = type(operator).model_fields  # type: ignore[attr-defined]
    given = [
        f"{name}={text(getattr(operator, name))}"
        for name, field in fields.items()
        if getattr(operator, name) != field.default
    ]
    return f"{operator.name()}({', '.join(given)})"  # type: ignore[attr-defined]


def text(value: object) -> str:
    if isinstance(value, Expr):
        return python.expression(value)
    if isinstance(value, tuple):
        return f"[{', '.join(map(text, value))}]"
    return str(value)
