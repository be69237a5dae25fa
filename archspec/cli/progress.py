"""What a long command shows while it works: a line for each that takes part, on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Tell = Callable[[str, str, str], None]


@contextmanager
def progress(quiet: bool) -> Iterator[Tell | None]:
    """Lines on a terminal that say who does what, and for how long; nothing in a pipe."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(finished_text="·"),
        TextColumn("{task.fields[who]:14}", markup=False),
        TextColumn("{task.description:24}", markup=False),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        lines: dict[str, TaskID] = {}

        def tell(who: str, what: str, state: str) -> None:
            if who not in lines:
                lines[who] = bar.add_task(what, total=None, who=who)
            if state == "begins":
                bar.update(lines[who], description=what)
            elif what in ("", "done", "failed"):
                bar.update(lines[who], description=what or "done", total=1, completed=1)

        yield tell
