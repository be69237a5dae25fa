"""Whatever a spec holds: a network or located problems, in good time, and nothing else."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "resolve"))

from mutations import nodes, specs
from two_views import check

from archspec.errors import ArchspecError
from archspec.resolution import resolve
from archspec.schema import loads

CALM = settings(
    max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)


def attempt(text: str, folder: Path) -> None:
    start = time.process_time()
    try:
        model = resolve(loads(text, folder=folder))
    except ArchspecError as error:
        for problem in error.problems:
            assert problem.problem
            assert str(problem).isprintable(), repr(str(problem))
        assert "\n" not in error.problems[0].problem
    else:
        check(model)
    assert time.process_time() - start < 5


@CALM
@given(specs())
def test_nearly_right(tmp_path: Path, text: str) -> None:
    attempt(text, tmp_path)


@CALM
@given(st.dictionaries(st.sampled_from(["name", "params", "blocks", "stages", "input"]), nodes))
def test_hardly_right(tmp_path: Path, spec: dict[str, object]) -> None:
    import json

    attempt(json.dumps({"archspec": 1, "name": "Net", "input": [3, 8, 8], **spec}), tmp_path)
