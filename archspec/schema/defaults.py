"""Arguments that a spec states once for every use of an operator."""

from __future__ import annotations

from typing import Any

from archspec.expressions import free_names, parse
from archspec.names import did_you_mean
from archspec.operators import OPERATORS
from archspec.operators.padding import MODES
from archspec.reading import Mapping, Node, plain
from archspec.schema.expressions import scalars
from archspec.schema.report import Report


def read_defaults(report: Report, node: Node | None) -> dict[str, dict[str, Any]]:
    """Plain arguments by operator; wrong ones are noted and left out."""
    defaults: dict[str, dict[str, Any]] = {}
    for entry in node if isinstance(node, Mapping) else ():
        path = f"defaults.{entry.key}"
        if entry.key not in OPERATORS:
            hint = did_you_mean(entry.key, OPERATORS)
            report.add(f"unknown operator `{entry.key[:80]}`", entry.key_where, path, hint)
        elif isinstance(entry.value, Mapping):
            defaults[entry.key] = _read(report, entry.key, entry.value, path)
    return defaults


def _read(report: Report, name: str, node: Mapping, path: str) -> dict[str, Any]:
    model = OPERATORS[name]
    given: dict[str, Any] = plain(node)
    wrong = report.check_given(model, node, path, given)
    kinds = model.kinds()
    fields = {key: value for key, value in given.items() if key not in wrong}
    for entry in node:
        kind = kinds.get(entry.key)
        if entry.key in fields and kind and kind.limits and _uses_names(entry.value):
            report.add(
                "a default cannot use parameters",
                entry.value.where,
                f"{path}.{entry.key}",
                "they mean something else in every block; give this argument at each layer",
            )
            del fields[entry.key]
    return fields


def _uses_names(node: Node) -> bool:
    texts = [each.value for each in scalars(node)]
    return any(isinstance(t, str) and t not in MODES and free_names(parse(t)) for t in texts)
