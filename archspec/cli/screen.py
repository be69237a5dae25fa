"""What reaches the terminal: errors with their place in the file, and colour where it fits."""

from __future__ import annotations

import os
import stat
import sys
from functools import cache
from pathlib import Path
from typing import TextIO

from archspec.errors import ArchspecError, Problem

_STYLES = {
    "red": "\x1b[1;31m",
    "green": "\x1b[32m",
    "yellow": "\x1b[33m",
    "bold": "\x1b[1m",
    "dim": "\x1b[2m",
    "cyan": "\x1b[36m",
}
_LONGEST_EXCERPT = 100


def styled(text: str, style: str, stream: TextIO) -> str:
    """A text in a colour, if the stream is a terminal and ``NO_COLOR`` is not set."""
    if not stream.isatty() or os.environ.get("NO_COLOR"):
        return text
    return f"{_STYLES[style]}{text}\x1b[0m"


def plain(text: str) -> str:
    """A text in which nothing can steer a terminal."""
    return "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in text)


def print_error(error: ArchspecError) -> None:
    """Write every problem of an error to standard error, with its line and a hint."""
    for problem in error.problems:
        _print_problem(problem)
    count = len(error.problems)
    if count > 1:
        print(f"{count} problems", file=sys.stderr)


def _print_problem(problem: Problem) -> None:
    stream = sys.stderr
    label = styled("error", "red", stream)
    where = styled(f"{plain(str(problem.where))}: ", "bold", stream) if problem.where else ""
    path = f"{plain(problem.path)}: " if problem.path else ""
    if problem.where:
        print(f"{where}{path}{plain(problem.problem)}", file=stream)
        _print_excerpt(problem, stream)
    else:
        print(f"{label}: {path}{plain(problem.problem)}", file=stream)
    if problem.hint:
        print(f"  {styled('hint', 'cyan', stream)}: {plain(problem.hint)}", file=stream)


def _print_excerpt(problem: Problem, stream: TextIO) -> None:
    """The line a problem stands on, with a mark under the place."""
    where = problem.where
    if where is None:
        return
    lines = excerpt_lines(where.file)
    if not 1 <= where.line <= len(lines):
        return
    line = plain(lines[where.line - 1].rstrip())
    if not line or len(line) > _LONGEST_EXCERPT or where.column > len(line) + 1:
        return
    number = f"{where.line:5d}"
    bar = styled("|", "dim", stream)
    print(f"{styled(number, 'dim', stream)} {bar} {line}", file=stream)
    print(f"{' ' * 5} {bar} {' ' * (where.column - 1)}{styled('^', 'red', stream)}", file=stream)


@cache
def excerpt_lines(file: str) -> list[str]:
    """The lines of a file that problems are placed in; none if it cannot be read."""
    try:
        path = Path(file)
        found = path.stat()
        if not stat.S_ISREG(found.st_mode) or found.st_size > 1 << 20:
            return []
        return path.read_text("utf-8-sig").splitlines()
    except (OSError, ValueError):
        return []
