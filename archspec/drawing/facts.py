"""What a reader finds about a layer when pointing at its box."""

from __future__ import annotations

from typing import Any

from archspec.model.graph import Node


def facts_of(node: Node) -> tuple[tuple[str, str], ...]:
    """Path, operator with all its arguments, shapes, parameters and multiply-adds."""
    operator = node.operator
    arguments = ", ".join(
        f"{name} {_plain(getattr(operator, name))}"
        for name in operator.arguments()
        if getattr(operator, name) is not None
    )
    said = f"{operator.name()}: {arguments}" if arguments else operator.name()
    found = [
        ("path", node.path),
        ("layer", said),
        ("input", ", ".join(str(each) for each in node.input_shapes).replace("x", "×")),
        ("output", str(node.shape).replace("x", "×")),
        ("parameters", f"{node.parameters:,}"),
        ("multiply-adds", f"{node.multiply_adds:,}"),
    ]
    if node.owner != node.path:
        found.append(("weights of", node.owner))
    return tuple(found)


def _plain(value: Any) -> str:
    """A value as a spec would have it: one number where all axes have the same."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        if value and len(set(value)) == 1:
            return _plain(value[0])
        return f"[{', '.join(map(_plain, value))}]"
    return str(value)
