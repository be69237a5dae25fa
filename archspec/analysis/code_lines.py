"""How each backend writes a layer: the lines of its generated file that hold it."""

from __future__ import annotations

from dataclasses import dataclass

from archspec.backends import Backend
from archspec.errors import BackendError
from archspec.model.graph import Node
from archspec.render import render
from archspec.render.source_map import Rendered
from archspec.resolution import Model


@dataclass(frozen=True, slots=True)
class Written:
    """A network in one backend; ``refused`` says why it cannot be written there."""

    backend: Backend
    file: str
    rendered: Rendered | None
    refused: str | None = None

    def lines_of(self, node: Node) -> tuple[tuple[int, str], ...]:
        """The lines of a layer by number, less the indentation that they have in common."""
        if self.rendered is None:
            return ()
        layer = (node.module, node.key)
        numbers = {
            number
            for span in self.rendered.spans
            if (span.path == node.path if span.path else (span.module, span.key) == layer)
            for number in range(span.first, span.last + 1)
        }
        text = self.rendered.text.splitlines()
        held = [(number, text[number - 1]) for number in sorted(numbers)]
        indents = [len(line) - len(line.lstrip()) for _, line in held if line.strip()]
        return tuple((number, line[min(indents, default=0) :]) for number, line in held)


def write(model: Model, backend: Backend) -> Written:
    """The file that a backend generates for a network."""
    name = f"{model.spec.stem}.{backend.manifest.extension}"
    file = f"generated/{backend.name}/{name}"
    try:
        return Written(backend, file, render(model, backend))
    except BackendError as error:
        return Written(backend, file, None, error.problems[0].problem)
