"""A result for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from archspec.verification import gates, summary
from archspec.verification.details import details
from archspec.verification.figures import brief, figure, plain, seconds
from archspec.verification.memory import shown as size
from archspec.verification.result import NOT_RUN, BackendResult, Divergence, Result

# Columns of a terminal from which on there is room between those of the table.
_WIDE = 88

# What rounding may move a value by until its gate follows.
_WIDER = figure(gates.FLOAT64 / gates.FLOAT64_FACTOR)

_STYLES = {
    "agrees": "green",
    "disagrees": "bold red",
    "failed": "bold red",
    "missing": "dim",
    "refused": "dim",
    "stand-in": "yellow",
}


def table(result: Result, console: Console, every_check: bool = False) -> RenderableType:
    """A result as something that a console prints; nothing in it is read as markup.

    Args:
        result: what to show.
        console: where.
        every_check: a row for each check, rather than one for each backend.
    """
    marks = ("✓", "✗") if console.encoding.lower().startswith("utf") else ("ok", "FAILED")
    figures = details(result, marks, _STYLES) if every_check else _summary(result, marks, console)
    parts: list[RenderableType] = [_head(result), figures]
    parts.extend(_explanations(result))
    parts.append(_foot(result))
    return Group(*parts)


def _head(result: Result) -> Text:
    head = Text.assemble((result.network, "bold"), f"  {plain(result.spec)}\n")
    facts = [
        f"batch {result.batch}",
        f"seed {result.seed}",
        f"{result.layers} layers",
        result.device,
    ]
    values = ", ".join(f"{name} = {value}" for name, value in result.values.items())
    return head.append(", ".join(facts), "dim").append(f"; {values}" if values else "", "dim")


def _summary(result: Result, marks: tuple[str, str], console: Console) -> Table:
    """One row for the oracle, and one for each backend."""
    gap = int(console.width >= _WIDE)
    grid = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, gap, 0, 0))
    grid.add_column("", no_wrap=True)
    left_out = summary.unremarkable(result)
    names = [each for each in summary.columns(result) if each not in left_out]
    for name in names:
        grid.add_column(summary.title(name, result), justify="right", no_wrap=True)
    grid.add_column("time", justify="right", no_wrap=True)
    grid.add_column("", no_wrap=True)
    oracle = [_of_oracle(result, name, marks) for name in names]
    time = Text(seconds(result.oracle_seconds), "dim")
    grid.add_row(Text("NumPy oracle"), *oracle, time, Text("measure", "dim"))
    for backend in result.backends:
        row = [_cell(summary.cell(backend, name), marks) for name in names]
        ran = seconds(backend.elapsed) if backend.elapsed else ""
        state = Text(summary.label(backend), _STYLES[backend.status])
        grid.add_row(Text(backend.title), *row, Text(ran, "dim"), state)
    grid.add_section()
    limits = [summary.gate(result, name) for name in names]
    # In line with the figures above, which have a mark behind them.
    shown = ["" if each is None else f"{brief(each)}  " for each in limits]
    grid.add_row(Text("gate", "dim"), *(Text(each, "dim") for each in shown), "", "")
    return grid


def _of_oracle(result: Result, column: str, marks: tuple[str, str]) -> Text:
    if column == "gradients":
        return _cell(summary.differences(result), marks)
    return Text(f"{result.layers}  " if column == "layers" else "", "dim")


def _cell(cell: summary.Cell, marks: tuple[str, str]) -> Text:
    if cell.measure:
        return Text("measure", "dim")
    if not cell.checks:
        return Text("–", "dim")
    text = Text()
    if cell.incomplete:
        text.append(f"{cell.incomplete} ", "yellow")
    if cell.error is not None:
        text.append(brief(cell.error))
    return text.append(
        *((f" {marks[0]}", "green") if cell.passed else (f" {marks[1]}", "bold red"))
    )


def _explanations(result: Result) -> Iterator[RenderableType]:
    for backend in result.backends:
        for divergence in backend.divergences:
            yield Padding(_divergence(backend, divergence), (1, 0, 0, 0))
        if backend.problem:
            style = "bold" if backend.status in NOT_RUN else "bold red"
            word = "" if backend.status == "missing" else f"{backend.status}: "
            text = Text.assemble((f"{backend.title}: ", style), word, plain(backend.problem))
            if backend.hint:
                text.append(f"\n  {backend.hint}", "dim")
            yield Padding(text, (int(backend.status not in NOT_RUN), 0, 0, 0))
            if backend.log:
                tail = "\n".join(backend.log.strip().splitlines()[-8:])
                yield Padding(Text(plain(tail), "dim"), (0, 0, 0, 2))


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
        grid.add_row(name, Text(plain(value)))
    return Group(head, Padding(grid, (0, 0, 0, 2)))


def _foot(result: Result) -> RenderableType:
    moved = ", ".join(f"{n} {figure(v)}" for n, v in result.sensitivity.items())
    nudged = ", ".join(f"{v:.0e} in {n}" for n, v in result.conditioning.items())
    text = Text("\n")
    text.append(f"another input moves the outputs by: {moved}\n", "dim")
    text.append(f"rounding otherwise in every layer moves them by: {nudged}", "dim")
    if any("rounding moves" in each.note for row in result.backends for each in row.checks):
        text.append(f"; gates follow where it moves a layer by more than {_WIDER}", "dim")
    text.append("\n")
    versions = {n: v for each in result.backends for n, v in each.versions.items() if n != "device"}
    facts = [f"{name} {version}" for name, version in versions.items()]
    facts += [f"{result.seconds:.0f} s", f"estimated {size(result.memory)}"]
    text.append(", ".join(facts), "dim")
    if left_out := summary.unremarkable(result):
        text.append(f"; {' and '.join(left_out)}: all pass", "dim")
    notes = dict.fromkeys(
        f"{each.title}, {check.quantity}: {check.note}"
        for each in result.backends
        for check in each.checks
        if "corrected" in check.note or "differently" in check.note
    )
    for note in notes:
        text.append(f"\n{note}", "dim")
    for each in result.backends:
        if each.stand_in:
            text.append(f"\n{each.title}: STAND-IN, not verified: ", "yellow")
            text.append(plain(each.stand_in))
    for warning in result.warnings:
        text.append("\nwarning: ", "yellow").append(warning)
    return text.append("\n").append_text(_verdict(result))


def _verdict(result: Result) -> Text:
    agreeing = [each.title for each in result.backends if each.status == "agrees"]
    if result.agrees:
        verb = "computes" if len(agreeing) == 1 else "compute"
        return Text(f"{listed(agreeing)} {verb} what the spec says", "bold green")
    if all(each.status == "missing" for each in result.backends):
        return Text("no backend is installed: nothing was verified", "bold red")
    return Text("not verified", "bold red")


def listed(names: Sequence[str]) -> str:
    """Names in a sentence."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
