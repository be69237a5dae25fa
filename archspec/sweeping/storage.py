"""What of a sweep is on disk: batches that are done, and the question they answer.

While a sweep runs there is a folder ``results.csv.partial`` with the question and a file for each
batch; every file is written in one step. At the end the results are put together, and the
question stays beside them as ``results.csv.json``. So whatever moment a sweep was killed at,
the next run finds out what is there, and that it is asked the same.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from archspec.errors import ArchspecError, UsageError
from archspec.generation import write_atomically
from archspec.sweeping.measure import Outcome

_QUESTION = "question.json"


@dataclass(frozen=True)
class Store:
    """Where one sweep keeps what it has.

    Args:
        path: the file of results.
        question: what is asked, as plain data.
    """

    path: Path
    question: Mapping[str, Any]
    _held: list[IO[bytes]] = field(default_factory=list)

    @property
    def partial(self) -> Path:
        """The folder of a sweep that is not finished."""
        return self.path.with_name(f"{self.path.name}.partial")

    @property
    def record(self) -> Path:
        """The file that says what finished results answer."""
        return self.path.with_name(f"{self.path.name}.json")

    def open(self) -> dict[str, Any] | None:
        """Make ready; what is recorded beside finished results of the same question, else None.

        Raises:
            UsageError: if the file or the folder belongs to something else.
            ArchspecError: if nothing can be written there.
        """
        if self.partial.exists():
            question = _read(self.partial / _QUESTION)
            self._check(question, f"{self.partial} holds an unfinished sweep")
            self._lock()
            return None
        if self.path.exists():
            record: Any = _read(self.record)
            question = record.get("question") if isinstance(record, dict) else record
            self._check(question, f"{self.path} holds the results of a sweep")
            if not _is_record(record):
                raise _strange(self.record, "it is not as a sweep writes it")
            return dict(record)
        try:
            # Under its name the folder appears only once the question is in it.
            begun = self.partial.with_name(f".{self.partial.name}.{os.getpid()}")
            begun.mkdir(parents=True)
            write_atomically(begun / _QUESTION, json.dumps(self.question))
            begun.rename(self.partial)
        except OSError as error:
            raise ArchspecError(f"cannot write {self.partial}: {error.strerror}") from None
        self._lock()
        return None

    def _lock(self) -> None:
        """Keep other processes out until this one ends, however it does, or has finished."""
        try:
            import fcntl
        except ImportError:
            # No such locks on Windows.
            return
        file = (self.partial / _QUESTION).open("rb")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            problem = f"{self.path}: another process is working on this sweep"
            raise UsageError(problem, hint="wait until it has finished") from None
        except OSError:
            # A file system without locks.
            file.close()
            return
        self._held.append(file)

    def _check(self, other: Any, what: str) -> None:
        if other == json.loads(json.dumps(self.question)):
            return
        hint = "name another file with -o, or remove what is there"
        if not isinstance(other, dict):
            raise UsageError(f"{self.path} is there already, and no sweep says so", hint=hint)
        differs = [key for key in self.question if other.get(key) != self.question[key]]
        listed = ", ".join(differs) or "the version"
        raise UsageError(f"{what} of another question; it differs in: {listed}", hint=hint)

    def done(self) -> set[int]:
        """The batches that are there."""
        names = (each.name for each in self.partial.iterdir())
        return {int(name[:8]) for name in names if re.fullmatch(r"[0-9]{8}\.json", name)}

    def keep(self, batch: int, outcome: Outcome) -> None:
        """Write down a batch."""
        text = json.dumps({"costs": outcome.costs, "reasons": outcome.reasons})
        write_atomically(self.partial / f"{batch:08}.json", text)

    def outcome(self, batch: int, count: int) -> Outcome:
        """A batch of so many variants that is there.

        Raises:
            ArchspecError: if it is anything else.
        """
        path = self.partial / f"{batch:08}.json"
        data = _read(path)
        if not isinstance(data, dict) or set(data) != {"costs", "reasons"}:
            raise _strange(path, "it is not as a sweep writes it")
        outcome = Outcome(**data)
        if not outcome.is_of(count):
            raise _strange(path, "it is not as a sweep writes it")
        return outcome

    def finish(self, whole: Path, record: Mapping[str, Any]) -> None:
        """Put finished results in their place; the batches are of no more use."""
        os.replace(whole, self.path)
        text = json.dumps({**record, "question": self.question}, indent=2)
        write_atomically(self.record, text + "\n")
        shutil.rmtree(self.partial, ignore_errors=True)
        self.close()

    def close(self) -> None:
        """Let others at it."""
        for file in self._held:
            file.close()
        self._held.clear()

    @property
    def under_way(self) -> Path:
        """The file in which results are put together."""
        return self.path.with_name(f".{self.path.stem}.{os.getpid()}{self.path.suffix}")


def _is_record(record: Mapping[str, Any]) -> bool:
    """Whether it is what :meth:`Store.finish` writes: anyone may have edited it since."""
    counts = [record.get(name) for name in ("variants", "invalid", "front")]
    objectives = record.get("objectives")
    return (
        all(type(each) is int for each in counts)
        and isinstance(objectives, list)
        and all(isinstance(each, str) for each in objectives)
    )


def _read(path: Path) -> Any:
    try:
        if path.exists() and not path.is_file():
            # Reading a pipe would wait for ever.
            raise _strange(path, "not an ordinary file")
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise _strange(path, str(error)) from None
    except RecursionError:
        raise _strange(path, "it is nested too deeply") from None


def _strange(path: Path, why: str) -> ArchspecError:
    return ArchspecError(f"{path} cannot be read: {why}", hint="remove it")
