"""``extends``: a variant over the spec that it is made from, each entry keeping its place."""

from __future__ import annotations

from pathlib import Path

from archspec.errors import SpecError
from archspec.names import did_you_mean
from archspec.reading import Entry, Mapping, Node, Scalar, describe
from archspec.schema.files import DEEPEST, Files
from archspec.schema.libraries import imported
from archspec.schema.report import Report

# Sections whose entries are replaced one by one; all other keys are replaced as a whole.
_SECTIONS = ("params", "defaults", "blocks", "stages", "outputs")


def merge_files(report: Report, files: Files, path: Path, node: Node) -> Mapping | None:
    """The spec with what it extends and imports, as one mapping."""
    if not isinstance(node, Mapping):
        report.add(
            f"expected a mapping of keys such as `name` and `stages`, received {describe(node)}",
            node.where,
            hint="`archspec init NAME` writes a spec to start from",
        )
        return None
    return _extended(report, files, [path], node)


def _extended(report: Report, files: Files, chain: list[Path], node: Mapping) -> Mapping | None:
    """A file's own entries over those of the file that it extends."""
    own = imported(report, files, chain[-1], node)
    extends = node.get("extends")
    if extends is None:
        _check_after(report, node)
        return own
    if not (isinstance(extends, Scalar) and isinstance(extends.value, str)):
        report.add(f"expected a path, received {describe(extends)}", extends.where, "extends")
        return None
    with report.collecting(extends.where):
        path, base = files.read(extends.value, chain[-1], extends.where, "extends")
        if path in chain:
            names = " → ".join(each.name for each in [*chain[chain.index(path) :], path])
            problem = f"a spec extends itself: {names}"
            raise SpecError(problem, extends.where, "extends")
        if len(chain) >= DEEPEST:
            problem = f"more than {DEEPEST} specs extend each other"
            raise SpecError(problem, extends.where, "extends")
        if not isinstance(base, Mapping):
            raise SpecError(f"expected a spec, received {describe(base)}", base.where)
        below = _extended(report, files, [*chain, path], base)
        return below and _overlaid(report, below, own)
    return None


def _check_after(report: Report, node: Mapping) -> None:
    stages = node.get("stages")
    for entry in stages if isinstance(stages, Mapping) else ():
        after = entry.value.entry("after") if isinstance(entry.value, Mapping) else None
        if after:
            hint = "stages come in the order of the file"
            path = f"stages.{entry.key}.after"
            report.add("`after` is for a spec that `extends` another", after.key_where, path, hint)


def _overlaid(report: Report, base: Mapping, node: Mapping) -> Mapping:
    """``node`` over ``base``; an entry that is replaced keeps its position."""
    entries = {entry.key: entry for entry in base}
    for entry in node:
        under = entries.get(entry.key)
        if entry.key == "extends":
            continue
        if (
            entry.key in _SECTIONS
            and under is not None
            and isinstance(under.value, Mapping)
            and isinstance(entry.value, Mapping)
        ):
            value = _section(report, entry.key, under.value, entry.value)
            entries[entry.key] = Entry(entry.key, entry.key_where, value)
        else:
            entries[entry.key] = entry
    return Mapping(tuple(entries.values()), node.where)


def _section(report: Report, name: str, base: Mapping, node: Mapping) -> Mapping:
    entries = {entry.key: entry for entry in base}
    order = list(entries)
    for entry in node:
        deleted = isinstance(entry.value, Scalar) and entry.value.value is None
        after = entry.value.entry("after") if isinstance(entry.value, Mapping) else None
        path = f"{name}.{entry.key}"
        if entry.key in entries:
            if deleted:
                order.remove(entry.key)
                del entries[entry.key]
                continue
            if name == "stages" and after:
                problem = f"`{entry.key}` is not new: it keeps its position"
                report.add(problem, after.key_where, f"{path}.after")
        elif deleted:
            hint = did_you_mean(entry.key, order)
            report.add("there is nothing of this name to delete", entry.key_where, path, hint)
            continue
        elif name == "stages":
            place = _position(report, order, entry, after, path)
            if place is None:
                continue
            order.insert(place, entry.key)
        else:
            order.append(entry.key)
        entries[entry.key] = entry
    return Mapping(tuple(entries[key] for key in order), base.where)


def _position(
    report: Report, order: list[str], entry: Entry, after: Entry | None, path: str
) -> int | None:
    """Where a new stage of a variant goes."""
    named = after.value.value if after and isinstance(after.value, Scalar) else None
    if named in order:
        return order.index(str(named)) + 1
    if after is None:
        hint = did_you_mean(entry.key, order)
        near = f"{hint} or " if hint and hint.startswith("did") else ""
        report.add(
            f"there is no stage `{entry.key}` to replace",
            entry.key_where,
            path,
            f"{near}add it with `{entry.key}: {{after: {order[-1] if order else '...'},"
            " layers: [...]}`",
        )
    else:
        problem = f"there is no stage {describe(after.value).removeprefix('the string ')}"
        hint = did_you_mean(str(named), order)
        report.add(problem, after.value.where, f"{path}.after", hint)
    return None
