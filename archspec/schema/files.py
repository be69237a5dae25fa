"""The files that a spec is made of: in its folder and below, or among those of archspec."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from archspec.backends import specs_folder
from archspec.errors import Location, Problem, SpecError
from archspec.names import did_you_mean
from archspec.reading import Node, read_file

DEEPEST = 16
"""The longest chain of specs that extend each other, and the most libraries of one spec."""
MOST = 64
"""The most files of one spec."""


@dataclass
class Files:
    """The files read so far, by path, with the names that messages call them by.

    Args:
        root: the folder of the spec; every file lies in it or below.
        shown: what each file is called.
    """

    root: Path
    shown: dict[Path, str] = field(default_factory=dict)

    def read(self, name: str, near: Path, where: Location, key: str) -> tuple[Path, Node]:
        """Read a file named in another one.

        Args:
            name: the path as written; without an ending it may also name a bundled spec or
                library, where there is no such file.
            near: the file that names it.
            where: where it does.
            key: ``extends`` or ``import``.

        Raises:
            SpecError: where the path leaves the folder tree or the file cannot be read.
        """
        if not name or "\\" in name or not name.isprintable() or Path(name).is_absolute():
            hint = "with `/` between folders, such as `blocks/common.yaml`"
            raise SpecError(f"expected a relative path, received {name[:80]!r}", where, key, hint)
        path, shown = self._found(name, near, where, key)
        if path not in self.shown and len(self.shown) >= MOST:
            raise SpecError(f"a spec is made of more than {MOST} files", where, key)
        try:
            node = read_file(path, shown)
        except SpecError as error:
            # A file that cannot be opened has no place of its own.
            better = None if _stands(path.exists) else _hint(name, near)
            raise SpecError(
                each if each.where else Problem(each.problem, where, key, better or each.hint)
                for each in error.problems
            ) from None
        self.shown[path] = shown
        return path, node

    def _found(self, name: str, near: Path, where: Location, key: str) -> tuple[Path, str]:
        """Where a file lies, and what to call it."""
        folder = specs_folder()
        # What comes with archspec finds its own kind, wherever the spec lies that uses it.
        root = folder if near.is_relative_to(folder) else self.root
        try:
            path = (near.parent / name).resolve()
        except (OSError, RuntimeError, ValueError):
            raise SpecError(f"{name[:80]!r} is not a path", where, key) from None
        if not path.is_relative_to(root):
            raise SpecError(
                f"{name[:80]!r} lies outside the spec's folder",
                where,
                key,
                "a spec may only use files in its own folder and below",
            )
        if not _is_file(path) and (bundled := _bundled(name)):
            return bundled, str(bundled)
        return path, str(Path(where.file).parent / name)


def _is_file(path: Path) -> bool:
    return _stands(path.is_file)


def _stands(asked: Callable[[], bool]) -> bool:
    try:
        return asked()
    except OSError:
        # A name that is longer than names can be.
        return False


def _bundled(name: str) -> Path | None:
    """The spec or library of this name, which has no ending, that comes with archspec."""
    path = specs_folder() / f"{name}.yaml"
    return path if ".." not in Path(name).parts and _is_file(path) else None


def _hint(name: str, near: Path) -> str | None:
    """What to do about a file that is not there."""
    own = name.removesuffix(".yaml")
    if _bundled(own):
        return f"without `.yaml`, `{own}` is the one that comes with archspec"
    if _is_file(near.parent / f"{name}.yaml"):
        return f"did you mean `{name}.yaml`?"
    if "." in name:
        return None
    folder = specs_folder()
    known = [str(each.relative_to(folder))[: -len(".yaml")] for each in folder.rglob("*.yaml")]
    return did_you_mean(name, known) or "`archspec list` shows the names of bundled specs"
