"""``extends`` and ``import``: several files into one tree of nodes, each keeping its place."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from archspec.errors import Location, SpecError
from archspec.names import did_you_mean
from archspec.reading import Entry, Mapping, Node, Scalar, Sequence, describe, read_file
from archspec.schema.documents import LibraryDocument
from archspec.schema.report import Report

# Sections whose entries are replaced one by one; all other keys are replaced as a whole.
_SECTIONS = ("params", "defaults", "blocks", "stages", "outputs")
_DEEPEST = 16


@dataclass
class Files:
    """The files that one spec is made of; none may lie outside the folder of the spec."""

    root: Path
    shown: dict[Path, str] = field(default_factory=dict)

    def read(self, name: str, near: Path, where: Location, what: str) -> tuple[Path, Node]:
        """Read a file named in another one.

        Raises:
            SpecError: where the path leaves the folder tree or cannot be read.
        """
        if not name or Path(name).is_absolute() or "\\" in name:
            raise SpecError(f"expected a relative path, received {name!r}", where, what)
        path = (near.parent / name).resolve()
        if not path.is_relative_to(self.root):
            raise SpecError(
                f"{name!r} lies outside the spec's folder",
                where,
                what,
                "a spec may only use files in its own folder and below",
            )
        shown = str(Path(where.file).parent / name)
        try:
            node = read_file(path, shown)
        except SpecError as error:
            problem = error.problems[0]
            if problem.where is None:
                raise SpecError(problem.problem, where, what, problem.hint) from None
            raise
        self.shown[path] = shown
        return path, node


def merge_files(report: Report, files: Files, path: Path, node: Node) -> Mapping | None:
    """The spec with what it extends and imports, as one mapping."""
    if not isinstance(node, Mapping):
        report.add(
            f"expected a mapping of keys such as `name` and `stages`, received {describe(node)}",
            node.where,
            hint="`archspec init NAME` writes a spec to start from",
        )
        return None
    merged = _extended(report, files, [path], node)
    return merged and _imported(report, files, path, merged)


def _extended(report: Report, files: Files, chain: list[Path], node: Mapping) -> Mapping | None:
    extends = node.get("extends")
    if extends is None:
        return _with_imports_placed(files, chain[-1], node)
    if not (isinstance(extends, Scalar) and isinstance(extends.value, str)):
        report.add(f"expected a path, received {describe(extends)}", extends.where, "extends")
        return None
    with report.collecting():
        path, base = files.read(extends.value, chain[-1], extends.where, "extends")
        if path in chain or len(chain) >= _DEEPEST:
            names = " → ".join(each.name for each in [*chain, path])
            raise SpecError(f"specs extend each other without end: {names}", extends.where)
        if not isinstance(base, Mapping):
            raise SpecError(f"expected a spec, received {describe(base)}", base.where)
        below = _extended(report, files, [*chain, path], base)
        own = _with_imports_placed(files, chain[-1], node)
        return below and _overlaid(report, below, own)
    return None


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
        elif entry.key == "import" and under is not None:
            both = (*_items(under.value), *_items(entry.value))
            entries["import"] = Entry("import", entry.key_where, Sequence(both, entry.key_where))
        else:
            entries[entry.key] = entry
    return Mapping(tuple(entries.values()), node.where)


def _section(report: Report, name: str, base: Mapping, node: Mapping) -> Mapping:
    entries = list(base.entries)
    for entry in node:
        keys = [each.key for each in entries]
        deleted = isinstance(entry.value, Scalar) and entry.value.value is None
        path = f"{name}.{entry.key}"
        if entry.key in keys:
            place = keys.index(entry.key)
            entries[place : place + 1] = [] if deleted else [entry]
        elif deleted:
            hint = did_you_mean(entry.key, keys)
            report.add("there is nothing of this name to delete", entry.key_where, path, hint)
        elif name != "stages":
            entries.append(entry)
        else:
            after = entry.value.get("after") if isinstance(entry.value, Mapping) else None
            if not (isinstance(after, Scalar) and after.value in keys):
                report.add(
                    "a new stage of a variant says which stage it follows",
                    after.where if after else entry.key_where,
                    path,
                    f"`{entry.key}: {{after: {keys[-1] if keys else '...'}, layers: [...]}}`;"
                    f" stages: {', '.join(keys)}",
                )
                continue
            entries.insert(keys.index(str(after.value)) + 1, entry)
    return Mapping(tuple(entries), base.where)


def _items(node: Node) -> tuple[Node, ...]:
    return node.items if isinstance(node, Sequence) else (node,)


def _with_imports_placed(files: Files, path: Path, node: Mapping) -> Mapping:
    """Imports named as seen from the root spec, so that those of a base still point right."""
    entry = node.entry("import")
    if entry is None:
        return node
    placed = []
    for item in _items(entry.value):
        if isinstance(item, Scalar) and isinstance(item.value, str) and item.value:
            target = (path.parent / item.value).resolve()
            if not Path(item.value).is_absolute() and target.is_relative_to(files.root):
                name = str(target.relative_to(files.root))
                item = Scalar(name, item.where, name, item.quoted)
        placed.append(item)
    moved = Entry("import", entry.key_where, Sequence(tuple(placed), entry.value.where))
    return Mapping(tuple(moved if e.key == "import" else e for e in node), node.where)


def _imported(report: Report, files: Files, path: Path, node: Mapping) -> Mapping:
    """The spec with the blocks of the libraries it imports before its own."""
    imports = node.entry("import")
    blocks: dict[str, Entry] = {}
    seen: set[Path] = set()

    def gather(items: tuple[Node, ...], near: Path, depth: int) -> None:
        for item in items:
            if not (isinstance(item, Scalar) and isinstance(item.value, str)):
                report.add(f"expected a path, received {describe(item)}", item.where, "import")
                continue
            with report.collecting():
                target, library = files.read(item.value, near, item.where, "import")
                if target in seen or depth > _DEEPEST:
                    continue
                seen.add(target)
                document = report.validate(LibraryDocument, library, "", what="a library of blocks")
                if document is None or not isinstance(library, Mapping):
                    continue
                further = library.get("import")
                gather(_items(further) if further else (), target, depth + 1)
                found = library.get("blocks")
                for entry in found if isinstance(found, Mapping) else ():
                    if entry.key in blocks:
                        report.add(
                            f"the block `{entry.key}` is imported twice",
                            entry.key_where,
                            hint=f"the other one stands at {blocks[entry.key].key_where}",
                        )
                    blocks[entry.key] = entry

    if imports is None:
        return node
    # Placed imports are named from the root, whatever file they stand in.
    gather(_items(imports.value), files.root / path.name, 0)
    own = node.get("blocks")
    for entry in own if isinstance(own, Mapping) else ():
        if entry.key in blocks:
            report.add(
                f"the block `{entry.key}` is imported too",
                entry.key_where,
                hint=f"rename one; the imported one stands at {blocks[entry.key].key_where}",
            )
        blocks[entry.key] = entry
    merged = Entry("blocks", imports.key_where, Mapping(tuple(blocks.values()), imports.key_where))
    rest = tuple(entry for entry in node if entry.key != "blocks")
    return Mapping((*rest, merged), node.where)
