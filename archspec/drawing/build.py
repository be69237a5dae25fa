"""From a resolved model to what is in its picture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from archspec.analysis.parts import Container, parts_of
from archspec.drawing.calls import Arguments, calls_of
from archspec.drawing.facts import facts_of
from archspec.drawing.picture import Box, Frame, Part, Picture
from archspec.drawing.sequence import in_sequence
from archspec.drawing.words import argument, cut, words, wrapped
from archspec.drawing.words import kind as kind_of
from archspec.errors import UsageError
from archspec.model.graph import Node
from archspec.model.shape import Shape
from archspec.names import did_you_mean
from archspec.resolution import Model

# A block's arguments beyond these lines are left to the page that tells all.
_MOST_LINES = 3


def picture_of(
    model: Model,
    depth: int = 1,
    *,
    expand: Collection[str] = (),
    block: str | None = None,
    title: str | None = None,
) -> Picture:
    """What is in the picture of a network, or of one of its blocks.

    Args:
        model: the network.
        depth: how deep blocks are unfolded: 0 shows stages as boxes, 1 what stages consist of, 2
            the inside of blocks, and so on. For a block alone, 1 is its own inside.
        expand: blocks, or paths of instances, that are unfolded all the same.
        block: a block (its first instance is drawn), or the path of an instance or a stage.
        title: what stands above the picture; the name of what is drawn, if None.

    Raises:
        UsageError: for a block or a path that the network does not have.
    """
    whole = parts_of(model.graph)
    known = [each for each in whole.walk() if isinstance(each, Container) and each.path]
    wanted = [_find(name, known) for name in expand]
    build = _Build(model, whole, depth, [each for several in wanted for each in several])
    if block is not None:
        return build.part(_find(block, known)[0], title)
    return build.network(title)


def _find(name: str, known: Sequence[Container]) -> list[Container]:
    """The instances of a block, or the one part with this path."""
    found = [each for each in known if name in (each.block, each.path)]
    if not found:
        names = {each.block for each in known if each.block} | {each.path for each in known}
        hint = did_you_mean(name, sorted(names)) or "`archspec summary` lists the paths"
        raise UsageError(f"there is no block or stage `{name}` in this network", hint=hint)
    return found


class _Build:
    def __init__(
        self, model: Model, whole: Container, depth: int, expanded: Sequence[Container]
    ) -> None:
        self._graph = model.graph
        self._spec = model.spec
        self._whole = whole
        self._depth = depth
        self._expanded = {each.path for each in expanded}
        self._calls = calls_of(model)
        self._uses: Counter[str] = Counter(model.graph.outputs.values())
        for node in model.graph.nodes:
            self._uses.update(set(node.inputs))
        self._training = {each.name for each in model.spec.outputs if each.training}

    def network(self, title: str | None) -> Picture:
        parts = self._contents(self._whole, 0)
        inputs = [
            self._input(name, name, (("input", name), ("shape", _shown(shape))))
            for name, shape in self._graph.inputs.items()
        ]
        outputs = [
            self._output(name, value, name in self._training)
            for name, value in self._graph.outputs.items()
        ]
        figures = _figures(self._whole)
        name = self._spec.name if title is None else title
        return self._picture(name, figures, [*inputs, *_placed(parts, outputs)])

    def part(self, part: Container, title: str | None) -> Picture:
        """One stage or block alone, with what goes in and comes out."""
        # Depths count from what is drawn.
        self._depth += self._level(part.path) - 1
        parts = self._contents(part, self._level(part.path), opened=True)
        takes, results = self._boundary(parts, part)
        inputs = [self._input("input", value, (("from", value),)) for value in takes]
        outputs = [self._output("output", value, False) for value in results]
        name = (part.block or part.name) if title is None else title
        words = [", ".join(self._arguments(part.path))]
        places = [part.path] if part.path != name else []
        subtitle = " · ".join([*places, *filter(None, words), _figures(part)])
        return self._picture(name, subtitle, [*inputs, *_placed(parts, outputs)])

    def _level(self, path: str) -> int:
        """How many stages and blocks a path stands in, itself included."""
        places = path.split(".")
        inner = {".".join(places[: i + 1]) for i in range(1, len(places))}
        return 1 + sum(each in self._graph.blocks for each in inner)

    def _picture(self, title: str, subtitle: str, parts: Sequence[Part]) -> Picture:
        shapes = {name: _shown(shape) for name, shape in self._graph.inputs.items()}
        shapes |= {node.path: _shown(node.shape) for node in self._graph.nodes}
        return Picture(title, subtitle, tuple(parts), shapes)

    def _input(self, name: str, value: str, facts: tuple[tuple[str, str], ...]) -> Box:
        return Box(f"in {value}", "input", cut(name), (), (), value, facts)

    def _output(self, name: str, value: str, training: bool) -> Box:
        details = ("in training",) if training else ()
        facts = (("output", name), ("shape", _shown(self._graph.shape(value))))
        return Box(f"out {name} {value}", "output", cut(name), details, (value,), None, facts)

    def _contents(self, part: Container, level: int, opened: bool = False) -> tuple[Part, ...]:
        """What a stage or a block consists of, branches and repetitions laid open."""
        found: list[Part] = []
        for each in self._laid_open(part, top=not part.path and not opened):
            found.append(
                self._layer(each) if isinstance(each, Node) else self._container(each, level + 1)
            )
        return tuple(in_sequence(found, self._uses))

    def _laid_open(self, part: Container, top: bool) -> Iterator[Node | Container]:
        for each in part.parts:
            if isinstance(each, Node) or each.block or top:
                yield each
            else:
                yield from self._laid_open(each, top=False)

    def _layer(self, node: Node) -> Box:
        said = words(node)
        return Box(
            node.path,
            kind_of(node.operator),
            cut(said.title),
            wrapped(said.details),
            tuple(dict.fromkeys(node.inputs)),
            node.path,
            facts_of(node),
            parameters=node.parameters,
        )

    def _container(self, part: Container, level: int) -> Part:
        parts = self._contents(part, level)
        if part.block and len(parts) == 1 and isinstance(parts[0], Box):
            # A block that comes to one box is drawn as that box.
            only = parts[0]
            return replace(only, whole=True, facts=(("block", part.block), *only.facts))
        takes, results = self._boundary(parts, part)
        arguments = self._arguments(part.path)
        facts = [("path", part.path), ("block" if part.block else "stage", part.block or part.name)]
        if arguments:
            facts.append(("arguments", ", ".join(arguments)))
        facts.append(("output", _shown(part.shape)))
        facts.append(("parameters", f"{part.parameters:,}"))
        facts.append(("multiply-adds", f"{part.multiply_adds:,}"))
        return Frame(
            part.path,
            cut(part.block or part.name),
            wrapped(arguments, ", ")[:_MOST_LINES],
            part.block is None,
            parts,
            takes,
            results,
            level > self._depth and not self._is_expanded(part.path),
            tuple(facts),
            part.parameters,
            part.multiply_adds,
        )

    def _is_expanded(self, path: str) -> bool:
        """Whether it, or something in it, is to be unfolded."""
        return any(each == path or each.startswith(f"{path}.") for each in self._expanded)

    def _arguments(self, path: str) -> list[str]:
        given: Arguments = self._calls.get(path, ())
        # What must be given speaks for itself, as in a table; the rest says its name.
        return [
            f"{name} {argument(value)}" if optional or isinstance(value, bool) else argument(value)
            for name, value, optional in given
        ]

    def _boundary(
        self, parts: Sequence[Part], part: Container
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The values that go into a container, and those that come out."""
        made = {value for each in parts for value in each.results}
        takes = [value for each in parts for value in each.takes if value not in made]
        inside = Counter(
            value for each in part.walk() if isinstance(each, Node) for value in set(each.inputs)
        )
        results = [
            value for each in parts for value in each.results if self._uses[value] > inside[value]
        ]
        return tuple(dict.fromkeys(takes)), tuple(results)


def _figures(part: Container) -> str:
    return f"{part.parameters:,} parameters · {part.multiply_adds:,} multiply-adds"


def _placed(parts: Sequence[Part], outputs: Sequence[Box]) -> list[Part]:
    """Each output behind the part that makes it."""
    waiting = list(outputs)
    placed: list[Part] = []
    for part in parts:
        placed.append(part)
        placed += [each for each in waiting if each.takes[0] in part.results]
        waiting = [each for each in waiting if each.takes[0] not in part.results]
    return [*placed, *waiting]


def _shown(shape: Shape) -> str:
    return str(shape).replace("x", "×")
