"""What the constructor of a class makes, where containers are modules of their own."""

from __future__ import annotations

from collections.abc import Iterator

from archspec.expressions import Expr
from archspec.model.module import Chain, Item, Module, Parallel, Step
from archspec.render.lasting import is_head
from archspec.render.statements import Member


def members_of(module: Module, items: tuple[Item, ...]) -> Iterator[Member]:
    """The layers and containers among items, branches included, in order."""
    for item in items:
        if isinstance(item, Parallel):
            yield from members_of(module, (*item.branches, item.merge))
        elif isinstance(item, Chain):
            yield from _container(module, item)
        elif item.share is None and not item.merges:
            yield Member(item.name, item, when=item.when)


def _container(module: Module, chain: Chain) -> Iterator[Member]:
    if not chain.items:
        return
    only = chain.items[0]
    if isinstance(only, Step) and only.key == chain.key:
        yield Member(chain.name, only, when=only.when, guard=guard(module, chain))
        return
    inner = tuple(
        Member(each.name, each, when=each.when) for each in chain.items if isinstance(each, Step)
    )
    yield Member(chain.name, None, inner, chain.when, guard(module, chain), chain)


def guard(module: Module, item: Item) -> Expr | None:
    """The condition of the output whose own layers a chain holds."""
    return next((each.when for each in module.outputs if is_head(item, each)), None)
