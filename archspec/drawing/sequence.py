"""Layers that papers draw as one box: a convolution with its normalisation and activation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from archspec.drawing.picture import Box, Part
from archspec.drawing.words import cut, wrapped

# What may follow a layer of a family and stand in its box.
_FOLLOWERS = {
    "convolution": ("normalization", "activation"),
    "dense": ("normalization", "activation"),
    "normalization": ("activation",),
}


def in_sequence(parts: Sequence[Part], uses: Mapping[str, int]) -> list[Part]:
    """The parts, with what follows a convolution or a dense layer drawn into its box.

    Args:
        parts: layers, blocks and stages of one container.
        uses: how many layers take each value, and outputs of the network.
    """
    result: list[Part] = []
    makers: dict[str, int] = {}
    for part in parts:
        place = makers.get(part.takes[0]) if len(part.takes) == 1 else None
        head = None if place is None else result[place]
        if (
            place is not None
            and isinstance(head, Box)
            and isinstance(part, Box)
            and part.kind in _FOLLOWERS.get(head.kind, ())
            and not (head.whole or part.whole)
            and part.title != "LRN"
            and uses[part.takes[0]] == 1
        ):
            result[place] = _joined(head, part)
            makers[part.path] = place
        else:
            makers.update(dict.fromkeys(part.results, len(result)))
            result.append(part)
    return result


def _joined(head: Box, follower: Box) -> Box:
    said = [each for line in head.details for each in line.split(" · ")]
    shape = dict(follower.facts).get("output", "")
    facts = [(name, shape if name == "output" else value) for name, value in head.facts]
    parameters = head.parameters + follower.parameters
    facts = [(n, f"{parameters:,}" if n == "parameters" else v) for n, v in facts]
    facts.append(("then", dict(follower.facts).get("layer", follower.title)))
    if head.kind == "normalization":
        title = f"{head.title} · {follower.title}"
    else:
        title, said = head.title, [*said, cut(follower.title)]
    return replace(
        head,
        title=title,
        details=wrapped(said),
        gives=follower.gives,
        parameters=parameters,
        facts=tuple(facts),
    )
