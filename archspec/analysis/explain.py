"""One layer, or one block or stage, and all that is known about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from archspec.analysis.code_lines import Written, write
from archspec.analysis.origins import Origin, origin_of
from archspec.analysis.parts import Container, Part, block_of, parts_of
from archspec.analysis.shape_rule import shape_rule
from archspec.analysis.traps import Trap, traps_of
from archspec.backends import Backend, built_in
from archspec.errors import BackendError, UsageError
from archspec.model.graph import Node
from archspec.resolution import Model
from archspec.weights.naming import Placed, backend_tensors

_MOST_NEAR = 5


@dataclass(frozen=True, slots=True)
class InBackend:
    """A layer in one backend.

    Args:
        title: what people call the backend.
        file: the generated file.
        lines: its lines that hold the layer, by number.
        tensors: by canonical name, how the backend holds each tensor.
        made: whether the file is made of the lines, which then are not its own.
        refused: why the backend cannot write the network; None if it can.
    """

    name: str
    title: str
    file: str
    lines: tuple[tuple[int, str], ...]
    tensors: dict[str, Placed]
    made: bool
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class Explained:
    """A layer.

    Args:
        node: of the flat graph.
        origin: where it and its arguments come from.
        rule: for each axis of its output, how its size comes about.
        shared: other layers with the same tensors.
        takers: the layers and outputs that take what it gives.
        backends: how each writes it.
        traps: what frameworks disagree on that concerns it.
    """

    node: Node
    origin: Origin
    rule: list[tuple[str, str]]
    shared: tuple[str, ...]
    takers: tuple[str, ...]
    backends: tuple[InBackend, ...]
    traps: list[Trap]

    @property
    def parameters(self) -> int:
        """Trained numbers in its tensors, be they its own or another layer's."""
        return sum(each.elements for each in self.node.tensors if each.trainable)


def explain(
    model: Model, path: str, backends: Sequence[Backend] | None = None
) -> Explained | Container:
    """All that is known about a layer; of a stage, branch or block what is in it.

    Args:
        model: the network.
        path: of a layer or a container, such as ``b3.inception1``.
        backends: those to show; None for all that come with archspec.

    Raises:
        UsageError: if there is no such path, with the nearest ones.
    """
    node = model.graph.by_path.get(path)
    if node is None:
        return _container(model, path)
    written = [write(model, each) for each in (built_in() if backends is None else backends)]
    same = [each.path for each in model.graph.nodes if each.owner == node.owner]
    takers = [each.path for each in model.graph.nodes if path in each.inputs]
    takers += [f"output `{name}`" for name, each in model.graph.outputs.items() if each == path]
    return Explained(
        node,
        origin_of(model, node),
        shape_rule(node),
        tuple(each for each in same if each != path) if node.tensors else (),
        tuple(takers),
        tuple(_in_backend(model, node, each) for each in written),
        traps_of(node),
    )


def _in_backend(model: Model, node: Node, written: Written) -> InBackend:
    names = [f"{node.owner}.{tensor.name}" for tensor in node.tensors]
    backend, refused = written.backend, written.refused
    tensors: dict[str, Placed] = {}
    if refused is None:
        try:
            placed = backend_tensors(model.graph, backend)
            tensors = {name: placed[name] for name in names}
        except BackendError as error:
            refused = error.problems[0].problem
    lines = written.lines_of(node)
    made = backend.manifest.assemble is not None
    return InBackend(backend.name, backend.title, written.file, lines, tensors, made, refused)


def _container(model: Model, path: str) -> Container:
    parts = {each.path: each for each in parts_of(model.graph).walk() if each.path}
    found = parts.get(path)
    if isinstance(found, Container):
        return found
    raise UsageError(f"`{model.spec.name}` has no layer {path[:120]!r}", hint=_near(path, parts))


def _near(path: str, parts: dict[str, Part]) -> str:
    """The uses of a block of this name, the paths that end alike, or the nearest ones.

    Else what there is at the top.
    """
    inside: list[str] = []
    if path not in ("", "."):
        uses = [each for each, part in parts.items() if block_of(part) == path]
        inside = (uses or [each for each in parts if each.endswith(f".{path}")])[:_MOST_NEAR]
    near = inside or get_close_matches(path[:200], list(parts), n=_MOST_NEAR, cutoff=0.6)
    if near:
        return f"did you mean {' or '.join(f'`{each}`' for each in near)}?"
    top = [each.path for each in parts.values() if each.depth == 1]
    if not top:
        return "it has no layers"
    more = ", …" if len(top) > 12 else ""
    return "it has: " + ", ".join(top[:12]) + more


def explained_data(found: Explained | Container) -> dict[str, Any]:
    """For JSON."""
    if isinstance(found, Container):
        return _container_data(found)
    node, origin = found.node, found.origin
    return {
        "kind": "layer",
        "path": node.path,
        "operator": node.operator.name(),
        "onnx": type(node.operator).onnx,
        "where": str(node.where),
        "class": node.module,
        "called_at": str(origin.called) if origin.called else None,
        "iteration": node.index,
        "by_parameter": origin.activation,
        "arguments": [
            {
                "name": each.name,
                "value": _plain(each.value),
                "origin": each.origin,
                "where": str(each.where) if each.where else None,
                "names": {k: _plain(v) for k, v in each.names.items()} if each.names else {},
                "declared": _plain(each.declared),
            }
            for each in origin.arguments
        ],
        "inputs": [
            {"path": path, "shape": list(shape.sizes)}
            for path, shape in zip(node.inputs, node.input_shapes, strict=True)
        ],
        "output": {"axes": list(node.shape.axes), "shape": list(node.shape.sizes)},
        "rule": dict(found.rule),
        "taken_by": list(found.takers),
        "tensors": [
            {"name": f"{node.owner}.{each.name}", "shape": list(each.shape), "role": each.role}
            for each in node.tensors
        ],
        "shared_with": list(found.shared),
        "parameters": found.parameters,
        "multiply_adds": node.multiply_adds,
        "backends": {each.name: _backend_data(each) for each in found.backends},
        "traps": [
            {"heading": each.heading, "danger": each.danger, "address": each.address}
            for each in found.traps
        ],
    }


def _backend_data(found: InBackend) -> dict[str, Any]:
    return {
        "file": found.file,
        "lines": [{"line": number, "text": text} for number, text in found.lines],
        "tensors": {
            name: {"name": each.name, "shape": list(each.shape)}
            for name, each in found.tensors.items()
        },
        "refused": found.refused,
    }


def _container_data(part: Container) -> dict[str, Any]:
    return {
        "kind": "block" if part.block else "container",
        "path": part.path,
        "block": part.block,
        "shape": list(part.shape.sizes),
        "parameters": part.parameters,
        "multiply_adds": part.multiply_adds,
        "parts": [
            {
                "path": each.path,
                "operator": each.operator.name() if isinstance(each, Node) else None,
                "block": block_of(each),
                "shape": list(each.shape.sizes),
                "parameters": each.parameters,
                "multiply_adds": each.multiply_adds,
            }
            for each in part.parts
        ],
    }


def _plain(value: Any) -> Any:
    """A value of the language as JSON has it."""
    return [_plain(each) for each in value] if isinstance(value, tuple | list) else value
