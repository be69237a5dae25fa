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
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from safetensors import safe_open

from archspec.backends import Backend
from archspec.errors import VerificationError
from archspec.verification.compare import Array

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


@dataclass
class Runs:
    """Processes that are running, so that all can be ended."""

    running: set[subprocess.Popen[str]] = field(default_factory=set)
    ended: bool = False

    def end(self) -> None:
        """End all that run, and let no other start."""
        self.ended = True
        for each in list(self.running):
            _kill(each)


@dataclass(frozen=True)
class Answer:
    """What a runner computed.

    Args:
        folder: where its files lie.
        versions: of its packages.
        tasks: by name, what it reports of each: ``records``, ``dropouts``, ``error``, ``seconds``.
        error: what stopped it as a whole; None if nothing did.
        log: the end of what it printed.
        command: how to run it again by hand.
        seconds: how long it took, its start included.
        stand_in: if something stood in for the framework, what.
    """

    folder: Path
    versions: dict[str, str]
    tasks: dict[str, dict[str, Any]]
    error: dict[str, Any] | None
    log: str
    command: str
    seconds: float = 0.0
    stand_in: str = ""

    @property
    def done(self) -> set[str]:
        """The names of the tasks that were carried out to their end."""
        return {name for name, report in self.tasks.items() if report["error"] is None}

    def arrays(self, task: str, *kinds: str) -> dict[str, Array]:
        """The arrays of a task by ``kind:name``; of some kinds only, if given."""
        path = self.folder / f"{task}.safetensors"
        if not path.exists():
            if task in self.done:
                raise VerificationError(
                    f"the results of the task `{task}` have gone from {self.folder}",
                    hint="something else cleans the folder for temporary files; try again",
                )
            return {}
        with safe_open(path, framework="numpy") as file:
            names = [name for name in file.keys() if not kinds or name.partition(":")[0] in kinds]  # noqa: SIM118
            return {name: file.get_tensor(name) for name in names}

    def part(self, task: str, kind: str) -> dict[str, Array]:
        """The arrays of one kind of a task by name."""
        return {n.partition(":")[2]: each for n, each in self.arrays(task, kind).items()}


def run(
    backend: Backend,
    folder: Path,
    device: str,
    timeout: float,
    progress: Callable[[str, str], None],
    runs: Runs | None = None,
    threads: int = 0,
) -> Answer:
    """Run a backend's runner on the request in a folder, to its end.

    Args:
        backend: whose runner.
        folder: with a request; the answer is written there too.
        device: ``cpu`` or ``cuda``.
        timeout: in seconds, after which the process is ended.
        progress: told the name of each task and ``begins`` or ``ends``.
        runs: where the process is kept while it runs.
        threads: that its libraries shall use, unless the user says otherwise; 0 for theirs.
    """
    begun = time.perf_counter()
    runs = runs or Runs()
    defaults = {**_DEFAULTS, **dict.fromkeys(_THREADS if threads else (), str(threads))}
    settings = dict(_ENVIRONMENT)
    if device == "cpu":
        settings |= {"CUDA_VISIBLE_DEVICES": "", "JAX_PLATFORMS": "cpu"}
    command = [*backend.command(), str(backend.runner.resolve()), str(folder)]
    by_hand = shlex.join(["env", f"PYTHONPATH={_SUPPORT}", *command])
    log: list[str] = []
    late = threading.Event()
    process = subprocess.Popen(
        command,
        env={**defaults, **os.environ, **settings},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    )

    def end() -> None:
        late.set()
        _kill(process)

    timer = threading.Timer(timeout, end)
    timer.start()
    runs.running.add(process)
    try:
        if runs.ended:
            _kill(process)
        assert process.stdout is not None
        for line in process.stdout:
            event = _event(line)
            if event is None:
                log = [*log[1 - _LOG_LINES :], line.rstrip()]
            else:
                progress(event["task"], event["state"])
        code = process.wait()
    finally:
        timer.cancel()
        runs.running.discard(process)
        # What it has started must not outlive it either.
        _kill(process)
        process.wait()
        with contextlib.suppress(AttributeError):
            process.stdout.close()  # type: ignore[union-attr]
    answer = _answer(folder, code, late.is_set(), timeout, "\n".join(log), by_hand)
    return replace(answer, seconds=time.perf_counter() - begun)


def _kill(process: subprocess.Popen[str]) -> None:
    """End a process with all that it has started."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    elif process.poll() is None:
        process.kill()


def _event(line: str) -> dict[str, Any] | None:
    """What a line of a runner's output announces; None for anything else that was printed."""
    if not line.startswith('{"archspec"'):
        return None
    with contextlib.suppress(ValueError):
        event = json.loads(line)
        if isinstance(event, dict) and {"task", "state"} <= set(event):
            return event
    return None


def _answer(folder: Path, code: int, late: bool, timeout: float, log: str, command: str) -> Answer:
    response: dict[str, Any] = {"versions": {}, "tasks": [], "error": None}
    with contextlib.suppress(OSError, ValueError):
        response |= json.loads((folder / "response.json").read_text("utf-8"))
    error = response["error"]
    if error is None and late:
        error = {"kind": "Timeout", "message": f"it was still running after {timeout:.0f} s"}
    elif error is None and code:
        ended = _signal(-code) if code < 0 else f"exit status {code}"
        error = {"kind": "Crash", "message": f"its process ended with {ended}"}
    elif error is None and not response["tasks"]:
        error = {"kind": "Crash", "message": "its process ended without an answer"}
    tasks = {each["name"]: each for each in response["tasks"]}
    stand_in = str(response.get("stand_in") or "")
    return Answer(folder, response["versions"], tasks, error, log, command, stand_in=stand_in)


def _signal(number: int) -> str:
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = "a signal"
    reason = {"SIGKILL": ", perhaps because memory ran out", "SIGSEGV": ", a segmentation fault"}
    return f"signal {number} ({name}{reason.get(name, '')})"
