"""What each layer takes: names in a spec become keys inside their class."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from archspec.errors import Location, Problem, SpecError
from archspec.expressions import Expr
from archspec.names import did_you_mean
from archspec.resolution.linked import LinkedChain, LinkedOutput, LinkedParallel, LinkedStep, Links
from archspec.schema.blocks import channel_names
from archspec.schema.report import Report
from archspec.schema.spec import Block, Branch, Layer, Output, Spec


@dataclass
class _Linker:
    """Links the layers of one class.

    Args:
        inputs: the names of the class's inputs.
        parameters: the names of its parameters.
        problems: where problems go.
        known: the keys computed so far, with the layer of those that are one.
        flat: each name as it is written in backends that join the parts of a key by ``_``.
    """

    inputs: tuple[str, ...]
    parameters: frozenset[str]
    problems: list[Problem]
    known: dict[str, LinkedStep | None] = field(default_factory=dict)
    flat: dict[str, str] = field(default_factory=dict)

    def chain(
        self,
        key: str,
        source: str,
        layers: Iterable[Layer],
        where: Location,
        path: str,
        when: Expr | None = None,
    ) -> LinkedChain:
        if key:
            self._claim(key, where, path)
        outside = set(self.known)
        items: list[LinkedStep | LinkedParallel | LinkedChain] = []
        current = source
        for layer in layers:
            name = f"{key}.{layer.name}" if key else layer.name
            try:
                self._claim(name, layer.where, layer.path)
                items.append(self._item(key, name, current, layer))
            except SpecError as error:
                self.problems.extend(error.problems)
                self.known[name] = None
            current = name
        if when is not None:
            # What may not be there cannot be referred to from outside.
            self.known = {k: v for k, v in self.known.items() if k in outside}
        self.known[key] = None
        name = key.rpartition(".")[2]
        return LinkedChain(key, name, source, tuple(items), current, when, where, path)

    def _claim(self, key: str, where: Location, path: str) -> None:
        """Note a name that generated code could not tell from another one."""
        flat = key.replace(".", "_")
        other = self.flat.setdefault(flat, key)
        clash = None
        if flat in self.inputs:
            clash = f"`{flat}` is an input"
        elif flat in self.parameters:
            clash = f"`{flat}` is a parameter"
        elif other != key:
            clash = f"`{other}` and `{key}` would both be `{flat}` in generated code"
        if clash:
            hint = "rename it, a layer with `as`"
            self.problems.append(Problem(clash, where, path, hint))

    def _item(
        self, within: str, key: str, current: str, layer: Layer
    ) -> LinkedStep | LinkedParallel:
        sources = self._sources(within, current, layer)
        if layer.branches:
            if len(sources) != 1 or layer.when is not None or layer.repeat is not None:
                raise SpecError(
                    "branches take one input, once and always",
                    layer.where,
                    layer.path,
                    "put them into a block of their own, which may have `when` and `repeat`",
                )
            branches = tuple(self._branch(within, sources[0], each) for each in layer.branches)
            assert layer.merge is not None
            inputs = tuple(branch.key for branch in branches)
            merge = LinkedStep(key, layer.merge, inputs)
            self.known[key] = merge
            return LinkedParallel(branches, merge, layer)
        if len(sources) > 1 and (layer.when is not None or layer.repeat is not None):
            raise SpecError(
                "`when` and `repeat` need a layer with one input", layer.where, layer.path
            )
        if layer.share is not None:
            layer = self._shared(within, layer)
        step = LinkedStep(key, layer, sources)
        self.known[key] = step
        return step

    def _branch(self, within: str, source: str, branch: Branch) -> LinkedChain:
        key = f"{within}.{branch.name}" if within else branch.name
        return self.chain(key, source, branch.layers, branch.where, branch.path, branch.when)

    def _sources(self, within: str, current: str, layer: Layer) -> tuple[str, ...]:
        if layer.sources is None:
            return (current,)
        return tuple(
            current if name == "previous" else self.find(within, name, layer.where, layer.path)
            for name in layer.sources
        )

    def find(self, within: str, name: str, where: Location, path: str) -> str:
        """The key that a name means: the nearest in the chains around it, then an input."""
        scope = within
        while True:
            key = f"{scope}.{name}" if scope else name
            if key in self.known:
                return key
            if not scope:
                break
            scope = scope.rpartition(".")[0]
        if name in self.inputs:
            return name
        options = [*self.inputs, *filter(None, self.known)]
        raise SpecError(
            f"there is no `{name}` before this layer",
            where,
            path,
            did_you_mean(name, [*options, "previous"]),
        )

    def _shared(self, within: str, layer: Layer) -> Layer:
        """A layer that shares: the operator of the other one, under a name of its own."""
        assert layer.share is not None
        key = self.find(within, layer.share, layer.where, layer.path)
        other = self.known.get(key)
        if other is None or other.layer.operator is None or other.layer.repeat is not None:
            raise SpecError(
                f"`{layer.share}` is not a single operator that could be shared",
                layer.where,
                layer.path,
            )
        if other.layer.when is not None or layer.when is not None or layer.repeat is not None:
            raise SpecError("shared layers are always there, and once", layer.where, layer.path)
        return replace(layer, operator=other.layer.operator, share=other.layer.share or key)


def link(spec: Spec) -> Links:
    """What every layer takes, in the network and in all its blocks.

    Raises:
        SpecError: with every name that means nothing, or that another one has.
    """
    report = Report()
    problems = report.problems
    blocks = {name: _link_block(block, problems) for name, block in spec.blocks.items()}
    linker = _Linker(tuple(each.name for each in spec.inputs), frozenset(spec.arguments), problems)
    current = spec.inputs[0].name
    stages = []
    for stage in spec.stages:
        path = f"stages.{stage.name}"
        stages.append(linker.chain(stage.name, current, stage.layers, stage.where, path))
        current = stage.name
    outputs = [_link_output(linker, output) for output in spec.outputs]
    report.raise_any()
    body = LinkedChain("", "", spec.inputs[0].name, tuple(stages), current, None, spec.where, "")
    return Links(body, tuple(each for each in outputs if each), blocks)


def _link_block(block: Block, problems: list[Problem]) -> LinkedChain:
    parameters = frozenset((*block.parameters, *channel_names(block.inputs)))
    linker = _Linker(block.inputs, parameters, problems)
    return linker.chain("", block.inputs[0], block.layers, block.where, block.path)


def _link_output(linker: _Linker, output: Output) -> LinkedOutput | None:
    path = f"outputs.{output.name}"
    try:
        source = linker.find("", output.source, output.where, path)
    except SpecError as error:
        hint = error.problems[0].hint
        problem = f"there is no stage or layer `{output.source}` that is always there"
        linker.problems.append(Problem(problem, output.where, path, hint))
        return None
    if not output.layers:
        return LinkedOutput(output.name, source, None)
    known = dict(linker.known)
    chain = linker.chain(output.name, source, output.layers, output.where, path)
    if output.when is not None:
        # Another output cannot be taken from one that may not be there.
        linker.known = known
    return LinkedOutput(output.name, output.name, chain)
