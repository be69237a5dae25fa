"""What the statements of a file bind, seen from outside; no framework is needed."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from archspec.runner.archspec_runner.recorder import Recorder
from archspec.runner.archspec_runner.trace import traced

TEXT = """
import numpy as np

def helper(x):
    y = x + 1
    return y

class Net:
    path = "net"
    parts = ()

    def __call__(self, x):
        same = x
        x = helper(x)
        x = (
            x
            * 2
        )
        for part in self.parts:
            x = part(x)
        if x.sum() > 1e9:
            x = x - 1
        a, b = x + 1, x + 2
        number = 3
        squares = [each**2 for each in (a, b)]
        return np.concatenate([a, b])

class Part:
    def __init__(self, path):
        self.path = path

    def __call__(self, x):
        return x % 100 * 3
"""


@pytest.fixture
def module(tmp_path: Path) -> Any:
    file = tmp_path / "traced_net.py"
    file.write_text(TEXT, "utf-8")
    spec = importlib.util.spec_from_file_location("traced_net", file)
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def record(module: Any, parts: int = 2) -> Recorder:
    net = module.Net()
    net.parts = [module.Part(f"net.parts.{index}") for index in range(parts)]
    recorder = Recorder(id, lambda value: value)
    is_array = lambda value: isinstance(value, np.ndarray)  # noqa: E731
    path = lambda owner: getattr(owner, "path", None)  # noqa: E731
    with traced(Path(module.__file__), recorder, is_array, id, path):
        net(np.ones(3))
    return recorder


def lines(recorder: Recorder) -> list[tuple[str, str, str]]:
    text = TEXT.splitlines()
    return [
        (each["path"], each["name"], text[each["first"] - 1].strip()) for each in recorder.records
    ]


def test_each_statement_that_binds_an_array_is_seen_once(module: Any) -> None:
    found = lines(record(module))
    assert found == [
        ("net", "same", "same = x"),
        ("net", "x", "x = helper(x)"),
        ("net", "x", "x = ("),
        ("net.parts.0", "return", "return x % 100 * 3"),
        ("net", "x", "x = part(x)"),
        ("net.parts.1", "return", "return x % 100 * 3"),
        ("net", "x", "x = part(x)"),
        ("net", "a", "a, b = x + 1, x + 2"),
        ("net", "b", "a, b = x + 1, x + 2"),
        ("net", "return", "return np.concatenate([a, b])"),
    ]


def test_statement_of_several_lines_is_one(module: Any) -> None:
    record_ = record(module).records[2]
    assert record_["last"] - record_["first"] == 3


def test_turns_of_a_loop_are_counted(module: Any) -> None:
    turns = [each["turn"] for each in record(module).records if each["name"] == "x"]
    assert turns == [0, 0, 0, 1]


def test_one_array_has_one_number(module: Any) -> None:
    recorder = record(module)
    by_place = {
        (each["path"], each["name"], each["turn"]): each["array"] for each in recorder.records
    }
    assert by_place["net.parts.0", "return", 0] == recorder.records[4]["array"]
    values = recorder.arrays
    np.testing.assert_array_equal(values[recorder.records[2]["array"]], np.full(3, 4.0))
    np.testing.assert_array_equal(values[recorder.records[-1]["array"]], [37.0] * 3 + [38.0] * 3)


def test_identities_are_never_reused(module: Any) -> None:
    # A thousand short-lived arrays: were they not held, later ones would get their identities.
    recorder = record(module, parts=1000)
    assert len(recorder.arrays) == len({each["array"] for each in recorder.records})
    assert len(recorder.arrays) == 1 + 2 + 1000 + 2 + 1
