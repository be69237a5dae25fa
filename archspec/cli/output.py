"""Results as text: JSON, CSV, to the screen or to a file."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from archspec.errors import UsageError


def one_form(as_json: bool, as_csv: bool) -> None:
    """Refuse to print two forms at once.

    Raises:
        UsageError: if both are asked for.
    """
    if as_json and as_csv:
        raise UsageError("--json and --csv: one of them at a time")


def json_text(value: Any) -> str:
    """JSON for people and programs; what is no number there (infinite) cannot come in."""
    import json

    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def csv_text(records: Iterable[Mapping[str, Any]]) -> str:
    """CSV with a line of names; what is None is empty."""
    import csv
    import io

    rows = list(records)
    out = io.StringIO()
    if rows:
        writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return out.getvalue()


def put(text: str, output: Path | None) -> None:
    """Write a text to a file, or to the screen where there is none.

    Raises:
        ArchspecError: if the file cannot be written.
    """
    if output is None or str(output) == "-":
        sys.stdout.write(text)
        return
    from archspec.generation import write_atomically

    write_atomically(output, text)
    print(f"wrote {output}")
