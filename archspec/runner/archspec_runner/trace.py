"""What each statement of a file bound, seen from outside with ``sys.settrace``.

Generated code writes functions such as ``x = nn.relu(x)`` as statements, which no framework's
hooks report. Python calls a trace function before each line; the variables that hold another
array than before the line were bound by it.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from .recorder import Recorder

_COMPOUND = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.For,
    ast.While,
    ast.If,
    ast.With,
    ast.Try,
    ast.Match,
)


@contextmanager
def traced(
    file: Path,
    recorder: Recorder,
    is_array: Callable[[Any], bool],
    key: Callable[[Any], Hashable],
    path: Callable[[Any], str | None],
    instance: Callable[[FrameType], str | None] | None = None,
) -> Iterator[None]:
    """Record what the statements of a file bind while this context lasts.

    Args:
        file: the file, as its code objects name it.
        recorder: where to.
        is_array: whether a value is one to record.
        key: what tells two arrays apart.
        path: the path of the module that a method's ``self`` is; None if it is none.
        instance: where blocks are functions, the path of the one that a frame runs.
    """
    if instance is None:

        def instance(frame: FrameType) -> str | None:
            owner = frame.f_locals.get("self")
            return None if owner is None else path(owner)

    tracer = _Tracer(str(file), _statements(file), recorder, is_array, key, instance)
    before = sys.gettrace()
    sys.settrace(tracer.enter)
    try:
        yield
    finally:
        sys.settrace(before)


class _Tracer:
    def __init__(
        self,
        file: str,
        statements: Mapping[int, tuple[int, int]],
        recorder: Recorder,
        is_array: Callable[[Any], bool],
        key: Callable[[Any], Hashable],
        instance: Callable[[FrameType], str | None],
    ) -> None:
        self.file = file
        self.statements = statements
        self.recorder = recorder
        self.is_array = is_array
        self.key = key
        self.instance = instance

    def enter(self, frame: FrameType, event: str, argument: Any) -> Any:
        """Called as any function is entered; decides whether to follow its lines."""
        code = frame.f_code
        # Comprehensions and lambdas have no statements of their own.
        if code.co_filename != self.file or code.co_name.startswith("<"):
            return None
        path = self.instance(frame)
        return None if path is None else _Follower(self, path, frame).event


class _Follower:
    """Follows one call of one method."""

    def __init__(self, tracer: _Tracer, path: str, frame: FrameType) -> None:
        self.tracer = tracer
        self.path = path
        self.line = 0
        self.values = self._arrays(frame)

    def _arrays(self, frame: FrameType) -> dict[str, Any]:
        """The arrays that the variables hold; held on to, so that identities stay unique."""
        is_array, key = self.tracer.is_array, self.tracer.key
        variables = frame.f_locals.items()
        return {name: (key(value), value) for name, value in variables if is_array(value)}

    def event(self, frame: FrameType, event: str, argument: Any) -> Any:
        """Called before each line, at a return, and when an exception passes."""
        lines = self.tracer.statements.get(self.line)
        now = self._arrays(frame)
        if lines is not None:
            for name, (key, value) in now.items():
                if name not in self.values or self.values[name][0] != key:
                    self.tracer.recorder.line(self.path, lines, name, value)
            if event == "return" and self.tracer.is_array(argument):
                self.tracer.recorder.line(self.path, lines, "return", argument)
        self.values = now
        if event == "line":
            self.line = frame.f_lineno
        return self.event


def _statements(file: Path) -> dict[int, tuple[int, int]]:
    """For each line of a simple statement the statement's first and last line."""
    found: dict[int, tuple[int, int]] = {}
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.stmt) and not isinstance(node, _COMPOUND):
            last = node.end_lineno or node.lineno
            for line in range(node.lineno, last + 1):
                found[line] = (node.lineno, last)
    return found
