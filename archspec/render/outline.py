"""Containers that need a class of their own.

In a framework whose containers are modules, a stage or a branch is a plain sequence of modules
only if each of its layers takes the output of the one before. Any other (one with branches
inside, with references, with a shared layer) becomes a small class.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from archspec.errors import Location, RefusedError
from archspec.expressions import Expr, names_in_order
from archspec.expressions.nodes import Name
from archspec.expressions.types import Int
from archspec.model.module import (
    Chain,
    Item,
    Module,
    ModuleParameter,
    Parallel,
    Step,
    chains_of,
    steps_of,
)
from archspec.names import camel
from archspec.schema.spec import MISSING


@dataclass(frozen=True)
class Outlined:
    """A module whose containers are plain, after the classes made for those that were not."""

    modules: tuple[Module, ...]
    # Keys that a class gives out beside its result, by the class's name.
    exports: Mapping[str, tuple[str, ...]]


def outline(
    module: Module,
    taken: set[str],
    plain: Callable[[Chain], bool] | None = None,
    wanted: tuple[str, ...] = (),
) -> Outlined:
    """Give every container of a class that is no plain sequence a class of its own.

    Args:
        module: the class.
        taken: names of classes that exist.
        plain: whether a container needs no class; by default :func:`is_plain`.
        wanted: keys of the class that others take, besides its result.

    Raises:
        RefusedError: for a container that cannot be one.
    """
    work = _Outliner(module, taken, plain or is_plain, wanted)
    body = replace(module.body, items=work.items(module.body.items))
    return Outlined((*work.made, replace(module, body=body)), work.exports)


@dataclass
class _Outliner:
    module: Module
    taken: set[str]
    plain: Callable[[Chain], bool]
    wanted: tuple[str, ...] = ()
    made: list[Module] = field(default_factory=list)
    exports: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def items(self, items: tuple[Item, ...]) -> tuple[Item, ...]:
        return tuple(self._item(each) for each in items)

    def _item(self, item: Item) -> Item:
        if isinstance(item, Parallel):
            return replace(item, branches=tuple(self._chain(each) for each in item.branches))
        if isinstance(item, Chain):
            return self._chain(item)
        return item

    def _chain(self, chain: Chain) -> Chain:
        exported = self._exported(chain)
        if self.plain(chain) and not exported:
            return chain
        inside = {step.key for step in steps_of(chain)} | {each.key for each in chains_of(chain)}
        outside = [chain.source]
        for step in steps_of(chain):
            outside.extend(key for key in step.inputs if key not in inside and key not in outside)
            if step.share is not None and step.share not in inside:
                raise RefusedError(
                    f"`{step.key}` shares a layer outside its stage or branch (`{step.share}`)",
                    step.where,
                    hint="put both into one block",
                )
        if chain.when is not None and (len(outside) > 1 or exported):
            raise RefusedError(
                f"the branch `{chain.key}` has a condition and refers to layers outside it",
                chain.where,
                hint="put it into a block, which may have several inputs",
            )
        called = self._class(chain, outside, exported)
        step = Step(
            key=chain.key,
            name=chain.name,
            inputs=tuple(outside),
            channels=(),
            rank=self.module.rank,
            where=chain.where or Location("", 1, 1),
            module=called.name,
            arguments=tuple((each.name, Name(each.name)) for each in called.parameters),
            when=chain.when,
            shape=chain.shape,
            changes=chain.changes,
            trains=called.trains,
        )
        return replace(chain, items=(step,), when=None)

    def _class(self, chain: Chain, outside: list[str], exported: tuple[str, ...]) -> Module:
        name = _unused(self.module.name + "".join(map(camel, chain.key.split("."))), self.taken)
        named = [key.replace(".", "_") for key in outside[1:]]
        inputs = ("x", *(f"{each}_" if each == "x" else each for each in named))
        renamed = dict(zip(outside, inputs, strict=True))
        moved = _moved(chain, chain.key, renamed, self.module.name)
        assert isinstance(moved, Chain)
        names = dict.fromkeys(each for e in _expressions(chain) for each in names_in_order(e))
        known = {each.name: each for each in self.module.parameters}
        loops = {step.repeat.index for step in steps_of(chain) if step.repeat}
        parameters = tuple(
            replace(known[each], default=MISSING)
            if each in known
            else ModuleParameter(each, Int(), MISSING)
            for each in names
            if each in known or each not in loops
        )
        inner = Module(
            name,
            f"The {'stage' if self.module.root else 'branch'} `{chain.key}` of {self.module.name}.",
            tuple(replace(each, role="fact") for each in parameters),
            inputs,
            replace(moved, key="", name="", when=None),
            self.module.rank,
            trains=any(step.trains for step in steps_of(chain)),
            where=chain.where,
        )
        prefix = f"{chain.key}."
        self.exports[name] = tuple(key.removeprefix(prefix) for key in exported)
        inside = outline(inner, self.taken, self.plain, self.exports[name])
        self.made.extend(inside.modules)
        self.exports.update(inside.exports)
        return inside.modules[-1]

    def _exported(self, chain: Chain) -> tuple[str, ...]:
        """Keys inside a chain that layers outside it take, other than its result."""
        inside = {step.key for step in steps_of(chain)}
        within = [each.key for each in chains_of(chain)]
        inside |= {*within[1:]}
        others = [each for each in chains_of(self.module.body) if each.key not in within]
        wanted = [key for step in _outside(self.module.body, chain) for key in step.inputs]
        wanted += [each.source for each in others]
        wanted += [each.key for each in self.module.outputs] + [*self.wanted]
        exported = (key for key in wanted if key in inside)
        return tuple(dict.fromkeys(key for key in exported if key != chain.result))


def is_plain(chain: Chain) -> bool:
    """Whether each layer of a container takes exactly the output of the one before."""
    current = chain.source
    for item in chain.items:
        if not isinstance(item, Step) or item.inputs != (current,) or item.share is not None:
            return False
        current = item.key
    return current == chain.result or not chain.items


def _outside(item: Item, without: Chain) -> Iterator[Step]:
    """Every layer that is not in a certain chain."""
    if item is without:
        return
    if isinstance(item, Step):
        yield item
    elif isinstance(item, Parallel):
        for branch in item.branches:
            yield from _outside(branch, without)
        yield item.merge
    else:
        for each in item.items:
            yield from _outside(each, without)


def _moved(item: Item, prefix: str, renamed: Mapping[str, str], module: str) -> Item:
    """An item with its keys as seen from the class made for the container ``prefix``."""

    def key(old: str) -> str:
        if old in renamed:
            return renamed[old]
        return "" if old == prefix else old.removeprefix(f"{prefix}.")

    if isinstance(item, Step):
        return replace(
            item,
            key=key(item.key),
            inputs=tuple(map(key, item.inputs)),
            share=item.share and key(item.share),
            origin=item.origin or (module, item.key),
        )
    if isinstance(item, Parallel):
        merge = _moved(item.merge, prefix, renamed, module)
        branches = tuple(_moved(each, prefix, renamed, module) for each in item.branches)
        assert isinstance(merge, Step)
        return Parallel(tuple(each for each in branches if isinstance(each, Chain)), merge)
    return replace(
        item,
        key=key(item.key),
        source=key(item.source),
        items=tuple(_moved(each, prefix, renamed, module) for each in item.items),
        result=key(item.result),
    )


def _expressions(item: Item) -> Iterator[Expr]:
    """Every expression that the code of an item will hold."""
    if isinstance(item, Parallel):
        for branch in item.branches:
            yield from _expressions(branch)
        yield from _expressions(item.merge)
        return
    if isinstance(item, Chain):
        if item.when is not None:
            yield item.when
        for each in item.items:
            yield from _expressions(each)
        return
    yield from item.channels
    yield from (value for _, value in item.arguments)
    if item.when is not None:
        yield item.when
    if item.repeat is not None:
        yield item.repeat.times
    yield from _arguments(item)
    if item.by_parameter:
        yield Name(item.module or item.activation or "")


def names_in_operator(step: Step) -> set[str]:
    """The parameters that the arguments of an operator refer to."""
    return {name for each in _arguments(step) for name in names_in_order(each)}


def _arguments(step: Step) -> Iterator[Expr]:
    if step.operator is not None:
        for name in type(step.operator).kinds():
            yield from _leaves(getattr(step.operator, name))


def _leaves(value: object) -> Iterator[Expr]:
    if isinstance(value, Expr):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from _leaves(each)


def _unused(name: str, taken: set[str]) -> str:
    chosen, number = name, 2
    while chosen in taken:
        chosen, number = f"{name}{number}", number + 1
    taken.add(chosen)
    return chosen
