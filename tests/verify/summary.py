"""Prints how many of the injected mistakes were caught, after the tests."""

from __future__ import annotations

from collections import Counter
from typing import Any


def print_traps(terminalreporter: Any) -> None:
    """A table of what was caught and what was injected: rows of docs/semantics.md by backends."""
    injected: Counter[tuple[str, str]] = Counter()
    caught: Counter[tuple[str, str]] = Counter()
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, ()):
            trap = dict(getattr(report, "user_properties", ())).get("trap")
            if trap is None or getattr(report, "when", "") != "call":
                continue
            row, backend = str(trap).split(":")[:2]
            for key in ((row, backend), ("all", backend), (row, "all"), ("all", "all")):
                injected[key] += 1
                caught[key] += outcome == "passed"
    if not injected:
        return
    rows = sorted({row for row, _ in injected}, key=_place)
    backends = sorted({backend for _, backend in injected}, key=lambda name: (name == "all", name))
    terminalreporter.section("traps: caught / injected")
    width = max(map(len, rows)) + 1
    terminalreporter.write_line(f"  {'row':<{width}}" + "".join(f"{name:>9}" for name in backends))
    for row in rows:
        counts = (f"{caught[row, b]}/{injected[row, b]}" for b in backends)
        cells = ("" if count == "0/0" else count for count in counts)
        terminalreporter.write_line(f"  {row:<{width}}" + "".join(f"{cell:>9}" for cell in cells))


def _place(row: str) -> tuple[bool, bool, int, str]:
    number = "".join(each for each in row if each.isdigit())
    return row == "all", not number, int(number or 0), row
