"""``docs/zoo.md``: the specs that come with archspec. Run this file to write it anew."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from archspec.analysis.min_input import min_input
from archspec.reading import plain, read_file
from archspec.resolution import resolve_flat
from archspec.schema import load

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "zoo.md"
# What stands before and after the generated tables.
TEXT = Path(__file__).with_name("zoo.md")
FIGURES = ROOT / "tests" / "specs" / "figures"
SPECS = sorted((ROOT / "specs").glob("*.yaml"))


def page() -> str:
    """The document."""
    text = TEXT.read_text("utf-8")
    parts = {"table": _table, "settings": _settings, "notes": _notes}
    for name, lines in parts.items():
        text = text.replace(f"<!-- {name} -->\n", "\n".join([*lines(), ""]))
    return text


def _table() -> Iterator[str]:
    yield "| spec | network | source | input | parameters | multiply-adds | smallest input |"
    yield "|---|---|---|---|--:|--:|---|"
    for path in SPECS:
        spec = load(path)
        model = resolve_flat(spec)
        found = min_input(model)
        shapes = [str(shape) for shape in model.graph.inputs.values()]
        least = ["x".join(map(str, found.least(name))) for name in model.graph.inputs]
        cells = [
            f"[{path.stem}](../specs/{path.name})",
            _cell(spec.doc),
            ", ".join(map(_source, spec.cite)),
            ", ".join(shapes),
            f"{model.graph.parameters:,}",
            f"{model.graph.multiply_adds:,}",
            ", ".join(least),
        ]
        yield f"| {' | '.join(cells)} |"


def _settings() -> Iterator[str]:
    yield "| spec | set | parameters |"
    yield "|---|---|--:|"
    for path in SPECS:
        for case in _cases(path.stem):
            if settings := case.get("set"):
                model = resolve_flat(load(path), **settings)
                told = ", ".join(f"`{name}={_value(value)}`" for name, value in settings.items())
                yield f"| {path.stem} | {told} | {model.graph.parameters:,} |"


def _notes() -> Iterator[str]:
    """What the specs say of themselves, in comments that begin a line."""
    for path in SPECS:
        if notes := _comments(path):
            yield f"- **{path.stem}**: {notes}"


def _comments(path: Path) -> str:
    lines = path.read_text("utf-8").splitlines()
    found = [line[2:] for line in lines if line.startswith("# ") and "$schema=" not in line]
    return " ".join(found)


def _cases(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = plain(read_file(FIGURES / f"{name}.yaml"))
    return found


def _value(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _source(address: str) -> str:
    """A link whose text says where it leads: the number of a paper, or the site."""
    found = urlparse(address)
    if found.netloc == "arxiv.org":
        name = f"arXiv {found.path.rpartition('/')[2]}"
    elif found.netloc == "doi.org":
        name = f"doi {found.path[1:]}"
    elif found.netloc == "github.com":
        name = "/".join(found.path.split("/")[1:3])
    else:
        name = re.sub(r"^www\.", "", found.netloc)
    return f"[{name}]({address})"


if __name__ == "__main__":
    current = PAGE.read_text("utf-8") if PAGE.exists() else ""
    if page() != current:
        if "--check" in sys.argv:
            sys.exit(f"{PAGE.relative_to(ROOT)} is not current: run `make docs`")
        PAGE.write_text(page(), "utf-8")
        print(f"wrote {PAGE.relative_to(ROOT)}")
