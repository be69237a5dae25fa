"""Libraries: files of blocks that a spec imports."""

from __future__ import annotations

from pathlib import Path

from archspec.reading import Entry, Mapping, Node, Scalar, Sequence, describe
from archspec.schema.documents import LibraryDocument
from archspec.schema.files import DEEPEST, Files
from archspec.schema.report import Report


def imported(report: Report, files: Files, path: Path, node: Mapping) -> Mapping:
    """A file with the blocks of the libraries that it imports before its own."""
    imports = node.entry("import")
    if imports is None:
        return node
    found: dict[str, Entry] = {}
    _gather(report, files, path, _items(imports.value), {path}, found)
    own = node.get("blocks")
    if own is not None and not isinstance(own, Mapping):
        return node
    for entry in own or ():
        if entry.key in found:
            report.add(
                f"the block `{entry.key}` is imported too",
                entry.key_where,
                f"blocks.{entry.key}",
                f"rename one; the imported one stands at {found[entry.key].key_where}",
            )
        found[entry.key] = entry
    blocks = Entry("blocks", imports.key_where, Mapping(tuple(found.values()), imports.key_where))
    rest = tuple(entry for entry in node if entry.key != "blocks")
    return Mapping((*rest, blocks), node.where)


def _gather(
    report: Report,
    files: Files,
    near: Path,
    items: tuple[Node, ...],
    seen: set[Path],
    found: dict[str, Entry],
) -> None:
    """Add the blocks of libraries, those that they import themselves first."""
    for item in items:
        if not (isinstance(item, Scalar) and isinstance(item.value, str)):
            report.add(f"expected a path, received {describe(item)}", item.where, "import")
            continue
        with report.collecting(item.where):
            path, library = files.read(item.value, near, item.where, "import")
            if path in seen or len(seen) > DEEPEST:
                continue
            seen.add(path)
            if isinstance(library, Mapping) and "stages" in library:
                hint = "`extends` makes a variant of a network"
                problem = f"{item.value!r} is a network, not a library of blocks"
                report.add(problem, item.where, "import", hint)
                continue
            document = report.validate(LibraryDocument, library, "", what="a library of blocks")
            if document is None or not isinstance(library, Mapping):
                continue
            further = library.get("import")
            _gather(report, files, path, _items(further) if further else (), seen, found)
            blocks = library.get("blocks")
            for entry in blocks if isinstance(blocks, Mapping) else ():
                if entry.key in found:
                    report.add(
                        f"the block `{entry.key}` is imported twice",
                        entry.key_where,
                        f"blocks.{entry.key}",
                        f"the other one stands at {found[entry.key].key_where}",
                    )
                found[entry.key] = entry


def _items(node: Node) -> tuple[Node, ...]:
    return node.items if isinstance(node, Sequence) else (node,)
