"""Folding: a frame becomes one box, and equal boxes in a row become one that says how many."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from archspec.drawing.picture import Box, Frame, Part, Picture, boxes


def folded(picture: Picture) -> Picture:
    """The picture with its folded frames as boxes."""
    return replace(picture, parts=_folded(picture.parts))


def _folded(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    return _counted([_part(each) for each in parts])


def _part(part: Part) -> Part:
    if isinstance(part, Box):
        return part
    if not part.folded or len(part.results) > 1:
        # What gives several values cannot be one box without hiding which is which.
        return replace(part, parts=_folded(part.parts))
    return box_of(part)


def box_of(frame: Frame) -> Box:
    """A frame as one box."""
    return Box(
        frame.path,
        "stage" if frame.stage else "block",
        frame.title,
        frame.details,
        frame.takes,
        frame.results[0] if frame.results else None,
        frame.facts,
        parameters=frame.parameters,
        multiply_adds=frame.multiply_adds,
        whole=True,
        inside=tuple((each.kind, each.title, *each.details) for each in boxes(frame.parts)),
    )


def _counted(parts: list[Part]) -> tuple[Part, ...]:
    """Blocks that follow each other, called alike and with the same inside, as one box."""
    uses = Counter(value for part in parts for value in part.takes)
    result: list[Part] = []
    for part in parts:
        last = result[-1] if result else None
        if (
            isinstance(part, Box)
            and isinstance(last, Box)
            and part.kind == "block"
            and (part.kind, part.title, part.details) == (last.kind, last.title, last.details)
            and part.inside == last.inside
            and part.takes == last.results
            and uses[part.takes[0]] == 1
        ):
            result[-1] = _joined(last, part)
        else:
            result.append(part)
    return tuple(result)


def _joined(several: Box, one: Box) -> Box:
    parameters = several.parameters + one.parameters
    multiply_adds = several.multiply_adds + one.multiply_adds
    facts = {
        "path": several.path,
        "last": one.path,
        **dict(several.facts),
        "output": dict(one.facts).get("output", ""),
        "parameters": f"{parameters:,}",
        "multiply-adds": f"{multiply_adds:,}",
    }
    facts["last"] = one.path
    return replace(
        several,
        times=several.times + 1,
        gives=one.gives,
        parameters=parameters,
        multiply_adds=multiply_adds,
        facts=tuple(facts.items()),
    )
