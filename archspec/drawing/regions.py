"""Which parts are connected, and how far each value reaches."""

from __future__ import annotations

from collections.abc import Sequence

from archspec.drawing.picture import Part


def results_of(part: Part) -> tuple[str, ...]:
    """What a part gives; for an end of the network something that nobody takes."""
    return part.results or (f"end of {part.path}",)


def last_uses(parts: Sequence[Part], wanted: Sequence[str]) -> dict[str, int]:
    """For each value the place of the last part that takes it.

    What is wanted afterwards, and what nobody takes, reaches to the end.
    """
    last: dict[str, int] = {}
    for place, part in enumerate(parts):
        last.update(dict.fromkeys(part.takes, place))
    last.update(dict.fromkeys(wanted, len(parts)))
    for part in parts:
        for value in results_of(part):
            last.setdefault(value, len(parts))
    return last


def columns_of(parts: Sequence[Part]) -> list[list[Part]]:
    """Groups of parts that are connected by values they give to each other."""
    makers = {value: place for place, part in enumerate(parts) for value in part.results}
    group = list(range(len(parts)))

    def root(place: int) -> int:
        while group[place] != place:
            group[place] = group[group[place]]
            place = group[place]
        return place

    for place, part in enumerate(parts):
        for value in part.takes:
            if value in makers:
                one, other = sorted((root(makers[value]), root(place)))
                group[other] = one
    columns: dict[int, list[Part]] = {}
    for place, part in enumerate(parts):
        columns.setdefault(root(place), []).append(part)
    return list(columns.values())
