"""Making the environment that a backend has of its own; see :mod:`archspec.environments`.

It is made in its place, and counts only once everything is in it. What an interruption leaves
behind is made anew by the next call. Nothing is ever installed beside archspec.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from archspec.backends import Backend, Environment
from archspec.environments import DONE, environment_folder, python_of
from archspec.errors import BackendError

Tell = Callable[[str], None]

_LINES_SHOWN = 5

# What a user's own settings would have pip do elsewhere.
_ELSEWHERE = ("PIP_PREFIX", "PIP_REQUIRE_VIRTUALENV", "PIP_ROOT", "PIP_TARGET", "PIP_USER")

# Says its version, and fails where it cannot make environments (as Debian's does by itself).
_PROBE = "import ensurepip, venv, sys; print('%d.%d' % sys.version_info[:2])"


@dataclass(frozen=True)
class Made:
    """An environment.

    Args:
        folder: where it lies.
        size: of its files, in bytes.
        seconds: how long it took to make; 0 if it was there.
    """

    folder: Path
    size: int
    seconds: float = 0.0


def install(backend: Backend, *, force: bool = False, tell: Tell | None = None) -> Made:
    """Make the environment of a backend, unless it is there.

    Args:
        backend: one whose manifest has an environment.
        force: make it anew if it is there.
        tell: told what goes on.

    Raises:
        BackendError: if there is no Python of the version it needs, another process is making it,
            or pip fails.
    """
    environment = backend.manifest.environment
    if environment is None:
        raise BackendError(f"{backend.title} has no environment of its own")
    folder = environment_folder(backend.name, environment)
    if _complete(folder) and not force:
        return Made(folder, size_of(folder))
    begun = time.perf_counter()
    tell = tell or (lambda what: None)
    python = find_python(environment.python)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _alone(folder):
            # Another process may have made it while this one waited for its turn.
            if force or not _complete(folder):
                _make(folder, python, environment, tell)
    except OSError as error:
        raise BackendError(f"cannot make {folder}: {error.strerror or error}") from None
    return Made(folder, size_of(folder), time.perf_counter() - begun)


def find_python(version: str) -> list[str]:
    """The command that runs a Python of a version, and can make environments.

    Raises:
        BackendError: if there is none.
    """
    for command in _pythons(version):
        try:
            answer = subprocess.run(
                [*command, "-I", "-c", _PROBE],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            continue
        if answer.returncode == 0 and answer.stdout.strip() == version:
            return command
    raise BackendError(
        f"there is no Python {version} here that can make environments",
        hint=f"install one so that `python{version}` is on PATH: from python.org, with"
        f" `uv python install {version}` or `pyenv install {version}`, or the packages"
        f" python{version} and python{version}-venv of the system",
    )


def size_of(folder: Path) -> int:
    """The bytes in a folder's files."""
    return sum(
        each.lstat().st_size for each in folder.rglob("*") if each.is_file() or each.is_symlink()
    )


def _pythons(version: str) -> Iterator[list[str]]:
    if sys.version_info[:2] == tuple(map(int, version.split("."))):
        yield [sys.executable]
    # All on PATH: the first may be one that only says which versions it could be.
    for name in (f"python{version}", "python3", "python"):
        for folder in os.get_exec_path():
            found = shutil.which(name, path=folder)
            if found:
                yield [found]
    if sys.platform == "win32" and shutil.which("py"):
        yield ["py", f"-{version}"]


def _complete(folder: Path) -> bool:
    # The interpreter is a link, whose target may have been removed.
    return (folder / DONE).is_file() and python_of(folder).exists()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep other processes from making the same environment; the system ends it with this one."""
    with open(folder.with_name(f"{folder.name}.lock"), "a+b") as file:
        try:
            if sys.platform == "win32":
                import msvcrt

                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                import fcntl

                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise BackendError(
                f"another process is making {folder}", hint="wait for it to end"
            ) from None
        yield


def _make(folder: Path, python: list[str], environment: Environment, tell: Tell) -> None:
    (folder / DONE).unlink(missing_ok=True)
    tell(f"an environment with Python {environment.python}")
    with _logged(folder.with_name(f"{folder.name}.log")) as log:
        log.run([*python, "-m", "venv", "--clear", str(folder)], tell)
        pip = [str(python_of(folder)), "-I", "-m", "pip", "--disable-pip-version-check"]
        install = ["install", "--no-input", "--progress-bar", "off", *environment.requirements]
        log.run([*pip, *install], tell)
        log.run([*pip, "check"], tell)
    (folder / DONE).touch()


class _Log:
    """Runs programs and keeps what they print."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file = path.open("w", encoding="utf-8")

    def run(self, command: list[str], tell: Tell) -> None:
        kept = {name: value for name, value in os.environ.items() if name not in _ELSEWHERE}
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            env=kept,
            start_new_session=True,
        )
        lines: list[str] = []
        try:
            assert process.stdout is not None
            for line in process.stdout:
                self.file.write(line)
                lines = [*lines[1 - _LINES_SHOWN :], line.rstrip()]
                if said := _news(line):
                    tell(said)
        except BaseException:
            # Interrupted: nothing that it has started may write into the folder any longer.
            _kill(process)
            raise
        finally:
            if process.stdout is not None:
                process.stdout.close()
            process.wait()
        if process.returncode:
            self.file.flush()
            said = "\n".join(f"  {each}" for each in lines if each.strip())
            raise BackendError(
                f"`{' '.join(command[1:4])}` failed with exit status {process.returncode}:\n{said}",
                hint=f"all that it printed is in {self.path}; it can be repeated",
            )


def _kill(process: subprocess.Popen[str]) -> None:
    """End a process with all that it has started."""
    if sys.platform == "win32":
        process.kill()
    else:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


@contextmanager
def _logged(path: Path) -> Iterator[_Log]:
    log = _Log(path)
    try:
        yield log
    finally:
        log.file.close()
    path.unlink()


def _news(line: str) -> str | None:
    """What a line of pip's says to someone who waits."""
    match line.split():
        case ["Collecting", name, *_]:
            return f"looking for {name}"
        case ["Downloading", file, *_] | ["Using", "cached", file, *_]:
            name = file.rpartition("/")[2].partition("-")[0]
            size = re.search(r"\(([^)]*B)\)", line)
            return f"fetching {name} ({size[1]})" if size else f"fetching {name}"
        case ["Installing", "collected", "packages:", *names]:
            return f"installing {len(names)} packages"
    return None
