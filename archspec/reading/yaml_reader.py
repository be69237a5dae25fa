"""YAML text to positioned nodes: files, the parser behind it, and its errors."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from yaml import events

from archspec.errors import Location, SpecError
from archspec.reading.composer import Composer, LimitReached
from archspec.reading.nodes import Node
from archspec.reading.source import bytes_of, place_of, text_of
from archspec.reading.syntax import explain

_PARSER: Any = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
"""Only its events are used. A PyYAML without libyaml yields the same, some ten times slower."""


def read_file(path: Path, shown_as: str | None = None) -> Node:
    """Read a YAML file.

    Args:
        path: the file.
        shown_as: its name in messages and locations; the path as given by default.

    Raises:
        SpecError: the file cannot be read, or see :func:`read_yaml`.
    """
    file = str(path) if shown_as is None else shown_as
    return read_yaml(bytes_of(path, file), file)


_MOST_DIRECTIVES = 100


def read_yaml(data: bytes | str, file: str) -> Node:
    """Read one YAML document.

    Args:
        data: the content; bytes are UTF-8. A byte order mark is skipped.
        file: the name for messages and locations.

    Raises:
        SpecError: with every problem found. Reading goes on after a problem of meaning (a
            duplicate key, an anchor), and stops at an error of syntax and at a limit.
    """
    text = text_of(data, file)
    if text.count("\n%") > _MOST_DIRECTIVES:
        # libyaml compares each directive with all before it, before its first event.
        raise SpecError("the file has too many directives (`%`)", Location(file, 1, 1))
    composer = Composer(file, end=place_of(text, len(text), file))
    try:
        for event in _events(text):
            composer.take(event)
    except yaml.MarkedYAMLError as error:
        composer.problems.append(explain(error, text, file))
    except LimitReached:
        pass
    return composer.result()


def _events(text: str) -> Iterator[events.Event]:
    try:
        yield from yaml.parse(text, Loader=_PARSER)
    except (ValueError, OverflowError):
        # Only the pure Python parser: it passes an escape such as "\UFFFFFFFF" on to chr().
        raise yaml.MarkedYAMLError(problem="an escape beyond the last character") from None
