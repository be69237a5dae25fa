"""From a model to files: rendered first, all of them, then written so that none is ever half."""

from __future__ import annotations

import difflib
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from archspec.backends import Backend, find_backend
from archspec.errors import ArchspecError, BackendError
from archspec.render import render
from archspec.resolution import Model
from archspec.scripts import require_installed, run_script


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
    """A file to be: its path, the text it is made of, and the spec it comes from.

    Args:
        path: where it shall be.
        text: the rendered text.
        model, backend: of what and for which.
        weights: a file of canonical weights to put into it; None for none.
    """

    path: Path
    text: str
    model: Model
    backend: Backend
    weights: Path | None = None

    @classmethod
    def of(
        cls,
        model: Model,
        backend: Backend | str,
        place: tuple[Path | None, bool] = (None, True),
        weights: Path | None = None,
    ) -> Target:
        """Render a model for one backend.

        Args:
            model: the resolved network.
            backend: a backend, its name or its folder.
            place: a file, or a folder (with True); None for ``generated``.
            weights: as of the class.

        Raises:
            BackendError: if the backend's generated files have no room for weights.
        """
        if isinstance(backend, str):
            backend = find_backend(backend)
        if weights is not None and f".{backend.manifest.extension}" not in (
            backend.manifest.checkpoints
        ):
            raise BackendError(
                f"a file for {backend.title} is code and has no weights in it",
                hint="`archspec weights convert` makes a checkpoint of them",
            )
        path, folder = place
        name = f"{model.spec.stem}.{backend.manifest.extension}"
        if path is None:
            path = Path("generated") / backend.name / name
        elif folder:
            path = path / backend.name / name
        return cls(path, render(model, backend).text, model, backend, weights)

    @property
    def source(self) -> str:
        """The spec's file."""
        return self.model.spec.file

    def data(self) -> bytes:
        """What the file shall hold.

        Raises:
            BackendError: if the backend is needed for that and is not installed.
            WeightsError: if the weights cannot be read or do not fit the network.
        """
        if self.weights is None:
            return assembled(self.text, self.backend, self.path.name)
        # NumPy is imported where it is needed: without weights, generating is quick.
        from archspec.weights.convert import convert

        with TemporaryDirectory(prefix="archspec-") as folder:
            file = Path(folder, f"{self.model.spec.stem}.{self.backend.manifest.extension}")
            source = ("safetensors", self.weights)
            convert(self.model, *source, str(self.backend.folder), file)
            return file.read_bytes()


def assembled(text: str, backend: Backend, name: str) -> bytes:
    """The file of a rendered text: the text itself, or what the backend's script makes of it.

    Args:
        text: the rendered text.
        backend: for which.
        name: what to call the file in errors.

    Raises:
        BackendError: if the backend is not installed, or takes the text for no valid module.
    """
    manifest = backend.manifest
    if manifest.assemble is None:
        return text.encode()
    require_installed(backend, "print the text of it with `--stdout`")
    with TemporaryDirectory(prefix="archspec-") as folder:
        source, file = Path(folder, "text"), Path(folder, f"file.{manifest.extension}")
        source.write_text(text, "utf-8")
        run_script(backend, backend.folder / manifest.assemble, [str(source), str(file)], name)
        return file.read_bytes()


def write_module(model: Model, backend: Backend, folder: Path) -> dict[str, Any]:
    """Write the generated file of a network into a folder, for a script of its backend.

    Returns:
        its ``file``, the ``class`` of the network in it, and the ``arguments`` of that.
    """
    folder.mkdir(parents=True)
    file = folder / f"{model.spec.stem}.{backend.manifest.extension}"
    file.write_bytes(assembled(render(model, backend).text, backend, file.name))
    return {
        "file": str(file.resolve()),
        "class": model.spec.name,
        "arguments": class_arguments(model),
    }


def class_arguments(model: Model) -> dict[str, Any]:
    """What the network's class is constructed with: its declared parameters at their values."""
    return {
        each.name: each.default
        for each in model.root.parameters
        if isinstance(each.default, int | float | tuple) and each.role == "declared"
    }


def stale(target: Target) -> str:
    """The difference between a file on disk and what it should be; empty if there is none."""
    if target.path.exists() and not target.path.is_file():
        return f"{target.path}: no ordinary file\n"
    try:
        old = target.path.read_bytes()
    except FileNotFoundError:
        return f"{target.path}: missing\n"
    except OSError as error:
        return f"{target.path}: cannot be read: {error}\n"
    new = target.data()
    if old == new:
        return ""
    try:
        texts = (old.decode(), new.decode())
    except UnicodeDecodeError:
        return f"{target.path}: is not what is generated\n"
    on_disk, generated = (text.splitlines(keepends=True) for text in texts)
    return "".join(
        line if line.endswith("\n") else f"{line}\n"
        for line in difflib.unified_diff(
            on_disk, generated, f"{target.path} (on disk)", f"{target.path} (generated)"
        )
    )


def write(targets: Iterable[Target]) -> list[bool]:
    """Write files, each in one step; whether each one changed.

    Raises:
        ArchspecError: if a file cannot be made, and then none is written; or if one cannot be
            written, which is then as it was.
    """
    whole = [(target.path, target.data()) for target in targets]
    return [write_atomically(path, data) for path, data in whole]


def write_atomically(path: Path, content: str | bytes) -> bool:
    """Write a file in one step; False if it already held that.

    Raises:
        ArchspecError: if it cannot be written; it is then as it was.
    """
    data = content.encode() if isinstance(content, str) else content
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
