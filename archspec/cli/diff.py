"""``archspec diff``: what changed from one network to another."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from archspec.cli.columns import Column, Row, aligned, count
from archspec.cli.options import SPEC_HELP, load_flat
from archspec.cli.output import json_text
from archspec.cli.screen import plain, styled
from archspec.cli.values import alike, value_text

if TYPE_CHECKING:
    from archspec.analysis.diff import Change, Difference
    from archspec.analysis.diff_summary import Item, Section

_SIGNS = {"added": ("+", "green"), "removed": ("-", "red"), "changed": ("~", "yellow")}
_MOST_NAMES = 3
_MOST_VALUES = 4

Settings = Annotated[
    Optional[list[str]],  # noqa: UP045 - typer reads the annotation at run time
    typer.Option("--set", metavar="NAME=VALUE", help="Set a parameter of both networks."),
]
Inputs = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Option("--input", metavar="[NAME=]CxHxW", help="Another size of an input of both."),
]


def diff(
    before: Annotated[str, typer.Argument(metavar="A", help=SPEC_HELP)],
    after: Annotated[str, typer.Argument(metavar="B", help="The spec to compare it with.")],
    settings: Settings = None,
    settings_a: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--set-a", metavar="NAME=VALUE", help="Set a parameter of A alone."),
    ] = None,
    settings_b: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--set-b", metavar="NAME=VALUE", help="Set a parameter of B alone."),
    ] = None,
    inputs: Inputs = None,
    inputs_a: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--input-a", metavar="[NAME=]CxHxW", help="Of A alone."),
    ] = None,
    inputs_b: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--input-b", metavar="[NAME=]CxHxW", help="Of B alone."),
    ] = None,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit with 1 if there are differences.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what changed from network A to network B: layers, arguments, parameters, cost.

    Layers correspond where they come in the same order and are alike, whatever they are called.
    """
    from archspec.analysis.diff import diff as compared
    from archspec.analysis.diff_json import diff_data

    one = load_flat(
        before, [*(settings or []), *(settings_a or [])], [*(inputs or []), *(inputs_a or [])]
    )
    other = load_flat(
        after, [*(settings or []), *(settings_b or [])], [*(inputs or []), *(inputs_b or [])]
    )
    found = compared(one, other)
    if as_json:
        sys.stdout.write(json_text(diff_data(found)))
    else:
        print("\n".join(_lines(found)))
    if exit_code and found.different:
        raise typer.Exit(1)


def _lines(found: Difference) -> Iterator[str]:
    from archspec.analysis.diff_summary import summarize_diff

    yield from _heads(found)
    if found.settings:
        yield ""
        yield styled("network", "bold", sys.stdout)
        yield from map(_setting_line, found.settings)
    sections = summarize_diff(found)
    for section in sections:
        yield ""
        yield _title(section)
        for item in section.items:
            yield _item_line(item, section)
    yield from _elsewhere(found, sections)
    yield ""
    yield from _totals(found)


def _elsewhere(found: Difference, sections: Sequence[Section]) -> Iterator[str]:
    """What there is more or less in all where nothing else was said."""
    before, after = found.totals
    told = _costs(
        after.parameters - before.parameters - sum(each.parameters for each in sections),
        after.multiply_adds - before.multiply_adds - sum(each.multiply_adds for each in sections),
    )
    if told:
        yield ""
        yield f"{styled('elsewhere', 'bold', sys.stdout)}  {styled(told, 'dim', sys.stdout)}"


def _heads(found: Difference) -> Iterator[str]:
    rows = [
        (each.spec.name, plain(each.spec.file), ", ".join(map(str, each.graph.inputs.values())))
        for each in (found.before, found.after)
    ]
    widths = [max(len(row[place]) for row in rows) for place in range(3)]
    for row, sign in zip(rows, ("removed", "added"), strict=True):
        mark, style = _SIGNS[sign]
        cells = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield styled(f"{mark} {cells}".rstrip(), style, sys.stdout)


def _setting_line(change: Change) -> str:
    if change.before is None:
        return _signed("added", f"{change.what} {_text(change.after)}")
    if change.after is None:
        return _signed("removed", f"{change.what} {_text(change.before)}")
    return _signed("changed", f"{change.what} {_values(((change.before, change.after),))}")


def _signed(kind: str, text: str) -> str:
    mark, style = _SIGNS[kind]
    return f"  {styled(f'{mark} {plain(text)}', style, sys.stdout)}"


