"""Random networks that are right by construction, over the whole language and every operator."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from archspec.model.shape import Shape
from tests.fuzz.operators import EPS
from tests.fuzz.pen import Pen
from tests.fuzz.scope import Known, Library, Node, Scope
from tests.fuzz.sequences import sequence

CHANNELS = (3, 1, 2, 4, 6)
SIZES = {0: (), 1: (13,), 2: (11, 9), 3: (6, 5, 7)}


@st.composite
def networks(draw: Any, largest: int = 14) -> dict[str, Node]:
    """A spec of a network with about so many layers at most."""
    library = Library(left=draw(st.integers(3, largest)))
    scope = Scope(library, {}, inside=False)
    pen = Pen(draw, scope)
    spec: dict[str, Node] = {"archspec": 1, "name": "Net"}
    library.defaults = _defaults(pen)
    declared = _inputs(pen)
    stages = _stages(pen)
    outputs = _outputs(pen, list(stages))
    if scope.parameters:
        spec["params"] = scope.declarations
        kept = [each.name for each in scope.parameters if pen.chance(2)]
        heads = [each for each in outputs.values() if isinstance(each, dict)]
        held = [each["when"] for each in heads if "when" in each]
        arguments = list(dict.fromkeys([*held, *kept]))
        if arguments:
            spec["arguments"] = arguments
    spec["input"] = declared
    if library.defaults:
        spec["defaults"] = library.defaults
    if pen.chance(8):
        spec["init"] = {"kernel": "xavier_normal", "bias": 0.1}
    if library.blocks:
        spec["blocks"] = library.blocks
    spec["stages"] = stages
    if outputs:
        spec["outputs"] = outputs
    return spec


def _defaults(pen: Pen) -> dict[str, Node]:
    defaults: dict[str, Node] = {}
    if pen.chance(4):
        defaults["batch_norm"] = {"eps": pen.pick(EPS), "decay": pen.pick([0.9, 0.99])}
    if pen.chance(8):
        defaults["max_pool"] = {"kernel": 2, "stride": 2}
    if pen.chance(8):
        defaults["leaky_relu"] = {"slope": 0.2}
    return defaults


def _inputs(pen: Pen) -> Node:
    """The inputs, in the scope too."""
    rank = pen.pick([2, 2, 2, 1, 3, 2, 2, 0])
    first = _shape(pen, rank)
    shapes = {"x": first}
    if pen.chance(5):
        names = ["left", "right", "third"][: pen.integer(2, 3)]
        others = [first if pen.chance(2) else _shape(pen, rank) for _ in names[1:]]
        shapes = dict(zip(names, [first, *others], strict=True))
    pen.scope.inputs = shapes
    sizes = {name: list(each.sizes) for name, each in shapes.items()}
    return sizes.get("x", sizes)


def _shape(pen: Pen, rank: int) -> Shape:
    spatial = [pen.integer(3, most) for most in SIZES[rank]]
    return Shape.of(pen.pick(CHANNELS) + (3 if rank == 0 else 0), *spatial)


def _stages(pen: Pen) -> dict[str, Node]:
    scope = pen.scope
    first, *others = scope.inputs
    stages: dict[str, Node] = {}
    shape = scope.inputs[first]
    pending = list(others)
    while not stages or pending or (pen.library.left > 0 and len(stages) < 3 and pen.chance(2)):
        name = scope.fresh("s")
        if pending:
            # A stage of its own for another input.
            taken = pending.pop(0)
            key = f"{name}.identity1"
            scope.known[key] = Known(scope.inputs[taken])
            layers, shape = sequence(pen, name, scope.inputs[taken], 5, False)
            stages[name] = [{"identity": None, "from": taken}, *layers]
        else:
            stages[name], shape = sequence(pen, name, shape, 7, False)
    return stages


def _outputs(pen: Pen, stages: list[str]) -> dict[str, Node]:
    """Nothing where the last stage is the only output."""
    scope = pen.scope
    if not pen.chance(3):
        return {}
    places = [key for key in scope.known if "." not in key or key.count(".") == 1]
    outputs: dict[str, Node] = {"main": stages[-1]}
    for number in range(pen.integer(1, 2)):
        name = ["side", "aux"][number]
        source = pen.pick(places)
        before = dict(scope.known)
        layers, _ = sequence(pen, name, scope.known[source].shape, 3, False, least=0)
        outputs[name] = {"from": source, "layers": layers} if layers else source
        if pen.chance(3):
            flag = scope.fresh("with_head")
            pen.declare(flag, "bool", pen.pick([True, False]))
            outputs[name] = {"from": source, "layers": layers, "when": flag}
            if pen.chance(2):
                outputs[name]["training"] = True
            scope.forget(before)
        elif not layers:
            # A bare reference has no key of its own.
            scope.forget(before)
    return outputs
