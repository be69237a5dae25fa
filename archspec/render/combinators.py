"""A class as one expression of combinators: layers in a row, in branches, or skipped.

Where a framework has them (Flux: ``Chain``, ``Parallel``, ``SkipConnection``), most blocks need no
class of their own. What cannot be said so is a layer that takes something else than what the layer
before gives, a layer that shares another's tensors, and a second input or output.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from archspec.expressions import Expr
from archspec.model.module import Chain, Item, Module, Parallel, Step
from archspec.model.shape import Shape
from archspec.names import snake
from archspec.render.functions import function_names


@dataclass(frozen=True, slots=True)
class Node:
    """A layer, or something that holds layers.

    Args:
        kind: ``layer``, ``chain`` (in a row), ``parallel`` (over one input, joined) or ``skip`` (in
            a row, joined with the input).
        name: its name; empty for the body of a class.
        step: the layer, or the one that joins.
        parts: what it holds.
        activation: the activation that the layer applies to its output.
        when: the condition under which a chain is there; else it is the identity.
        shape: what comes out of a stage of the network, where it changed.
    """

    kind: str
    name: str
    step: Step | None = None
    parts: tuple[Node, ...] = ()
    activation: Step | None = None
    when: Expr | None = None
    shape: Shape | None = None


def combined_names(
    modules: Sequence[Module], reserved: Collection[str], stem: str
) -> dict[str, str]:
    """What each block and the network are called as functions: all in lower case.

    The network's is the name of its file, if that is its own name written otherwise.

    Args:
        modules: all classes.
        reserved: names that no function may have.
        stem: the name of the file.
    """
    (root,) = (each.name for each in modules if each.root)
    alike = stem.replace("_", "") == root.replace("_", "").lower()
    own = stem if alike else snake(root)
    own = f"{own}_network" if own in reserved else own
    return {**function_names(modules, [*reserved, own]), root: own}


def arranged(module: Module, fused: Collection[str], activations: Collection[str]) -> Node | None:
    """The body of a class that gives one value as an expression; None if it is none.

    Args:
        module: the class.
        fused: names of operators that can apply the activation after them.
        activations: names of operators that can be applied so.
    """
    several = len(module.inputs) > 1 or len(module.outputs) > 1
    other = any(each.key != module.body.result or each.when for each in module.outputs)
    if several or other:
        return None
    node = nodes_of(module.body, fused, activations)
    if node is not None and len(node.parts) == 1 and node.parts[0].kind in ("parallel", "skip"):
        return replace(node.parts[0], name="")
    return node


def expressible(chain: Chain) -> bool:
    """Whether a stage or a branch is an expression of combinators."""
    return nodes_of(chain, (), ()) is not None


def nodes_of(chain: Chain, fused: Collection[str], activations: Collection[str]) -> Node | None:
    """A chain as an expression; None if it is none. Arguments as for :func:`arranged`."""
    found = _row(chain)
    return None if found is None else _fused(found, fused, activations)


def _row(chain: Chain) -> Node | None:
    # What has come out so far: the chain's source and each of the parts.
    only = chain.items[0] if len(chain.items) == 1 else None
    if isinstance(only, Step) and only.key == chain.key and only.inputs == (chain.source,):
        # A container that has a class of its own is a call of it.
        return Node("layer", chain.name, only)
    keys: list[str] = [chain.source]
    parts: list[Node] = []
    for item in chain.items:
        node: Node | None
        if isinstance(item, Step) and len(item.inputs) == 2 and item.module is None:
            place = _skipped(keys, item)
            if place is None:
                return None
            body = Node("chain", "", None, tuple(parts[place:]))
            node = Node("skip", item.name, item, (body,))
            del keys[place + 1 :], parts[place:]
        else:
            node = _node(item, keys[-1])
        if node is None:
            return None
        keys.append(item.merge.key if isinstance(item, Parallel) else item.key)
        parts.append(node)
    if chain.items and keys[-1] != chain.result:
        return None
    shape = chain.shape if chain.changes else None
    return Node("chain", chain.name, None, tuple(parts), None, chain.when, shape)


def _skipped(keys: list[str], step: Step) -> int | None:
    """The place of what a layer takes beside what the layer before it gives."""
    new, old = step.inputs
    if new != keys[-1] or old not in keys[:-1] or step.when is not None or step.repeat is not None:
        return None
    return keys.index(old)


def _node(item: Item, current: str) -> Node | None:
    if isinstance(item, Chain):
        return _row(item) if item.source == current else None
    if isinstance(item, Parallel):
        branches = [_row(each) for each in item.branches if each.source == current]
        parts = tuple(each for each in branches if each is not None)
        whole = item.merge.inputs == tuple(each.key for each in item.branches)
        # What joins takes any number of values, two at a time if need be.
        if len(parts) < len(item.branches) or not whole or not item.merge.merges:
            return None
        return Node("parallel", item.merge.name, item.merge, parts)
    if item.inputs != (current,) or item.share is not None:
        return None
    return Node("layer", item.name, item)


def _fused(node: Node, fused: Collection[str], activations: Collection[str]) -> Node:
    """With each activation applied by the layer before it, where that can."""
    parts: list[Node] = []
    for part in node.parts:
        before = parts[-1] if parts else None
        if before is not None and _fuse(before, part, fused, activations):
            parts[-1] = replace(before, activation=part.step)
        else:
            parts.append(_fused(part, fused, activations))
    return replace(node, parts=tuple(parts))


def _fuse(
    layer: Node, activation: Node, fused: Collection[str], activations: Collection[str]
) -> bool:
    one, other = layer.step, activation.step
    if layer.kind != "layer" or activation.kind != "layer" or one is None or other is None:
        return False
    if layer.activation is not None or any(each.when or each.repeat for each in (one, other)):
        return False
    if one.operator is None or one.operator.name() not in fused:
        return False
    if other.operator is None:
        return other.activation is not None
    return other.operator.name() in activations
