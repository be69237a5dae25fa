"""Branches that run in parallel, and what makes their shapes meet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from archspec.model.shape import Shape
from tests.fuzz.operators import output
from tests.fuzz.pen import Pen
from tests.fuzz.scope import Known, Node
from tests.fuzz.windows import per_axis, reaching, small


@dataclass(frozen=True)
class Joined:
    """Branches and their merge: the node, the shape, and the name of the merge."""

    node: Node
    shape: Shape
    merge: str


def branches(pen: Pen, within: str, shape: Shape, keep_rank: bool) -> Joined:
    """Two or three branches over one input, or for once only one."""
    from tests.fuzz.sequences import sequence

    scope = pen.scope
    count = pen.pick([2, 2, 2, 3, 2, 1])
    merge = pen.pick(["add", "concat", "concat", "mul"]) if count > 1 else "concat"
    target: Shape | None = None
    shapes: list[Shape] = []
    made: dict[str, Node] = {}
    for _ in range(count):
        name = scope.fresh("p")
        key = f"{within}.{name}" if within else name
        before = dict(scope.known)
        when, holds = pen.condition() if pen.chance(8) else (None, True)
        if (
            when is not None
            and not holds
            and target is not None
            and not _meets(merge, shape, target)
        ):
            when, holds = None, True
        layers: list[Node] = []
        result = shape
        if not pen.chance(4):
            layers, result = sequence(pen, key, shape, 3, keep_rank or target is not None)
        if target is None and result.tokens not in (None, shape.tokens):
            # Others could not come to as many tokens.
            layers.append({"mean": "T"})
            result = Shape.of(result.channels)
        if target is not None and holds and not _meets(merge, result, target):
            more, result = fitted(pen, result, target, merge == "concat")
            layers += more
        if when is not None:
            scope.forget(before)
        made[name] = layers if when is None else {"when": when, "layers": layers}
        shapes.append(result if holds else shape)
        target = target or shapes[0]
        scope.known[key] = Known(shapes[-1])
    arguments: dict[str, Any] = {}
    if merge == "concat" and len(set(shapes)) == 1 and shapes[0].rank and pen.chance(5):
        arguments = {"axis": pen.pick(shapes[0].axes[1:])}
    result = output(merge, arguments, *shapes)
    if not small(result):
        merge, arguments = "concat", {}
        result = output(merge, arguments, *shapes)
    node: Node = {"branches": made}
    if merge != "concat" or arguments or pen.chance(3):
        node["merge"] = {merge: arguments} if arguments else merge
    return Joined(node, result, merge)


def _meets(merge: str, shape: Shape, target: Shape) -> bool:
    if merge == "concat":
        kinds = [(each.axes, each.spatial, each.tokens) for each in (shape, target)]
        return kinds[0] == kinds[1]
    return shape == target


def fitted(
    pen: Pen, shape: Shape, target: Shape, any_channels: bool = False
) -> tuple[list[Node], Shape]:
    """Layers that bring a value to the spatial size of another, and to its channels."""
    layers: list[Node] = []
    if shape.rank and not target.rank:
        layers.append("global_avg_pool")
        shape = Shape.of(shape.channels)
    if shape.tokens is not None and target.axes == ("C",):
        layers.append({"mean": "T"})
        shape = Shape.of(shape.channels)
    if shape.axes != target.axes or shape.tokens != target.tokens:
        return layers, shape
    if shape == target or (any_channels and shape.spatial == target.spatial):
        return layers, shape
    out = pen.pick([3, 2, 4]) if any_channels else target.channels
    if shape.tokens is not None:
        layers.append({"dense": pen.number(out)})
        return layers, Shape.of_tokens(shape.tokens, out)
    if not shape.rank:
        layers.append({"dense": pen.number(out)})
        return layers, Shape.of(out)
    axes = [reaching(pen, *sizes) for sizes in zip(shape.spatial, target.spatial, strict=True)]
    if all(axes):
        kernel = per_axis(pen, [each["kernel"] for each in axes])
        given: dict[str, Any] = {"kernel": kernel}
        if any(each["stride"] > 1 for each in axes):
            given["stride"] = per_axis(pen, [each["stride"] for each in axes])
        if any(each["low"] or each["high"] for each in axes):
            given["padding"] = [[each["low"], each["high"]] for each in axes]
        layers.append({"conv": pen.arguments({"out": out, **given})})
        return layers, output("conv", {"out": out, **given}, shape)
    # Much smaller on one axis, larger on another: the smaller first.
    while any(n > t for n, t in zip(shape.spatial, target.spatial, strict=True)):
        kernel = [max(n - t + 1, 1) for n, t in zip(shape.spatial, target.spatial, strict=True)]
        given = {"out": out, "kernel": kernel}
        layers.append({"conv": given})
        shape = output("conv", given, shape)
    kernel = [t - n + 1 for n, t in zip(shape.spatial, target.spatial, strict=True)]
    given = {"out": out, "kernel": kernel}
    layers.append({"conv_transpose": given})
    return layers, output("conv_transpose", given, shape)


def gate(pen: Pen, within: str, shape: Shape) -> Joined:
    """Squeeze and excite, or an offset made likewise; or one gate for all channels."""
    scope = pen.scope
    pool = pen.pick(["global_avg_pool", "global_max_pool"])
    out = shape.channels
    layers: list[Node] = [{pool: {"keep_axes": True}}]
    if pen.chance(4):
        layers, out = [], 1
    if pen.chance(3):
        layers += [{"conv": pen.arguments({"out": 2, "kernel": 1})}, "relu"]
    layers.append({"conv": pen.arguments({"out": out, "kernel": 1})})
    merge = pen.pick(["mul", "mul", "add"])
    if merge == "mul":
        layers.append(pen.pick(["sigmoid", {"hard_sigmoid": "1 / 6"}]))
    names = [scope.fresh("p"), scope.fresh("p")]
    made: dict[str, Node] = {names[0]: layers, names[1]: []}
    if pen.chance(3):
        made = dict(reversed(made.items()))
    for name in names:
        scope.known[f"{within}.{name}" if within else name] = Known(shape)
    # The gate's own branch is smaller; nothing else names it.
    del scope.known[f"{within}.{names[0]}" if within else names[0]]
    return Joined({"branches": made, "merge": {merge: {"broadcast": True}}}, shape, merge)


def attention(pen: Pen, within: str, shape: Shape) -> Joined:
    """Three projections of tokens, and attention among them."""
    scope = pen.scope
    heads = pen.integer(1, 3)
    widths = [heads * pen.integer(1, 3)] * 2 + [heads * pen.integer(1, 3)]
    made: dict[str, Node] = {}
    for width in widths:
        name = scope.fresh("p")
        made[name] = [{"dense": pen.number(width)}]
        key = f"{within}.{name}" if within else name
        scope.known[key] = Known(Shape.of_tokens(shape.tokens or 0, width))
    merge = {"attention": pen.arguments({"heads": heads})}
    result = Shape.of_tokens(shape.tokens or 0, widths[2])
    return Joined({"branches": made, "merge": merge}, result, "attention")
