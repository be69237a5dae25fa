"""What each tensor and module of a network is called in a backend, and how a tensor lies there.

The canonical name is the layer's path and the tensor's name, ``b3.inception1.b2.conv1.weight``.
A backend's names and layouts follow from its manifest alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archspec.backends import Backend, Manifest, TensorNaming
from archspec.errors import BackendError, Problem
from archspec.model.graph import Graph, Groups, Node
from archspec.operators import Tensor

if TYPE_CHECKING:
    from archspec.weights.layout import Array


@dataclass(frozen=True, slots=True)
class Placed:
    """One tensor as a backend holds it.

    Args:
        name: what the backend calls it, such as ``params/b3_inception1/b2_conv1/kernel``.
        permutation: for each axis of the backend's layout, its number in the canonical layout.
        shape: sizes in the backend's layout.
        flipped: the axes of the canonical layout along which the backend's array runs backwards.
        whole: sizes of the permuted axes, where the backend parts one of them in two; else None.
    """

    name: str
    permutation: tuple[int, ...]
    shape: tuple[int, ...]
    flipped: tuple[int, ...] = ()
    whole: tuple[int, ...] | None = None

    def place(self, array: Array) -> Array:
        """A canonical array in the backend's layout (a view where it can be one)."""
        return self._turned(array).transpose(self.permutation).reshape(self.shape)

    def restore(self, array: Array) -> Array:
        """An array of the backend in the canonical layout (a view where it can be one)."""
        order = range(len(self.permutation))
        array = array.reshape(self.whole or self.shape)
        return self._turned(array.transpose([self.permutation.index(axis) for axis in order]))

    def _turned(self, array: Array) -> Array:
        backwards = slice(None, None, -1)
        axes = range(len(self.permutation))
        return array[tuple(backwards if axis in self.flipped else slice(None) for axis in axes)]


def backend_tensors(graph: Graph, backend: Backend | None) -> dict[str, Placed]:
    """Every tensor of a network by its canonical name, as a backend holds it.

    Args:
        graph: the network.
        backend: whose names and layouts; None for the canonical form.

    Raises:
        BackendError: if two layers or tensors would have one name in the backend, or its
            manifest cannot describe a tensor.
    """
    if backend is None:
        return {
            name: Placed(name, tuple(range(len(tensor.shape))), tensor.shape)
            for name, (_, tensor) in graph.tensors.items()
        }
    _refuse_collisions(graph, backend)
    placed = {
        name: _placed(node, tensor, backend.manifest)
        for name, (node, tensor) in graph.tensors.items()
    }
    taken: dict[str, str] = {}
    for name, each in placed.items():
        other = taken.setdefault(each.name, name)
        if other != name:
            raise _collision(each.name, (other, name), graph.tensors[name][0], backend)
    return placed


def extra_tensors(graph: Graph, backend: Backend | None) -> dict[str, int]:
    """By the backend's names, the tensors that only its own state has, with their first value."""
    if backend is None:
        return {}
    manifest = backend.manifest
    return {
        _tensor_path(node, TensorNaming(name=name), manifest): value
        for node in graph.nodes
        if node.owner == node.path
        for name, value in manifest.extra_tensors.get(type(node.operator).name(), {}).items()
    }


def module_paths(graph: Graph, backend: Backend) -> dict[str, str]:
    """The canonical path of each module of the backend, by the backend's own path.

    Covers layers, block instances and, where the backend keeps containers as modules, stages
    and branches. A layer that shares another's tensors has no module of its own, but for a
    backend that has no modules at all.

    Raises:
        BackendError: if two layers would have one name in the backend.
    """
    _refuse_collisions(graph, backend)
    manifest = backend.manifest
    apart = manifest.containers == "graph"
    layers = [node for node in graph.nodes if apart or node.owner == node.path]
    instances = {node.groups[:end] for node in graph.nodes for end in range(1, len(node.groups))}
    scopes = [
        (path, groups)
        for path, groups in graph.groups.items()
        if manifest.containers in ("modules", "combinators") or groups in instances
    ]
    # Layers without tensors are bare functions in some backends, and so may share a name.
    ordered = [
        *((node.path, node.groups) for node in layers if node.tensors),
        *scopes,
        *((node.path, node.groups) for node in layers if not node.tensors),
    ]
    paths: dict[str, str] = {}
    for path, groups in ordered:
        paths.setdefault(joined(groups, manifest), path)
    return paths


