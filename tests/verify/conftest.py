"""Prints how many of the injected mistakes were caught, after the tests."""

from __future__ import annotations

from collections import Counter
from typing import Any


def pytest_terminal_summary(terminalreporter: Any) -> None:
    injected: Counter[str] = Counter()
    caught: Counter[str] = Counter()
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, ()):
            trap = dict(getattr(report, "user_properties", ())).get("trap")
            if trap is None or getattr(report, "when", "") != "call":
                continue
            row = str(trap).partition(":")[0]
            injected[row] += 1
            caught[row] += outcome == "passed"
    if not injected:
        return
    terminalreporter.section("traps: caught / injected")
    for row in sorted(injected, key=lambda each: (not each[0].isdigit(), len(each), each)):
        terminalreporter.write_line(f"  row {row:<5} {caught[row]:>3} / {injected[row]}")
    terminalreporter.write_line(f"  all       {caught.total():>3} / {injected.total()}")
