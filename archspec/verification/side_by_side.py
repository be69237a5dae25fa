"""Several runners at once, as far as cores and memory allow."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any, TypeVar

from archspec.backends import Backend
from archspec.errors import UsageError
from archspec.verification import memory
from archspec.verification.answer import Answer
from archspec.verification.process import Runs

T = TypeVar("T")

# Told who, what, and whether it `begins` or `ends`.
Progress = Callable[[str, str, str], None]


def how_many(
    jobs: int | None, backends: int, needed: Callable[[int], int], most: int | None
) -> int:
    """How many runners to have at once.

    Args:
        jobs: as asked for; None for as many as there are cores and memory for.
        backends: how many are to run.
        needed: the estimate of memory in bytes, for so many at once.
        most: the bytes allowed, as for :func:`archspec.verification.memory.refuse_too_large`.

    Raises:
        UsageError: if ``jobs`` is no number of runners.
        VerificationError: if not even one fits, or not as many as were asked for.
    """
    if jobs is not None and jobs < 1:
        raise UsageError(f"expected 1 job or more, received {jobs}")
    wanted = max(1, min(backends, jobs or _cores()))
    if jobs is None:
        allowed = memory.allowed(most)
        while wanted > 1 and needed(wanted) > allowed:
            wanted -= 1
    memory.refuse_too_large(needed(wanted), most)
    return wanted


def run_all(
    folders: Mapping[str, Path],
    backends: Sequence[Backend],
    device: str,
    timeout: float,
    jobs: int,
    tell: Progress,
    runs: Runs,
    meanwhile: Callable[[], T],
) -> tuple[dict[str, Answer], T]:
    """Every backend's answer to the request in its folder, and the result of other work.

    Args:
        folders: by the backend's name.
        backends: in the order in which they start.
        device, timeout: as for :func:`archspec.verification.process.run`.
        jobs: how many at once; ``meanwhile`` counts as one of them.
        tell: told of each.
        runs: what runs them.
        meanwhile: something to do in this process.
    """
    threads = max(1, _cores() // jobs)
    with ThreadPoolExecutor(jobs) as pool:

        def one(backend: Backend) -> Answer:
            def follow(task: str, state: str) -> None:
                tell(backend.title, task, state)

            follow("start", "begins")
            folder = folders[backend.name]
            answer = runs.run(backend, folder, device, timeout, follow, threads)
            follow("failed" if answer.error else "done", "ends")
            return answer

        futures: dict[str, Future[Answer]] = {
            each.name: pool.submit(one, each) for each in backends
        }
        other = pool.submit(meanwhile)
        every: list[Future[Any]] = [*futures.values(), other]
        try:
            done, _ = wait(every, return_when=FIRST_EXCEPTION)
            for each in done:
                each.result()
        except BaseException:
            for each in every:
                each.cancel()
            runs.end()
            raise
        return {name: future.result() for name, future in futures.items()}, other.result()


def _cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
