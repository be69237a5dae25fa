"""Formatting with the language's own formatter: ruff for Python, pinned and isolated."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from functools import cache

from archspec.errors import BackendError
from archspec.render.format_julia import format_julia

LINE_LENGTH = 88


@cache
def _ruff() -> str:
    from ruff import find_ruff_bin

    return str(find_ruff_bin())


def format_python(text: str, name: str) -> str:
    """Python source as ``ruff format`` writes it, whatever configuration is around.

    Raises:
        BackendError: if it is no Python; then a template is wrong.
    """
    command = [_ruff(), "format", "--isolated", f"--line-length={LINE_LENGTH}", "--target-version"]
    command += ["py311", "--stdin-filename", name, "-"]
    try:
        done = subprocess.run(command, input=text.encode(), capture_output=True, check=False)
    except OSError as error:
        raise BackendError(f"ruff, the formatter, cannot be run: {error}") from None
    if done.returncode:
        message = done.stderr.decode(errors="replace").strip()
        raise BackendError(
            f"the formatter refuses {name}: {message}",
            hint="this is a mistake in the backend's templates",
        )
    return done.stdout.decode()


def format_onnx(text: str, name: str) -> str:
    """ONNX's textual syntax, which has no formatter: a node on each line as its template has it."""
    lines = [line.rstrip() for line in text.strip().splitlines()]
    kept = [line for line, after in zip(lines, [*lines[1:], ""], strict=True) if line or after]
    return "\n".join(kept) + "\n"


FORMATTERS: dict[str, Callable[[str, str], str]] = {
    "python": format_python,
    "onnx": format_onnx,
    "julia": format_julia,
}
