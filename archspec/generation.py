"""From a model to files: rendered first, all of them, then written so that none is ever half."""

from __future__ import annotations

import difflib
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from archspec.backends import Backend, find_backend
from archspec.errors import ArchspecError
from archspec.render import render
from archspec.resolution import Model


def generate(model: Model, backend: str | Backend) -> str:
    """The source code of a network for one backend.

    Args:
        model: the resolved network.
        backend: a backend, its name, or the path of its folder.

    Raises:
        BackendError: if the backend is unknown or cannot honour something in the network.
    """
    return render(model, backend).text


@dataclass(frozen=True, slots=True)
class Target:
    """A file to be: its path, its text, and the spec it comes from."""

    path: Path
    text: str
    source: str

    @classmethod
    def of(
        cls, model: Model, backend: Backend | str, place: tuple[Path | None, bool] = (None, True)
    ) -> Target:
        """Render a model for one backend.

        Args:
            model: the resolved network.
            backend: a backend, its name or its folder.
            place: a file, or a folder (with True); None for ``generated``.
        """
        if isinstance(backend, str):
            backend = find_backend(backend)
        path, folder = place
        name = f"{model.spec.stem}.{backend.manifest.extension}"
        if path is None:
            path = Path("generated") / backend.name / name
        elif folder:
            path = path / backend.name / name
        return cls(path, render(model, backend).text, model.spec.file)


def stale(target: Target) -> str:
    """The difference between a file on disk and what it should be; empty if there is none."""
    if target.path.exists() and not target.path.is_file():
        return f"{target.path}: no ordinary file\n"
    try:
        old = target.path.read_text("utf-8")
    except FileNotFoundError:
        return f"{target.path}: missing\n"
    except (OSError, UnicodeDecodeError) as error:
        return f"{target.path}: cannot be read: {error}\n"
    on_disk, generated = (text.splitlines(keepends=True) for text in (old, target.text))
    return "".join(
        line if line.endswith("\n") else f"{line}\n"
        for line in difflib.unified_diff(
            on_disk, generated, f"{target.path} (on disk)", f"{target.path} (generated)"
        )
    )


def write(targets: Iterable[Target]) -> list[bool]:
    """Write files, each in one step; whether each one changed.

    Raises:
        ArchspecError: if a file cannot be written; that file is then as it was.
    """
    return [write_atomically(target.path, target.text) for target in targets]


def write_atomically(path: Path, text: str) -> bool:
    """Write a file in one step; False if it already held the text.

    Raises:
        ArchspecError: if it cannot be written; it is then as it was.
    """
    data = text.encode()
    try:
        # A link stays one: what it points at is written.
        path = Path(os.path.realpath(path))
        if path.exists() and not path.is_file() and not path.is_dir():
            raise OSError(None, "it is no ordinary file")
        if path.is_file() and path.read_bytes() == data:
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise IsADirectoryError(f"{path} is a folder")
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            os.chmod(temporary, _mode(path))
            os.replace(temporary, path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ArchspecError(f"cannot write {path}: {error.strerror or error}") from None
    return True


def _mode(path: Path) -> int:
    """The permissions of the file that is there, or those that a new one gets."""
    if path.exists():
        return path.stat().st_mode & 0o7777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