def joined(groups: Groups, manifest: Manifest) -> str:
    """A path in a backend's own writing: ``b3_inception1/b2_conv1``."""
    return manifest.between.join(_group(group, manifest) for group in groups)


def _group(group: tuple[str, ...], manifest: Manifest) -> str:
    if manifest.numbered is None or not group[-1].isdigit():
        return manifest.inside.join(group)
    return f"{manifest.inside.join(group[:-1])}{manifest.numbered}{group[-1]}"


def _refuse_collisions(graph: Graph, backend: Backend) -> None:
    """Refuse two block instances or layers that would have one name."""
    taken: dict[str, Groups] = {}
    for node in graph.nodes:
        for groups in _modules(node, backend.manifest.names_layers):
            name = joined(groups, backend.manifest)
            other = taken.setdefault(name, groups)
            if other != groups:
                paths = (_path(other), _path(groups))
                raise _collision(name, paths, node, backend)


def _modules(node: Node, names_layers: bool) -> Iterator[Groups]:
    named = names_layers or bool(node.tensors)
    whole = len(node.groups) + (node.owner == node.path and named)
    yield from (node.groups[:end] for end in range(1, whole))


def _path(groups: Groups) -> str:
    return ".".join(part for group in groups for part in group)


def _collision(name: str, paths: tuple[str, str], node: Node, backend: Backend) -> BackendError:
    text = f"`{paths[0]}` and `{paths[1]}` would both be called `{name}` in {backend.title}"
    hint = "give one of them another name with `as`, or rename the branch"
    return BackendError([Problem(text, node.where, node.path, hint)])


def _placed(node: Node, tensor: Tensor, manifest: Manifest) -> Placed:
    depthwise = node.depthwise and node.input_shapes[0].rank in manifest.depthwise_axes
    operator = "depthwise_conv" if depthwise else type(node.operator).name()
    default = TensorNaming(name=tensor.name)
    naming = manifest.tensors.get(operator, {}).get(tensor.name, default)
    spatial = len(tensor.shape) - len(tensor.axes.replace("*", ""))
    ours = expanded_axes(tensor.axes, spatial)
    theirs = expanded_axes(naming.axes or tensor.axes, spatial)
    if sorted(ours) != sorted(theirs):
        raise BackendError(
            f"{manifest.name}: tensors.{operator}.{tensor.name}: the axes {naming.axes!r} are not"
            f" an order of {tensor.axes!r}"
        )
    permutation = tuple(ours.index(axis) for axis in theirs)
    shape = tuple(tensor.shape[axis] for axis in permutation)
    flipped = tuple(i for i, axis in enumerate(ours) if naming.flip and axis.isdigit())
    whole = None
    if depthwise and tensor.role == "kernel":
        # Outputs (in * multiplier) and the one input that each sees: in, multiplier.
        channels = node.input_shapes[0].channels
        parted = {"O": (channels, tensor.shape[0] // channels), "I": ()}
        whole, kept = (
            shape,
            [parted.get(axis, (size,)) for axis, size in zip(theirs, shape, strict=True)],
        )
        shape = tuple(size for sizes in kept for size in sizes)
    return Placed(_tensor_path(node, naming, manifest), permutation, shape, flipped, whole)


def _tensor_path(node: Node, naming: TensorNaming, manifest: Manifest) -> str:
    collection = naming.collection or manifest.collection
    joint = manifest.between if manifest.tensor_joint is None else manifest.tensor_joint
    path = f"{joined(node.groups, manifest)}{joint}{naming.name}"
    return f"{collection}{manifest.between}{path}" if collection else path


def expanded_axes(axes: str, spatial: int) -> list[str]:
    """A name for each axis, ``*`` standing for ``spatial`` ones: ``OI*`` → O, I, 0, 1."""
    names: list[str] = []
    for axis in axes:
        names.extend([str(each) for each in range(spatial)] if axis == "*" else [axis])
    return names
