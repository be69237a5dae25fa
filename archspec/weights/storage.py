"""Files as a whole: which may be read and written, and a new one put in its place at once."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from archspec.errors import WeightsError


def read_bytes(path: Path, source: str = "") -> bytes:
    """The contents of an ordinary file.

    Raises:
        WeightsError: if there is none, it is a folder, a pipe or a device, or cannot be read.
    """
    require_file(path, source)
    try:
        return path.read_bytes()
    except OSError as error:
        raise WeightsError(f"cannot be read: {reason(error)}", path=source or str(path)) from None
    except MemoryError:
        raise WeightsError("the file does not fit into memory", path=source or str(path)) from None


def require_file(path: Path, source: str = "") -> None:
    """Refuse what is not an ordinary file; reading a pipe would wait for ever.

    Raises:
        WeightsError: with the reason.
    """
    source = source or str(path)
    try:
        if path.is_dir():
            raise WeightsError("this is a folder, not a file", path=source)
        if not path.is_file():
            problem = "not an ordinary file" if path.exists() else "there is no such file"
            raise WeightsError(problem, path=source)
    except (OSError, ValueError) as error:
        raise WeightsError(f"cannot be read: {reason(error)}", path=source) from None


def require_target(path: Path, suffixes: tuple[str, ...], hint: str | None = None) -> Path:
    """The place that a file may be written to; a link stays a link, and what it names is replaced.

    Args:
        path: where to write.
        suffixes: the endings that the file may have.
        hint: what to say of another ending.

    Raises:
        WeightsError: if the ending is another, the folder is missing, or what is there already
            is not an ordinary file.
    """
    if path.suffix.lower() not in suffixes:
        problem = f"expected the ending {' or '.join(suffixes)}, received `{path.suffix}`"
        raise WeightsError(problem, path=str(path), hint=hint)
    try:
        real = Path(os.path.realpath(path))
        if real.is_dir():
            raise WeightsError("this is a folder, not a file", path=str(path))
        if not real.is_file() and os.path.lexists(real):
            raise WeightsError("not an ordinary file", path=str(path))
        if not real.parent.is_dir():
            problem = f"there is no folder {real.parent}"
            raise WeightsError(problem, path=str(path), hint="create the folder first")
    except (OSError, ValueError) as error:
        raise WeightsError(f"cannot be written: {reason(error)}", path=str(path)) from None
    return real


def place(target: Path, write: Callable[[Path], None]) -> None:
    """Put a whole file in its place, or leave what was there.

    Args:
        target: where the file shall be, on which :func:`require_target` was asked.
        write: writes the file at the path that it is given.

    Raises:
        WeightsError: if the file system refuses.
    """
    try:
        with TemporaryDirectory(prefix=".archspec-", dir=target.parent) as folder:
            draft = Path(folder, target.name)
            write(draft)
            if target.exists():
                shutil.copymode(target, draft)
            with draft.open("rb") as file:
                os.fsync(file.fileno())
            draft.replace(target)
    except OSError as error:
        raise WeightsError(f"cannot be written: {reason(error)}", path=str(target)) from None


def reason(error: Exception) -> str:
    """What an error of the file system or of a library says, without numbers and paths."""
    return getattr(error, "strerror", None) or str(error)
