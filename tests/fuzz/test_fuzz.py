"""Random networks, each in every backend that is installed, against the oracle.

Thirty here, any number by ``make fuzz N=1000 SEED=1``. They come in chunks, so that several
processes can share them; a chunk depends on the seed and on its number alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from archspec.verification.warm import WarmRuns
from tests.fuzz.checking import Checker
from tests.fuzz.networks import networks
from tests.fuzz.scope import Node

FOUND = Path(__file__).parents[2] / ".cache" / "fuzz"
CHUNK = 15
EXAMPLES = 30
# Networks of the default run are smaller, for the sake of time.
SMALL, LARGE = 8, 14


def pytest_generate_tests(metafunc: Any) -> None:
    asked = metafunc.config.getoption("--fuzz-examples", None)
    seed = metafunc.config.getoption("--fuzz-seed", None) or 0
    largest = SMALL if asked is None else LARGE
    wanted = EXAMPLES if asked is None else asked
    chunks = [min(CHUNK, wanted - start) for start in range(0, wanted, CHUNK)]
    parameters = [(seed, number, size, largest) for number, size in enumerate(chunks)]
    ids = [f"seed{seed}-chunk{number}" for number in range(len(chunks))]
    metafunc.parametrize(("seed", "chunk", "size", "largest"), parameters, ids=ids)


@pytest.mark.fuzz
@pytest.mark.parity
def test_random_networks_agree(
    seed: int,
    chunk: int,
    size: int,
    largest: int,
    fuzzed_backends: list[str],
    quick_compilation: None,
    warm_runs: WarmRuns,
    record_property: Any,
) -> None:
    checker = Checker(fuzzed_backends, warm_runs, FOUND / f"seed{seed}-chunk{chunk}.yaml")

    @hypothesis.seed(seed * 1_000_003 + chunk)
    @settings(
        # The simplest network comes first in every chunk, and is no news.
        max_examples=size + 1,
        deadline=None,
        database=None,
        report_multiple_bugs=False,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(networks(largest))
    def compare(spec: dict[str, Node]) -> None:
        checker(spec)

    try:
        compare()
    finally:
        record_property("fuzz", checker.tally.plain())
