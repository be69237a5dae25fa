"""What a file needs whose blocks are functions: names for them, and the shapes of its inputs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from archspec.expressions import Expr, as_expr, substitute
from archspec.model.module import Chain, Item, Module, Parallel, steps_of
from archspec.names import snake
from archspec.resolution import Model


def function_names(modules: Sequence[Module], reserved: Collection[str]) -> dict[str, str]:
    """What each block is called as a function: ``BasicBlock`` → ``basic_block``.

    A name that a parameter or a variable may have gets the ending ``_block``. The network itself
    keeps its name.

    Args:
        modules: all classes, the network's own among them.
        reserved: names that no function may have.
    """
    taken = {*reserved, *(name for module in modules for name in _local(module))}
    names = {}
    for module in modules:
        name, number = snake(module.name), 1
        if module.root:
            name = module.name
        elif name in taken:
            name = f"{name}_block"
        chosen = name
        while chosen in taken:
            number += 1
            chosen = f"{name}{number}"
        taken.add(chosen)
        names[module.name] = chosen
    return names


def _local(module: Module) -> Iterator[str]:
    """What a variable in the code of a class may be called."""
    yield from module.inputs
    yield from (each.name for each in module.parameters)
    yield from (step.repeat.index for step in steps_of(module.body) if step.repeat)
    yield from (key.replace(".", "_") for key in _keys(module.body))


def _keys(item: Item) -> Iterator[str]:
    yield item.merge.key if isinstance(item, Parallel) else item.key
    inside: Sequence[Item] = ()
    if isinstance(item, Parallel):
        inside = item.branches
    elif isinstance(item, Chain):
        inside = item.items
    for each in inside:
        yield from _keys(each)


def input_sizes(model: Model, channels_last: bool) -> dict[str, tuple[Expr, ...]]:
    """The sizes of each input, over the arguments of the network's own function."""
    spec = model.spec
    fixed = {n: as_expr(value) for n, value in model.values.items() if n not in spec.arguments}
    sizes = {each.name: tuple(substitute(s, fixed) for s in each.sizes) for each in spec.inputs}
    if channels_last:
        return {name: (*each[1:], each[0]) for name, each in sizes.items()}
    return sizes
