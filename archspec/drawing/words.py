"""What a layer is called in a picture: a line or two, as papers label their boxes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from archspec.model.graph import Node
from archspec.operators import Operator

# Names that papers use; an operator that is not here is called by its own name.
SHORT = {
    "batch_norm": "BN",
    "layer_norm": "LN",
    "group_norm": "GN",
    "local_response_norm": "LRN",
    "relu": "ReLU",
    "relu6": "ReLU6",
    "leaky_relu": "leaky ReLU",
    "elu": "ELU",
    "gelu": "GELU",
    "silu": "SiLU",
    "hard_swish": "h-swish",
    "hard_sigmoid": "h-sigmoid",
    "zero_pad": "zero pad",
    "conv_transpose": "transposed conv",
    "add": "+",
    "mul": "×",
}
# What a picture has no room for: it follows from shapes, or says nothing about structure.
_UNSAID = {"out", "kernel", "padding", "bias", "eps", "decay", "ceil", "keep_axes", "groups"}
_UNSAID |= {"count_include_pad", "running_variance", "output_padding", "broadcast", "approximate"}
_UNSAID |= {"alpha", "beta", "k", "size", "slope"}
# What layers start from is no matter of structure, either.
_UNSAID |= {"std", "value"}
_IN_TITLE = {"out", "approximate", "std", "value"}
# A bare number would not say what it counts.
_NAMED = {"heads"}
_LONGEST = 32


@dataclass(frozen=True, slots=True)
class Words:
    """A title and what stands below it."""

    title: str
    details: tuple[str, ...] = ()


def short(name: str) -> str:
    """An operator's name as papers write it."""
    return SHORT.get(name, name.replace("_", " "))


def kind(operator: Operator) -> str:
    """The family that an operator is drawn as: that of the file its class stands in."""
    family = type(operator).__module__.rpartition(".")[2]
    return "dense" if operator.name() == "dense" else family


def words(node: Node) -> Words:
    """What a layer's box says."""
    operator = node.operator
    title = short(operator.name())
    kernel = getattr(operator, "kernel", None)
    if kernel is not None:
        title = f"{times(kernel)} {title}"
    out = getattr(operator, "out", None)
    if isinstance(out, int):
        title = f"{title}, {out}"
    return Words(title, tuple(_details(node)))


def times(sizes: Sequence[int] | int) -> str:
    """Sizes of axes: ``3×3``."""
    return "×".join(map(str, sizes)) if isinstance(sizes, Sequence) else str(sizes)


def _details(node: Node) -> list[str]:
    operator = node.operator
    found = []
    groups = getattr(operator, "groups", 1)
    if groups != 1 and getattr(operator, "kernel", None) is not None:
        alone = groups == node.input_shapes[0].sizes[0]
        found.append("depthwise" if alone else f"{groups} groups")
    for name in operator.arguments():
        if name in _UNSAID and (name != operator.primary or name in _IN_TITLE):
            continue
        value = getattr(operator, name)
        if value == type(operator).model_fields[name].default or value == ("C",):
            continue
        text = _value(value)
        # One for every axis is as good as nothing said.
        if text is None or (name in ("stride", "dilation") and text == "1"):
            continue
        bare = name == operator.primary and name not in _NAMED
        found.append(text if bare else f"{name.replace('_', ' ')} {text}")
    return found


def _value(value: Any) -> str | None:
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, str | int | float):
        return str(value)
    if isinstance(value, tuple) and value and all(isinstance(each, int) for each in value):
        return str(value[0]) if len(set(value)) == 1 else times(value)
    if isinstance(value, tuple) and all(isinstance(each, str) for each in value):
        return ", ".join(value)
    return None


def argument(value: Any) -> str:
    """A value of a block's argument; activations are called as papers call them."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return f"({', '.join(map(argument, value))})"
    if isinstance(value, str):
        return SHORT.get(value, value)
    return "none" if value is None else str(value)


def cut(text: str, longest: int = _LONGEST) -> str:
    """A text that is no wider than a box may be."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def wrapped(parts: Sequence[str], between: str = " · ") -> tuple[str, ...]:
    """Parts in lines that fit into a box."""
    lines: list[str] = []
    for part in parts:
        joined = f"{lines[-1]}{between}{part}" if lines else part
        if lines and len(joined) <= _LONGEST:
            lines[-1] = joined
        else:
            lines.append(cut(part))
    return tuple(lines)
