"""A result for the terminal."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from archspec.verification.memory import shown as size
from archspec.verification.result import BackendResult, Check, Divergence, Result

_STYLES = {"agrees": "green", "disagrees": "bold red", "failed": "bold red", "missing": "dim"}


def table(result: Result, console: Console) -> RenderableType:
    """A result as something that a console prints; nothing in it is read as markup."""
    marks = ("✓", "✗") if console.encoding.lower().startswith("utf") else ("ok", "FAILED")
    parts: list[RenderableType] = [_head(result), _figures(result, marks)]
    parts.extend(_explanations(result))
    parts.append(_foot(result))
    return Group(*parts)


def figure(number: float | None) -> str:
    """An error or a gate, short."""
    if number is None or math.isnan(number):
        return "–"
    if math.isinf(number):
        return "∞"
    return "0" if number == 0 else f"{number:.1e}"


def rows(result: Result) -> list[tuple[Check, dict[str, Check]]]:
    """Each row of the table: its first check, and the check of each backend by name."""
    found: dict[tuple[str, str, bool], dict[str, Check]] = {}
    for backend in result.backends:
        for check in backend.checks:
            key = (check.dtype, check.quantity, check.against == "differences")
            found.setdefault(key, {})[backend.name] = check
    every = [(next(iter(by_name.values())), by_name) for by_name in found.values()]
    return sorted(every, key=lambda row: row[0].dtype == "float32")


def label(check: Check, by_name: Mapping[str, Check]) -> str:
    """What stands at the beginning of a row: its quantity, and how many were compared."""
    if check.against == "differences":
        return f"{check.quantity} by differences"
    if check.quantity.startswith("layers"):
        counts = dict.fromkeys(str(each.compared) for each in by_name.values())
        return f"{check.quantity} ({' and '.join(counts)} of {check.of})"
    return check.quantity


def against(check: Check, result: Result) -> str:
    """What a check was made against, in words."""
    if check.against == "differences":
        return "oracle"
    titles = {each.name: each.title for each in result.backends}
    if check.dtype == "float32":
        return "each other"
    return titles.get(check.against, check.against)


def _head(result: Result) -> Text:
    head = Text.assemble((result.network, "bold"), f"  {result.spec}\n")
    facts = [
        f"batch {result.batch}",
        f"seed {result.seed}",
        f"{result.layers} layers",
        result.device,
    ]
    values = ", ".join(f"{name} = {value}" for name, value in result.values.items())
    return head.append(", ".join(facts), "dim").append(f"; {values}" if values else "", "dim")


def _figures(result: Result, marks: tuple[str, str]) -> Table:
    grid = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1))
    grid.add_column("", no_wrap=True)
    for backend in result.backends:
        grid.add_column(backend.title, justify="right", no_wrap=True)
    grid.add_column("gate", justify="right", no_wrap=True)
    grid.add_column("against", overflow="fold")
    before = None
    for check, by_name in rows(result):
        dtype = check.dtype or before
        if dtype != before:
            grid.add_section()
            grid.add_row(Text(dtype or "", "bold"))
        before = dtype
        grid.add_row(
            Text(label(check, by_name)),
            *(_cell(by_name, each, marks) for each in result.backends),
            Text(_gate(by_name)),
            Text(against(check, result)),
        )
    grid.add_section()
    states = (Text(each.status, _STYLES[each.status]) for each in result.backends)
    grid.add_row("", *states, "", "")
    return grid


def _gate(by_name: dict[str, Check]) -> str:
    gates = [each.gate for each in by_name.values()]
    return figure(gates[0]) if len(set(map(figure, gates))) == 1 else figure(min(gates))


def _cell(by_name: Mapping[str, Check], backend: BackendResult, marks: tuple[str, str]) -> Text:
    check = by_name.get(backend.name)
    if check is None:
        return Text("–" if backend.checks else "", "dim")
    mark = Text(f" {marks[0]}", "green") if check.passed else Text(f" {marks[1]}", "bold red")
    if check.against == backend.name:
        return Text("the measure", "dim") if check.passed else Text("not finite").append_text(mark)
    text = Text()
    if check.compared != check.of and not check.quantity.startswith("layers"):
        text.append(f"{check.compared}/{check.of} ", "yellow")
    error = "" if check.error is None else figure(check.error)
    return text.append(error).append_text(mark)


def _explanations(result: Result) -> Iterator[RenderableType]:
    for backend in result.backends:
        for divergence in backend.divergences:
            yield Padding(_divergence(backend, divergence), (1, 0, 0, 0))
        if backend.problem:
            style = "dim" if backend.status == "missing" else "bold red"
            text = Text.assemble((f"{backend.title}: ", style), _plain(backend.problem))
            text.append(f"\n  {backend.hint}", "dim")
            yield Padding(text, (1, 0, 0, 0))
            if backend.log:
                tail = "\n".join(backend.log.strip().splitlines()[-8:])
                yield Padding(Text(_plain(tail), "dim"), (0, 0, 0, 2))


def _plain(text: str) -> str:
    """A text from elsewhere, in which nothing can steer a terminal."""
    return "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in text)


def _divergence(backend: BackendResult, found: Divergence) -> RenderableType:
    head = Text.assemble(
        (f"{backend.title} diverges at ", "bold red"),
        (found.path, "bold"),
        f" ({found.operator}), {found.quantity}",
    )
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    rows = [("error", f"{figure(found.error)}, gate {figure(found.gate)}")]
    rows += [("spec", str(found.spec)), ("code", found.generated)]
    if found.line:
        rows.append(("", found.line))
    if found.found:
        rows.append(("what", found.found))
    if found.between:
        after = ", ".join(found.after)
        rows.append(("where", f"between {after} and here; not seen: {', '.join(found.between)}"))
    elif found.after:
        rows.append(("after", f"{', '.join(found.after)}: still right"))
    if found.verdict:
        rows.append(("who", found.verdict))
    for name, value in rows:
        grid.add_row(name, Text(_plain(value)))
    return Group(head, Padding(grid, (0, 0, 0, 2)))


def _foot(result: Result) -> RenderableType:
    moved = ", ".join(f"{n} {figure(v)}" for n, v in result.sensitivity.items())
    nudged = ", ".join(f"{v:.0e} in {n}" for n, v in result.conditioning.items())
    text = Text("\n")
    text.append(f"another input moves the outputs by: {moved}\n", "dim")
    text.append(f"one unit in the last place of the input moves them by: {nudged}\n", "dim")
    versions = {n: v for each in result.backends for n, v in each.versions.items() if n != "device"}
    facts = [f"{name} {version}" for name, version in versions.items()]
    facts += [f"{result.seconds:.0f} s", f"estimated {size(result.memory)}"]
    text.append(", ".join(facts), "dim")
    notes = dict.fromkeys(
        f"{each.title}, {check.quantity}: {check.note}"
        for each in result.backends
        for check in each.checks
        if "corrected" in check.note or "differently" in check.note
    )
    for note in notes:
        text.append(f"\n{note}", "dim")
    for warning in result.warnings:
        text.append("\nwarning: ", "yellow").append(warning)
    return text.append("\n").append_text(_verdict(result))


def _verdict(result: Result) -> Text:
    ran = [each for each in result.backends if each.status != "missing"]
    names = " and ".join(each.title for each in ran)
    if result.agrees:
        verb = "computes" if len(ran) == 1 else "compute"
        return Text(f"{names} {verb} what the spec says", "bold green")
    if not ran:
        return Text("no backend is installed: nothing was verified", "bold red")
    return Text("not verified", "bold red")