def _title(section: Section) -> str:
    if section.kind == "throughout":
        return styled("throughout", "bold", sys.stdout)
    before, after = section.uses[0] if section.kind == "stage" else section.names
    title = f"{before} {_arrow()} {after}" if before and after and before != after else ""
    title = styled(title or after or before or "", "bold", sys.stdout)
    if section.kind == "block":
        paths = [new or old or "" for old, new in section.uses]
        times = f", {len(paths)} times" if len(paths) > 1 else ""
        title += f"{times}: {_names(paths)}"
    told = _costs(section.parameters, section.multiply_adds)
    return f"{title}  {styled(told, 'dim', sys.stdout)}" if told else title


def _costs(parameters: int, multiply_adds: int) -> str:
    costs = [("parameters", parameters), ("multiply-adds", multiply_adds)]
    return ", ".join(f"{_more(number)} {name}" for name, number in costs if number)


def _item_line(item: Item, section: Section) -> str:
    if item.count > 1 or not (item.changes or item.after):
        path = next(path for path in item.layers[0] if path)
        held = f"{count(item.count)} layers" if item.count > 1 else "1 layer"
        return _signed(item.kind, f"{item.operator} {path}, {held}")
    what = f"{item.operator} {item.words}".rstrip()
    if item.after:
        what += f" after {item.after}"
    changes = ", ".join(f"{name} {_values(values)}" for name, values in item.changes)
    return _signed(item.kind, f"{what}{_which(item, section)}{changes and f': {changes}'}")


def _which(item: Item, section: Section) -> str:
    """How many layers it is, and which."""
    if section.kind == "throughout" and item.of == len(item.layers):
        return f", all {item.of}" if item.changes else f", each of {item.of}"
    times = len(item.layers) // max(len(section.uses), 1)
    names = list(dict.fromkeys(_inside(pair, section) for pair in item.layers))
    of = f" of {item.of}" if item.changes and item.of else ""
    return f"{f', {times}{of} times' if times > 1 else ''} ({_names(names)})"


def _inside(pair: tuple[str | None, str | None], section: Section) -> str:
    """A layer's name in its stage or block; on both sides, where it is called otherwise."""
    if section.kind == "throughout":
        return pair[1] or pair[0] or ""
    one, other = (_relative(path, [use[i] for use in section.uses]) for i, path in enumerate(pair))
    return f"{one} {_arrow()} {other}" if one and other and one != other else other or one or ""


def _relative(path: str | None, uses: list[str | None]) -> str | None:
    inside = (use for use in uses if use and path and path.startswith(f"{use}."))
    use = next(inside, None)
    return path[len(use) + 1 :] if path and use else path


def _names(names: list[str]) -> str:
    if len(names) <= _MOST_NAMES + 1:
        return ", ".join(names)
    return f"{', '.join(names[:_MOST_NAMES])} and {len(names) - _MOST_NAMES} more"


def _values(values: Any) -> str:
    shown = [f"{_text(one)} {_arrow()} {_text(other)}" for one, other in values[:_MOST_VALUES]]
    more = f" and {len(values) - _MOST_VALUES} more" if len(values) > _MOST_VALUES else ""
    return "; ".join(shown) + more


def _text(value: Any) -> str:
    return value_text(alike(value))


def _arrow() -> str:
    return "→" if (sys.stdout.encoding or "").lower().startswith("utf") else "->"


def _more(number: int) -> str:
    return f"{number:+,}"


def _totals(found: Difference) -> Iterator[str]:
    before, after = found.totals
    if not found.different:
        yield "no differences in what is computed"
    renamed = [
        (each.before.path, each.after.path)
        for each in found.layers
        if each.before and each.after and each.before.path != each.after.path
    ]
    if renamed:
        example = f"{renamed[0][0]} {_arrow()} {renamed[0][1]}"
        yield f"{count(len(renamed))} layers are called otherwise, such as {example}"
    columns = [Column("total"), *(Column(title, right=True) for title in ("A", "B", "change"))]
    rows = [
        Row([name, count(one), count(other), _more(other - one) if other != one else "0"])
        for name, one, other in (
            ("layers", before.layers, after.layers),
            ("parameters", before.parameters, after.parameters),
            ("multiply-adds", before.multiply_adds, after.multiply_adds),
        )
    ]
    yield aligned(columns, rows, None, sys.stdout).rstrip("\n")
    inputs = [list(map(str, each.graph.inputs.values())) for each in (found.before, found.after)]
    if inputs[0] != inputs[1]:
        note = "Multiply-adds are those at the input of each; `--input` sets one for both."
        yield styled(note, "dim", sys.stdout)
