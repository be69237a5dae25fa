"""Runners that are kept for one request after another, so that frameworks are imported once.

For tests and random networks, which ask hundreds of small questions. What users verify runs in
processes of its own (:class:`archspec.verification.process.Runs`), where nothing is left over.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path

from archspec.backends import Backend
from archspec.verification.answer import Answer, read_answer
from archspec.verification.process import Runs, Tell, by_hand, close, follow, kill, start

# Frameworks keep what they have compiled; a process is replaced before that becomes much.
_MOST_REQUESTS = 60
_MOST_MEMORY = int(1.2 * 2**30)


@dataclass
class _Kept:
    process: subprocess.Popen[str]
    requests: int = 0


class WarmRuns(Runs):
    """Runners in processes that stay."""

    def __init__(self) -> None:
        super().__init__()
        self._idle: dict[tuple[str, str], list[_Kept]] = defaultdict(list)
        self._lock = threading.Lock()

    def run(
        self,
        backend: Backend,
        folder: Path,
        device: str,
        timeout: float,
        progress: Tell,
        threads: int = 0,
    ) -> Answer:
        """As :meth:`Runs.run`."""
        begun = time.perf_counter()
        key = (str(backend.folder), device)
        with self._lock:
            kept = self._idle[key].pop() if self._idle[key] else None
        kept = kept or _Kept(start(backend, "-", device, threads))
        late = threading.Event()

        def end() -> None:
            late.set()
            kill(kept.process)

        timer = threading.Timer(timeout, end)
        timer.start()
        self._running.add(kept.process)
        try:
            log, idle = _ask(kept.process, folder, progress)
        finally:
            timer.cancel()
            self._running.discard(kept.process)
        kept.requests += 1
        code = None
        if idle and kept.requests < _MOST_REQUESTS and _resident(kept.process) < _MOST_MEMORY:
            with self._lock:
                self._idle[key].append(kept)
        else:
            if idle:
                kill(kept.process)
            close(kept.process)
            code = None if idle else kept.process.returncode
        answer = read_answer(folder, code, late.is_set(), timeout, log, by_hand(backend, folder))
        return replace(answer, seconds=time.perf_counter() - begun)

    def end(self) -> None:
        """End all that run, and those that wait."""
        super().end()
        self._ended = False
        with self._lock:
            waiting = [kept for several in self._idle.values() for kept in several]
            self._idle.clear()
        for each in waiting:
            kill(each.process)
            close(each.process)


def _resident(process: subprocess.Popen[str]) -> int:
    """The memory that a process holds, in bytes; 0 where the system does not tell."""
    try:
        pages = int(Path(f"/proc/{process.pid}/statm").read_text("ascii").split()[1])
    except (OSError, IndexError, ValueError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def _ask(process: subprocess.Popen[str], folder: Path, progress: Tell) -> tuple[str, bool]:
    assert process.stdin is not None
    with contextlib.suppress(OSError):
        process.stdin.write(f"{folder}\n")
        process.stdin.flush()
    return follow(process, progress)
