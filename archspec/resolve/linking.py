"""What each layer takes: names in a spec become keys inside their class.

The key of a layer is its path inside its class (``b2.conv1``), that of a chain (a stage, a
branch) likewise; both name the value that comes out. The body of a class has the key ``""``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from archspec.errors import Location, SpecError
from archspec.expressions import Expr
from archspec.names import did_you_mean
from archspec.schema.spec import Block, Branch, Layer, Spec


@dataclass(frozen=True, slots=True)
class LinkedStep:
    """A layer and the keys of what it takes."""

    key: str
    layer: Layer
    inputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LinkedParallel:
    """Branches and the layer that merges them."""

    branches: tuple[LinkedChain, ...]
    merge: LinkedStep
    layer: Layer


@dataclass(frozen=True, slots=True)
class LinkedChain:
    """Layers in order; ``source`` is what goes in."""

    key: str
    name: str
    source: str
    items: tuple[LinkedStep | LinkedParallel | LinkedChain, ...]
    result: str
    when: Expr | None
    where: Location


@dataclass(frozen=True, slots=True)
class LinkedOutput:
    """An output of the network: the value it is, and its own layers."""

    name: str
    key: str
    chain: LinkedChain | None


@dataclass
class _Linker:
    """Links the layers of one class. ``known`` holds the keys computed so far."""

    inputs: tuple[str, ...]
    known: dict[str, LinkedStep | None] = field(default_factory=dict)

    def chain(
        self,
        key: str,
        source: str,
        layers: Iterable[Layer],
        where: Location,
        when: Expr | None = None,
    ) -> LinkedChain:
        outside = set(self.known)
        items: list[LinkedStep | LinkedParallel | LinkedChain] = []
        current = source
        for layer in layers:
            item = self._item(key, current, layer)
            items.append(item)
            current = item.merge.key if isinstance(item, LinkedParallel) else item.key
        if when is not None:
            # What may not be there cannot be referred to from outside.
            self.known = {k: v for k, v in self.known.items() if k in outside}
        self.known[key] = None
        name = key.rpartition(".")[2]
        return LinkedChain(key, name, source, tuple(items), current, when, where)

    def _item(self, within: str, current: str, layer: Layer) -> LinkedStep | LinkedParallel:
        key = f"{within}.{layer.name}" if within else layer.name
        if key in self.inputs:
            raise SpecError(f"`{key}` is an input of this block", layer.where, layer.path)
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
        return self.chain(key, source, branch.layers, branch.where, branch.when)

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


def link_block(block: Block) -> LinkedChain:
    """The body of a block.

    Raises:
        SpecError: for a name that means nothing.
    """
    linker = _Linker(block.inputs)
    return linker.chain("", block.inputs[0], block.layers, block.where)


def link_network(spec: Spec) -> tuple[LinkedChain, tuple[LinkedOutput, ...]]:
    """The stages of a network as one chain of chains, and its outputs.

    Raises:
        SpecError: for a name that means nothing.
    """
    linker = _Linker(tuple(each.name for each in spec.inputs))
    current = spec.inputs[0].name
    stages = []
    for stage in spec.stages:
        if stage.name in linker.inputs:
            raise SpecError(f"`{stage.name}` is an input too", stage.where)
        stages.append(linker.chain(stage.name, current, stage.layers, stage.where))
        current = stage.name
    outputs = []
    for output in spec.outputs:
        path = f"outputs.{output.name}"
        source = linker.find("", output.source, output.where, path)
        chain = None
        if output.layers:
            chain = linker.chain(output.name, source, output.layers, output.where)
        outputs.append(LinkedOutput(output.name, output.name if chain else source, chain))
    body = LinkedChain("", "", spec.inputs[0].name, tuple(stages), current, None, spec.where)
    return body, tuple(outputs)
