"""What a network has besides blocks: inputs, stages and outputs."""

from __future__ import annotations

from archspec.errors import Location
from archspec.expressions.types import Bool, Int
from archspec.names import did_you_mean
from archspec.reading import Mapping, Node, Scalar, Sequence, describe
from archspec.schema.documents import OutputDocument, StageDocument
from archspec.schema.expressions import read_expression
from archspec.schema.layers import read_layers
from archspec.schema.names import check_name
from archspec.schema.scope import Scope
from archspec.schema.spec import Input, Output, Stage

MOST_SPATIAL = 3


def read_inputs(scope: Scope, node: Node | None) -> tuple[Input, ...]:
    """The inputs by name; a bare list is one input called ``x``."""
    report = scope.report
    found: list[tuple[str, Node, str]] = []
    if isinstance(node, Mapping):
        for entry in node:
            path = f"input.{entry.key}"
            if entry.key != "x":
                check_name(report, entry.key, "input", entry.key_where, path)
            found.append((entry.key, entry.value, path))
        if not found:
            report.add("a network needs at least one input", node.where, "input")
    elif node is not None:
        found = [("x", node, "input")]
    inputs = []
    for name, value, path in found:
        if not isinstance(value, Sequence) or not 1 <= len(value) <= 1 + MOST_SPATIAL:
            report.add(
                f"expected channels and up to three spatial sizes, received {describe(value)}",
                value.where,
                path,
                "such as `[3, 224, 224]`: channels, height, width",
            )
            continue
        sizes = []
        for place, each in enumerate(value):
            with report.collecting(each.where):
                sizes.append(read_expression(scope, each, f"{path}[{place}]", Int(1)))
        if len(sizes) == len(value):
            inputs.append(Input(name, tuple(sizes), value.where))
    return tuple(inputs)


def read_stages(scope: Scope, node: Node | None) -> tuple[Stage, ...]:
    """The stages in order."""
    report = scope.report
    if not isinstance(node, Mapping):
        return ()
    if not node.entries:
        report.add("a network needs at least one stage", node.where, "stages")
    stages = []
    for entry in node:
        path = f"stages.{entry.key}"
        check_name(report, entry.key, "layer", entry.key_where, path)
        value: Node | None = entry.value
        if isinstance(value, Mapping):
            if report.validate(StageDocument, value, path) is None:
                continue
            value = value.get("layers")
        stages.append(Stage(entry.key, read_layers(scope, value, path), entry.key_where))
    return tuple(stages)


def read_outputs(scope: Scope, node: Node | None, stages: tuple[Stage, ...]) -> tuple[Output, ...]:
    """The outputs; where none are named, the last stage is the only one."""
    last = stages[-1].name if stages else ""
    if node is None:
        where = stages[-1].where if stages else Location("", 1, 1)
        return (Output("output", last, (), None, False, where),)
    if not isinstance(node, Mapping):
        return ()
    outputs = []
    for entry in node:
        path = f"outputs.{entry.key}"
        check_name(scope.report, entry.key, "layer", entry.key_where, path)
        value = entry.value
        if isinstance(value, Scalar) and isinstance(value.value, str):
            outputs.append(Output(entry.key, value.value, (), None, False, value.where))
            continue
        output = _read_output(scope, entry.key, entry.key_where, value, path, last)
        if output is None:
            continue
        if output.layers and any(stage.name == entry.key for stage in stages):
            scope.report.add(
                f"a stage is called `{entry.key}` too",
                entry.key_where,
                path,
                "an output with layers of its own needs a name of its own",
            )
        outputs.append(output)
    if len(outputs) == len(node) and all(each.when for each in outputs):
        problem = "a network needs an output that is always there"
        hint = f"such as `logits: {last}`" if last else None
        scope.report.add(problem, node.where, "outputs", hint)
    return tuple(outputs)


def _read_output(
    scope: Scope, name: str, where: Location, node: Node, path: str, last: str
) -> Output | None:
    report = scope.report
    document = report.validate(OutputDocument, node, path, what="a stage's name or a mapping")
    if document is None or not isinstance(node, Mapping):
        return None
    when_node, when = node.get("when"), None
    if when_node is not None:
        with report.collecting(when_node.where):
            when = read_expression(scope, when_node, f"{path}.when", Bool())
    if document.training and when_node is None:
        report.add(
            "an output for training only hangs on a parameter",
            where,
            path,
            "such as `when: aux_heads`, with `aux_heads` among `arguments`",
        )
    layers = read_layers(scope, node.get("layers"), f"{path}.layers")
    at = node.get("from")
    return Output(
        name,
        document.from_ or last,
        layers,
        when,
        document.training,
        at.where if at else where,
        document.doc,
    )


def check_arguments(scope: Scope, node: Mapping, arguments: list[str]) -> None:
    """Note arguments that are no parameters, are listed twice, or set the input's size."""
    listed, given = node.get("arguments"), node.get("input")
    sizes = _size_names(given) if given else set()
    for place, name in enumerate(arguments):
        where = listed[place].where if isinstance(listed, Sequence) else node.where
        path = f"arguments[{place}]"
        if name not in scope.kinds:
            hint = did_you_mean(name, scope.kinds)
            scope.report.add(f"there is no parameter `{name[:80]}`", where, path, hint)
        elif name in arguments[:place]:
            scope.report.add(f"`{name}` is listed twice", where, path)
        elif name in sizes:
            scope.report.add(
                f"`{name}` is a size of the input, on which generated numbers depend",
                where,
                path,
                "leave it a parameter, which `--set` changes when code is generated",
            )
        else:
            # It becomes an attribute of the class, beside the framework's own.
            check_name(scope.report, name, "layer", where, path)


def _size_names(node: Node) -> set[str]:
    """The words in the spatial sizes of the inputs."""
    shapes = [entry.value for entry in node] if isinstance(node, Mapping) else [node]
    texts = [
        each.value
        for shape in shapes
        if isinstance(shape, Sequence)
        for each in shape.items[1:]
        if isinstance(each, Scalar) and isinstance(each.value, str)
    ]
    words = "".join(c if c.isalnum() or c == "_" else " " for text in texts for c in f"{text} ")
    return set(words.split())
