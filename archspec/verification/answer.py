"""What a runner left behind, read."""

from __future__ import annotations

import contextlib
import json
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import safe_open

from archspec.errors import VerificationError
from archspec.verification.compare import Array


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


def read_answer(
    folder: Path, code: int | None, late: bool, timeout: float, log: str, command: str
) -> Answer:
    """What a runner answered, or what kept it from answering.

    Args:
        folder: where its files lie.
        code: the exit status of its process; negative for a signal, None if it goes on.
        late: whether it was ended after ``timeout`` seconds.
        timeout: in seconds.
        log: the end of what it printed.
        command: how to run it again by hand.
    """
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
