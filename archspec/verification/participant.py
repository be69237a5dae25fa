"""One backend's answer, translated into canonical names and layouts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from archspec.backends import Backend
from archspec.errors import ArchspecError
from archspec.model.graph import Graph
from archspec.verification import request
from archspec.verification.answer import Answer
from archspec.verification.compare import Array
from archspec.verification.sightings import Places, Sighting, sightings
from archspec.verification.source import Source
from archspec.weights.layout import from_layout
from archspec.weights.naming import backend_tensors, joined, module_paths


@dataclass(frozen=True)
class Participant:
    """A backend that ran: its answer in canonical terms."""

    backend: Backend
    graph: Graph
    source: Source
    answer: Answer

    def done(self, task: str) -> bool:
        """Whether a task was carried out to its end."""
        return task in self.answer.done

    @property
    def training(self) -> str:
        """The name of its task that is a pass in training: with gradients, where it has them."""
        return request.GRADIENTS if self.backend.manifest.gradients else request.TRAINING

    def error(self, task: str) -> dict[str, Any] | None:
        """What broke a task off."""
        report = self.answer.tasks.get(task)
        return None if report is None else report["error"]

    def outputs(self, task: str) -> dict[str, Array]:
        """The outputs by name (N, C, *spatial)."""
        found = self.answer.part(task, "output")
        return {
            name: self._batch(each, self.graph.shape(self.graph.outputs[name]).axes)
            for name, each in found.items()
            if name in self.graph.outputs
        }

    def layers(self, task: str) -> dict[str, list[tuple[Sighting, Array]]]:
        """Every sighting of every layer's value, the most direct first."""
        report = self.answer.tasks.get(task)
        if report is None:
            return {}
        lines = self.source.alignment.to_generated
        spans = self.source.spans
        found = sightings(self.graph, self.backend, report["records"], spans, lines)
        arrays = self.answer.part(task, "array")
        axes = {node.path: node.shape.axes for node in self.graph.nodes}
        return {
            path: [(one, self._batch(arrays[str(one.array)], axes[path])) for one in several]
            for path, several in found.items()
        }

    def dropouts(self, task: str) -> dict[str, tuple[float, bool]]:
        """The rate of each dropout by its layer's path, and whether it would have dropped."""
        report = self.answer.tasks.get(task)
        paths = module_paths(self.graph, self.backend)
        places = Places(self.graph, self.source.spans, self.source.alignment.to_generated)
        nodes = self.graph.nodes
        named = {joined(node.groups, self.backend.manifest): node for node in nodes}
        found: dict[str, tuple[float, bool]] = {}
        for each in report["dropouts"] if report else ():
            node = named.get(each["path"])
            if node is not None:
                layers = [other for other in nodes if other.owner == node.path] or [node]
            else:
                instance = paths.get(each["instance"], "")
                layers = places.layers(instance, each["line"], each["line"])
            # One that is shared, or stands in a loop, is seen once for each time it is applied.
            turns = [node.path for node in layers]
            unseen = [turn for turn in turns if turn not in found]
            path = next(iter(unseen or turns), "")
            found[path] = (each["rate"], each["active"])
        return found

    def tensors(self, task: str, kind: str) -> dict[str, Array]:
        """Gradients, statistics or stepped tensors by canonical name, in canonical layout."""
        found = self.answer.part(task, kind)
        placed = backend_tensors(self.graph, self.backend)
        return {
            name: each.restore(found[each.name])
            for name, each in placed.items()
            if each.name in found and found[each.name].shape == each.shape
        }

    def input_gradients(self, task: str) -> dict[str, Array]:
        """The gradients of the inputs (N, C, *spatial)."""
        found = self.answer.part(task, "input_gradient")
        return {
            name: self._batch(found[name], shape.axes)
            for name, shape in self.graph.inputs.items()
            if name in found
        }

    def _batch(self, array: Array, axes: tuple[str, ...]) -> Array:
        try:
            return from_layout(array, axes, self.backend)
        except ArchspecError:
            # Not even as many axes: left as it is, its shape will differ.
            return array


def gradients(participant: Participant, task: str) -> Mapping[str, Array]:
    """The gradients of trained tensors and of inputs, each by its name."""
    return {**participant.tensors(task, "gradient"), **participant.input_gradients(task)}
