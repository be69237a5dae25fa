"""A backend's runner as a process: started, followed, stopped, and what it left behind."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from archspec.backends import Backend
from archspec.verification.answer import Answer, read_answer

_SUPPORT = Path(__file__).resolve().parent.parent / "runner"
_LOG_LINES = 40

# What a user may well have set otherwise. Threads of OpenMP that spin while they wait take the
# cores from whoever else is at work: on two busy cores PyTorch was ten times slower.
_DEFAULTS = {"OMP_WAIT_POLICY": "PASSIVE"}

# Settings that verification needs, whatever the user's own are.
_ENVIRONMENT = {
    "PYTHONPATH": str(_SUPPORT),
    "PYTHONUNBUFFERED": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
    "TF_CPP_MIN_LOG_LEVEL": "2",
}


# Libraries for arrays that take as many threads as there are cores, unless told.
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "TF_NUM_INTRAOP_THREADS")

# Told the name of each task, and whether it `begins` or `ends`.
Tell = Callable[[str, str], None]


class Runs:
    """Runners, each in a process of its own that ends with it."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[str]] = set()
        self._ended = False

    def run(
        self,
        backend: Backend,
        folder: Path,
        device: str,
        timeout: float,
        progress: Tell,
        threads: int = 0,
    ) -> Answer:
        """Run a backend's runner on the request in a folder, to its end.

        Args:
            backend: whose runner.
            folder: with a request; the answer is written there too.
            device: ``cpu`` or ``cuda``.
            timeout: in seconds, after which the process is ended.
            progress: told what it does.
            threads: that its libraries shall use, unless the user says otherwise; 0 for theirs.
        """
        begun = time.perf_counter()
        process = start(backend, str(folder), device, threads)
        late = threading.Event()

        def end() -> None:
            late.set()
            kill(process)

        timer = threading.Timer(timeout, end)
        timer.start()
        self._running.add(process)
        try:
            if self._ended:
                kill(process)
            log, _ = follow(process, progress)
            code = process.wait()
        finally:
            timer.cancel()
            self._running.discard(process)
            # What it has started must not outlive it either.
            kill(process)
            close(process)
        again = by_hand(backend, folder)
        answer = read_answer(folder, code, late.is_set(), timeout, log, again)
        return replace(answer, seconds=time.perf_counter() - begun)

    def end(self) -> None:
        """End all that run, and let no other start."""
        self._ended = True
        for each in list(self._running):
            kill(each)


def start(backend: Backend, what: str, device: str, threads: int) -> subprocess.Popen[str]:
    """A runner's process, in a session of its own.

    Args:
        backend: whose runner.
        what: what it is called with: a folder, or ``-`` for folders on its standard input.
        device, threads: as for :meth:`Runs.run`.
    """
    defaults = {**_DEFAULTS, **dict.fromkeys(_THREADS if threads else (), str(threads))}
    settings = dict(_ENVIRONMENT)
    if device == "cpu":
        settings |= {"CUDA_VISIBLE_DEVICES": "", "JAX_PLATFORMS": "cpu"}
    return subprocess.Popen(
        [*backend.command(), str(backend.runner.resolve()), what],
        env={**defaults, **os.environ, **settings},
        stdin=subprocess.PIPE if what == "-" else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    )


def follow(process: subprocess.Popen[str], progress: Tell) -> tuple[str, bool]:
    """Read what a runner prints until it ends or waits for another folder.

    Returns:
        The end of its log, and whether it waits.
    """
    log: list[str] = []
    idle = False
    assert process.stdout is not None
    for line in process.stdout:
        event = _event(line)
        if event is None:
            log = [*log[1 - _LOG_LINES :], line.rstrip()]
        elif event["state"] == "idle":
            idle = True
            break
        else:
            progress(event["task"], event["state"])
    return "\n".join(log), idle


def by_hand(backend: Backend, folder: Path) -> str:
    """The command that runs a request again."""
    command = [*backend.command(), str(backend.runner.resolve()), str(folder)]
    return shlex.join(["env", f"PYTHONPATH={_SUPPORT}", *command])


def kill(process: subprocess.Popen[str]) -> None:
    """End a process with all that it has started."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    elif process.poll() is None:
        process.kill()


def close(process: subprocess.Popen[str]) -> None:
    """Wait for a process that has been ended, and close what leads to it."""
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()


def _event(line: str) -> dict[str, Any] | None:
    """What a line of a runner's output announces; None for anything else that was printed."""
    if not line.startswith('{"archspec"'):
        return None
    with contextlib.suppress(ValueError):
        event = json.loads(line)
        if isinstance(event, dict) and {"task", "state"} <= set(event):
            return event
    return None
