"""From a resolved model to the text of one backend that knows no classes: layer after layer.

Where a manifest says ``containers = "graph"``, nothing is left but the flat graph of the one
instance: every argument is a number, and a macro prints one or several nodes of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import PurePath

from archspec.backends import Backend
from archspec.errors import BackendError
from archspec.expressions import as_expr
from archspec.model.graph import Graph, Node
from archspec.model.module import Step
from archspec.model.shape import Shape
from archspec.render.environment import Templates
from archspec.render.format import FORMATTERS
from archspec.render.header import header
from archspec.render.printing import Code
from archspec.render.source_map import Rendered, Span, lines_of, without_marks
from archspec.resolution import Model
from archspec.weights.naming import backend_tensors


@dataclass(frozen=True)
class NodeView:
    """A node of the graph as a template prints it.

    Args:
        path: the layer's; with ``/`` and its own name for a part of a layer.
        value: the name of what it computes.
        code: the operation, as its macro prints it.
    """

    path: str
    value: str
    code: Code


@dataclass(frozen=True)
class Value:
    """Something that goes in or comes out."""

    name: str
    shape: Shape


@dataclass(frozen=True)
class Weight:
    """A tensor: its name in the backend and its sizes there."""

    name: str
    sizes: tuple[int, ...]


def render_graph(model: Model, backend: Backend) -> Rendered:
    """The text of a network for a backend that takes nothing but a flat graph.

    Raises:
        BackendError: if the backend cannot honour something in the network.
    """
    templates = Templates(backend, model.spec.init)
    graph = model.graph
    weights = {
        name: Weight(each.name, each.shape)
        for name, each in backend_tensors(graph, backend).items()
    }
    values = _values(graph, backend)
    steps = [_step(node) for node in graph.nodes]
    layers = [
        (node, step, _nodes(templates, node, step, values, weights))
        for node, step in zip(graph.nodes, steps, strict=True)
    ]
    text = templates.render(
        "module.jinja",
        model=model,
        file=PurePath(model.spec.file).name,
        parameters={
            name: value if isinstance(value, str) else json.dumps(value)
            for name, value in model.values.items()
        },
        header=header(model, templates, fixed=True),
        inputs=[Value(name, shape) for name, shape in graph.inputs.items()],
        outputs=[Value(name, graph.shape(path)) for name, path in graph.outputs.items()],
        # A value has one name; an output that is the same one, or an input, is a copy of it.
        copies=[(n, values[path]) for n, path in graph.outputs.items() if values[path] != n],
        weights=list(weights.values()),
        stages=[
            (stage, [(step, nodes) for _, step, nodes in several])
            for stage, several in groupby(layers, key=lambda each: each[0].path.split(".")[0])
        ],
    )
    plain, marks = without_marks(text)
    name = f"{model.spec.stem}.{backend.manifest.extension}"
    formatted = FORMATTERS[backend.manifest.language](plain, name)
    return Rendered(formatted, tuple(_spans(formatted, marks, templates, graph)))


def _step(node: Node) -> Step:
    """A layer of the instance as macros see those of a class, every argument a number."""
    return Step(
        node.path,
        node.groups[-1][-1],
        node.inputs,
        tuple(as_expr(shape.channels) for shape in node.input_shapes),
        node.input_shapes[0].rank,
        node.where,
        node.operator,
        shape=node.shape,
        origin=(node.module, node.key),
        tokens=node.input_shapes[0].tokens is not None,
    )


def _values(graph: Graph, backend: Backend) -> dict[str, str]:
    """What the value of each layer and input is called: after an output, if it is one."""
    values = {name: name for name in graph.inputs}
    called: dict[str, str] = {}
    for name, path in graph.outputs.items():
        if name in graph.inputs:
            raise BackendError(
                f"{backend.title} cannot call an output `{name}` as an input is called",
                hint="give the output another name",
            )
        called.setdefault(path, name)
    for node in graph.nodes:
        values[node.path] = called.get(node.path, node.path)
        if node.path in graph.outputs and called.get(node.path) != node.path:
            # Another output is called as this layer is.
            values[node.path] = called.get(node.path, f"{node.path}/value")
    return values


def _nodes(
    templates: Templates,
    node: Node,
    step: Step,
    values: Mapping[str, str],
    weights: Mapping[str, Weight],
) -> list[NodeView]:
    """The nodes of one layer; the last one computes its value."""
    own = {t.name: weights[f"{node.owner}.{t.name}"].name for t in node.tensors}
    elements = templates.layer(step, *(values[each] for each in node.inputs), weights=own)
    parts = [f"/{ending[1:]}" if ending else "" for ending, _ in elements]
    return [
        NodeView(node.path + part, node.path + part if part else values[node.path], code)
        for part, (_, code) in zip(parts, elements, strict=True)
    ]


def _spans(
    text: str, marks: list[tuple[int, int, int]], templates: Templates, graph: Graph
) -> Iterator[Span]:
    for number, first, last in lines_of(text, marks):
        node = graph.by_path[templates.marks[number][1].key]
        yield Span(first, last, node.module, node.key, node.where, node.path)
