"""Prints what random networks were run, after the tests."""

from __future__ import annotations

from typing import Any

from tests.fuzz.checking import Tally


def print_networks(terminalreporter: Any) -> None:
    """How many networks there were, of what, and how each backend fared."""
    tally = Tally()
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, ()):
            found = dict(getattr(report, "user_properties", ())).get("fuzz")
            if found is not None and report.when == "call":
                tally.add(found)
    if not tally.networks:
        return
    write = terminalreporter.write_line
    terminalreporter.section("random networks")
    mean = tally.layers / tally.networks
    write(f"{tally.networks} networks of {mean:.1f} layers; each operator in so many of them:")
    counts = [f"{name} {count}" for name, count in tally.operators.most_common()]
    for start in range(0, len(counts), 8):
        write("  " + ", ".join(counts[start : start + 8]))
    for name, rows in sorted(tally.rows.items()):
        shown = ", ".join(f"{count} {status}" for status, count in rows.most_common())
        write(f"  {name:<8} {shown}; {tally.seconds[name]:.0f} s")
    without = ", ".join(f"{count} {reason}" for reason, count in tally.meaningless.items())
    write(f"  set aside, as agreement would mean nothing: {without or 'none'}")
