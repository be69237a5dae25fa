"""Every check of a result in a row of its own, with a column for each backend."""

from __future__ import annotations

from collections.abc import Mapping

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from archspec.verification.figures import figure
from archspec.verification.result import BackendResult, Check, Result
from archspec.verification.summary import label as label_of_backend


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


def details(result: Result, marks: tuple[str, str], styles: Mapping[str, str]) -> Table:
    """The table; ``styles`` has a colour for each status."""
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
    states = (Text(label_of_backend(each), styles[each.status]) for each in result.backends)
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
