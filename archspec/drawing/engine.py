"""ELK, run by the V8 that comes as a Python package: from a graph to one with places."""

from __future__ import annotations

import atexit
import json
import os
import threading
from functools import cache
from pathlib import Path
from typing import Any

from archspec.errors import ArchspecError, UsageError

SCRIPT = Path(__file__).parent / "elk" / "elk.bundled.js"
# Of wall time, for one graph; what takes longer nobody would look at, either.
_SECONDS = 30.0
# Less than V8 itself would end the process at.
_BYTES = 1 << 30
_LOCK = threading.Lock()
# The engine asks for a browser's window, and for timers only to be called later.
_WINDOW = """
globalThis.window = globalThis;
globalThis.setTimeout = run => { run(); return 0; };
globalThis.clearTimeout = () => {};
"""
_CALL = """
globalThis.answer = null;
new ELK().layout(%s).then(
  graph => { answer = "+" + JSON.stringify(graph); },
  error => { answer = "-" + error; });
"""


def laid_out(graph: dict[str, Any]) -> dict[str, Any]:
    """A graph in ELK's JSON with the places of its nodes, ports, labels and edges.

    Raises:
        ArchspecError: if V8 is not installed, or ELK fails.
        UsageError: if it takes too long.
    """
    _import_engine()
    from py_mini_racer import JSOOMException, JSTimeoutException

    with _LOCK:
        try:
            answer = _answer(json.dumps(graph))
        except (JSTimeoutException, JSOOMException) as error:
            # ELK was cut off in the middle and is of no use any more. When it has answered
            # something it has stopped: its last words must not come to a machine that is closed.
            machine = _machine(os.getpid())
            if isinstance(error, JSTimeoutException):
                machine.eval("0")
            machine.close()
            _machine.cache_clear()
            raise too_large() from None
    if not answer.startswith("+"):
        raise ArchspecError(
            f"ELK cannot lay this picture out: {answer[1:]}",
            hint="this should not happen: please report it; --format mmd does without ELK",
        )
    found: dict[str, Any] = json.loads(answer[1:])
    return found


def too_large() -> UsageError:
    """What is said of a picture that would take too long."""
    return UsageError(
        "this picture is too large to be laid out",
        hint="fold more: a smaller --depth, less to --expand, or one --block, which alone helps a"
        " page (it holds what is folded, too); Mermaid (.mmd) takes anything",
    )


def _import_engine() -> None:
    """Say what to install, where V8 is not."""
    try:
        import py_mini_racer  # noqa: F401
    except ImportError:
        raise ArchspecError(
            "SVG and PNG need a package that is not installed",
            hint='pip install "archspec-nn[draw]"; HTML and Mermaid need nothing more',
        ) from None


def _answer(graph: str) -> str:
    machine = _machine(os.getpid())
    machine.eval(_CALL % graph, timeout_sec=_SECONDS)
    return str(machine.eval("answer"))


@cache
def _machine(process: int) -> Any:
    """The V8 of a process, as its threads do not outlive a fork."""
    from py_mini_racer import MiniRacer

    machine = MiniRacer()
    # Its threads would keep the process alive.
    atexit.register(machine.close)
    machine.set_hard_memory_limit(_BYTES)
    machine.eval(_WINDOW + SCRIPT.read_text("utf-8"))
    return machine
