"""Layers one after the other, with all that the language can say about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from archspec.errors import ArchspecError
from archspec.model.shape import Shape
from archspec.names import snake
from archspec.operators import OPERATORS
from tests.fuzz.branches import attention, branches, fitted, gate
from tests.fuzz.calls import DEEPEST, call, new_block
from tests.fuzz.operators import (
    ANYWHERE,
    ENDING,
    SATURATING,
    SPATIAL,
    TOKENS,
    drawn,
    output,
)
from tests.fuzz.pen import Pen
from tests.fuzz.probe import probe
from tests.fuzz.scope import Known, Node
from tests.fuzz.windows import small

# Of the operators on tokens, those after which there are as many.
KEEPING = ("positions",)
STRUCTURES = ("branches", "call", "merge", "gate", "call", "share", "activation", "branches")
MERGES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("concat", {}),
    ("add", {"broadcast": True}),
    ("mul", {"broadcast": True}),
)
# What follows from the size of an input, and so cannot be shared at another.
SIZED = ("layer_norm", "same_", "ceil")
INITIAL = ("xavier_uniform", "he_normal", "lecun_normal", {"normal": 0.02}, {"uniform": 0.1})


@dataclass
class Layer:
    """A layer as it is drawn.

    Args:
        node: what the spec says.
        shape: of what it gives.
        kind: what it is called after.
        layers: how many layers of the graph it is.
        plain: whether it takes the layer before it and nothing else, and once.
        shareable: whether it is a single operator.
    """

    node: Node
    shape: Shape
    kind: str
    layers: int = 1
    plain: bool = True
    shareable: bool = False


def block_body(pen: Pen, keep_rank: bool) -> Node:
    """The body of a block: layers, or branches."""
    scope = pen.scope
    shape = next(iter(scope.inputs.values()))
    if len(scope.inputs) == 1 and pen.chance(5):
        joined = branches(pen, "", shape, keep_rank)
        return {key: each for key, each in joined.node.items() if key in ("branches", "merge")}
    layers, shape = sequence(pen, "", shape, 4, keep_rank)
    for name, other in list(scope.inputs.items())[1:]:
        # Every input counts.
        more, shape = fitted(pen, shape, other)
        layers += more
        if (other.axes, other.spatial, other.tokens) != (shape.axes, shape.spatial, shape.tokens):
            continue
        merge = pen.pick(["add", "concat", "mul"]) if other == shape else "concat"
        shape = output(merge, {}, shape, other)
        layers.append({merge: None, "from": ["previous", name]})
    return {"layers": layers}


def sequence(
    pen: Pen, within: str, shape: Shape, most: int, keep_rank: bool, least: int = 1
) -> tuple[list[Node], Shape]:
    """Layers in order, and the shape that comes out."""
    layers: list[Node] = []
    counts: dict[str, int] = {}
    squashed = False
    while len(layers) < most and pen.library.left > 0 and (len(layers) < least or pen.more()):
        layer = _layer(pen, within, shape, keep_rank, squashed)
        pen.library.left -= layer.layers
        squashed = layer.kind in SATURATING
        layer = _with_options(pen, within, shape, layer)
        layers.append(layer.node)
        kind = layer.kind
        counts[kind] = counts.get(kind, 0) + 1
        joint = "_" if kind[-1].isdigit() else ""
        name = f"{kind}{joint}{counts[kind]}"
        if isinstance(layer.node, dict):
            name = layer.node.get("as", name)
        key = f"{within}.{name}" if within else name
        shared = (layer.node, shape) if layer.shareable else ()
        shape = layer.shape
        pen.scope.known[key] = Known(shape, *shared)
    if within:
        pen.scope.known[within] = Known(shape)
    return layers, shape


def _layer(pen: Pen, within: str, shape: Shape, keep_rank: bool, squashed: bool) -> Layer:
    structure = pen.pick(("operator",) * 12 + STRUCTURES)
    layer = None
    if structure == "branches" and pen.library.left > 2:
        joined = branches(pen, within, shape, keep_rank)
        layer = Layer(joined.node, joined.shape, joined.merge, 1, plain=False)
    elif structure == "gate" and shape.tokens is not None:
        joined = attention(pen, within, shape)
        layer = Layer(joined.node, joined.shape, joined.merge, 4, plain=False)
    elif structure == "gate" and shape.rank:
        joined = gate(pen, within, shape)
        layer = Layer(joined.node, joined.shape, joined.merge, 3, plain=False)
    elif structure == "call":
        layer = _call(pen, within, shape, keep_rank)
    elif structure == "merge":
        layer = _merge(pen, within, shape)
    elif structure == "share":
        layer = _share(pen, within, shape, keep_rank)
    elif structure == "activation":
        name = pen.activation()
        layer = Layer(name, shape, name)
    return layer or _operator(pen, shape, keep_rank, squashed)


def _operator(pen: Pen, shape: Shape, keep_rank: bool, squashed: bool) -> Layer:
    if shape.rank:
        ending = [] if keep_rank else ["flatten", "to_tokens", "to_tokens"]
        names = ["conv", *SPATIAL, *ANYWHERE, "conv", *list(ENDING)[1:], *ending]
    elif shape.tokens is not None:
        anywhere = [each for each in ANYWHERE if OPERATORS[each].takes_tokens]
        names = ["dense", *anywhere, "dense", "dense", *(KEEPING if keep_rank else TOKENS)]
    else:
        names = ["dense", *ANYWHERE, "dense", "dense", "dense"]
    name = pen.pick(names)
    if squashed and name in SATURATING:
        name = "scale"
    found = drawn(pen, name, shape, keep_rank)
    if found is None:
        return Layer("relu", shape, "relu", shareable=True)
    given, result = found
    defaults = pen.library.defaults.get(name)
    if defaults is not None and pen.chance(2):
        # What the network says for all of them.
        try:
            result = output(name, dict(defaults), shape)
            given = {}
        except ArchspecError:
            pass
    return Layer(_node(pen, name, given), result, name, shareable=True)


def _node(pen: Pen, name: str, given: dict[str, Any]) -> Node:
    if not given:
        return name if pen.chance(2) or OPERATORS[name].primary else {name: None}
    arguments = pen.arguments(given)
    primary = OPERATORS[name].primary
    if set(arguments) == {primary} and not isinstance(arguments[primary], dict):
        return {name: arguments[primary]}
    return {name: arguments}


def _call(pen: Pen, within: str, shape: Shape, keep_rank: bool) -> Layer | None:
    library = pen.library
    inputs, names = [shape], ["previous"]
    if pen.chance(4):
        near = [
            (name, each.shape)
            for name, each in pen.scope.visible(within).items()
            if each.shape.axes == shape.axes
        ]
        if near:
            name, other = pen.pick(near)
            inputs, names = [shape, other], ["previous", name]
    known = [
        name
        for name, shapes in library.inputs.items()
        if [each.axes for each in shapes] == [each.axes for each in inputs]
    ]
    if known and (pen.chance(2) or library.depth >= DEEPEST):
        block = pen.pick(known)
    elif library.depth < DEEPEST and library.left > 1:
        left = library.left
        block = new_block(pen, inputs, keep_rank)
        library.left = left
    else:
        return None
    made = call(pen, block, inputs)
    if made is None:
        return None
    node, result, layers = made
    if keep_rank and (result.axes, result.tokens) != (shape.axes, shape.tokens):
        return None
    if len(names) > 1:
        node = {**node, "from": names}
    elif next(iter(node.values())) is None and pen.chance(2):
        node = next(iter(node))
    kind = snake(next(iter(node)) if isinstance(node, dict) else node)
    return Layer(node, result, kind, layers, plain=len(names) == 1)


def _merge(pen: Pen, within: str, shape: Shape) -> Layer | None:
    """Something earlier comes in again."""
    options = []
    for name, each in pen.scope.visible(within).items():
        if each.shape == shape:
            options += [("add", name, {}), ("concat", name, {}), ("mul", name, {})]
        elif each.shape.axes == shape.axes:
            for merge, given in MERGES:
                try:
                    output(merge, given, shape, each.shape)
                except ArchspecError:
                    continue
                options.append((merge, name, given))
    if not options:
        return None
    merge, name, given = pen.pick(options)
    if merge == "concat" and shape.rank and pen.chance(4):
        axis = pen.pick(shape.axes[1:])
        try:
            output(merge, {"axis": axis}, shape, pen.scope.visible(within)[name].shape)
            given = {"axis": axis}
        except ArchspecError:
            pass
    other = pen.scope.visible(within)[name].shape
    result = output(merge, given, shape, other)
    if not small(result):
        return None
    sources = [name, "previous"] if pen.chance(3) else ["previous", name]
    node = {merge: given or None, "from": sources}
    return Layer(node, result, merge, plain=False)


def _share(pen: Pen, within: str, shape: Shape, keep_rank: bool) -> Layer | None:
    """An earlier layer again, with its weights."""
    options = [
        (name, each)
        for name, each in pen.scope.visible(within).items()
        if each.taken is not None
        and (each.taken.axes, each.taken.channels) == (shape.axes, shape.channels)
    ]
    if not options:
        return None
    name, each = pen.pick(options)
    layer = each.layer
    if isinstance(layer, dict):
        layer = {key: value for key, value in layer.items() if key in OPERATORS}
        if each.taken != shape and any(word in str(layer) for word in SIZED):
            return None
    found = probe(pen.scope, layer, [shape])
    if found is None:
        return None
    if keep_rank and (found[0].axes, found[0].tokens) != (shape.axes, shape.tokens):
        return None
    return Layer({"share": name}, found[0], "share", plain=False)


def _with_options(pen: Pen, within: str, before: Shape, layer: Layer) -> Layer:
    """Beside the operator: a name, a condition, repetition, how it starts."""
    options: dict[str, Any] = {}
    if pen.chance(8):
        options["as"] = pen.scope.fresh("named")
    if layer.kind in ("conv", "dense", "conv_transpose") and pen.chance(10):
        options["init"] = {"kernel": pen.pick(INITIAL), "bias": pen.pick(["zeros", 0.1])}
    if layer.plain and pen.chance(8):
        found = _repeated(pen, before, layer)
        if found is not None:
            repeat, layer = found
            options |= repeat
    elif layer.plain and pen.chance(7):
        text, holds = pen.condition()
        options["when"] = text
        layer.shareable = False
        if not holds:
            layer.shape = before
    if options:
        node = layer.node if isinstance(layer.node, dict) else {layer.node: None}
        layer.node = {**node, **options}
    return layer


def _repeated(pen: Pen, before: Shape, layer: Layer) -> tuple[Node, Layer] | None:
    """A layer several times, if it fits what it gives."""
    times = pen.integer(0, 3)
    node = layer.node if isinstance(layer.node, dict) else {layer.node: None}
    node = dict(node)
    options: dict[str, Any] = {"repeat": pen.number(times, 0)}
    if layer.kind == "conv" and pen.chance(2):
        given = dict(node["conv"])
        given["out"] = pen.pick([f"{given['out']} + i", f"({given['out']}) * (i + 1)"])
        node["conv"] = given
    if pen.chance(4):
        options["when"] = pen.pick(["i % 2 == 0", "i > 0", pen.condition()[0]])
    found = probe(pen.scope, {**node, **options}, [before])
    if found is None or found[1] > 8:
        return None
    layer.node, layer.shape, layer.shareable = node, found[0], False
    return options, layer
