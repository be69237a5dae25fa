"""The reference of the language, written from the models that read a spec."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from archspec.operators import ACTIVATIONS, OPERATORS, Operator
from archspec.operators.fields import NumberKind, PerAxisKind
from archspec.operators.padding import MODES, PaddingKind
from archspec.schema import reference_text as text
from archspec.schema import reference_text_blocks as more
from archspec.schema.documents import (
    BlockDocument,
    BranchDocument,
    LayerOptions,
    LibraryDocument,
    OutputDocument,
    ParameterDocument,
    SpecDocument,
    StageDocument,
)
from archspec.schema.initialization import Distribution, Initialization
from archspec.schema.json_schema import text_of


def reference() -> str:
    """The language reference in Markdown; ``docs/language.md`` is this text."""
    parts = [
        text.INTRODUCTION,
        "## Keys of a network",
        _keys(SpecDocument),
        text.PARAMETERS,
        _keys(ParameterDocument),
        text.EXPRESSIONS,
        text.LAYERS,
        _keys(LayerOptions),
        text.NAMES,
        more.BLOCKS,
        _keys(BlockDocument),
        more.BRANCHES,
        _keys(BranchDocument),
        more.OUTPUTS,
        _keys(OutputDocument),
        more.VARIANTS,
        _keys(StageDocument),
        more.LIBRARIES,
        _keys(LibraryDocument),
        more.INITIALISATION,
        _keys(Initialization),
        _keys(Distribution),
        more.OPERATORS.format(activations=", ".join(f"`{each}`" for each in ACTIVATIONS)),
        *(_operator(each) for each in OPERATORS.values()),
        more.LIMITS,
    ]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _keys(model: type[BaseModel]) -> str:
    """A table of a model's keys."""
    rows = []
    for name, field in model.model_fields.items():
        must = "yes" if field.is_required() else ""
        rows.append((f"`{field.alias or name}`", must, field.description or ""))
    return _table(("key", "required", "meaning"), rows)


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [_row(heads), _row("---" for _ in heads)]
    return "\n".join([*lines, *map(_row, rows)])


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _operator(operator: type[Operator]) -> str:
    lines = [f"### `{operator.name()}`", text_of(operator)]
    arguments = operator.arguments()
    if arguments:
        rows = [
            (f"`{name}`", _kind(operator, name, field), _default(field))
            for name, field in arguments.items()
        ]
        lines.append(_table(("argument", "kind", "default"), rows))
    else:
        lines.append("It has no arguments.")
    if operator.primary:
        lines.append(f"A bare value is `{operator.primary}`.")
    return "\n\n".join(lines)


def _kind(operator: type[Operator], name: str, field: FieldInfo) -> str:
    kind = operator.kinds().get(name)
    if isinstance(kind, PaddingKind):
        modes = ", ".join(f"`{mode}`" for mode in MODES)
        return f"integers of at least 0, per axis or per side, or one of {modes}"
    if isinstance(kind, PerAxisKind):
        return f"{kind.limits.describe()}, or a list with one for each axis"
    if isinstance(kind, NumberKind):
        return kind.limits.describe()
    words = re.findall(r"'(\w+)'", str(field.annotation))
    if words:
        several = "a list of " if "tuple" in str(field.annotation) else ""
        return several + ", ".join(f"`{word}`" for word in words)
    return "true or false"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "must be given"
    value = field.default
    if value is None:
        return "none"
    return f"`{str(value).lower()}`" if isinstance(value, bool) else f"`{value}`"


def main(arguments: list[str]) -> int:
    """Write ``docs/language.md`` of a checkout anew; with ``--check``, only say if it is old."""
    document = Path(__file__).resolve().parents[2] / "docs" / "language.md"
    current = document.read_text("utf-8") if document.exists() else ""
    if current == reference():
        return 0
    if "--check" in arguments:
        print(f"{document.name} is not current: run `make docs`", file=sys.stderr)
        return 1
    document.write_text(reference(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
