"""Random networks that are right by construction resolve, and both their views agree.

Whether backends compute them rightly is tested in ``tests/fuzz``.
"""

from __future__ import annotations

import json

from hypothesis import HealthCheck, given, settings
from two_views import check

from archspec.resolution import resolve
from archspec.schema import loads
from tests.fuzz.networks import networks


@settings(
    max_examples=100, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
@given(networks())
def test_random_networks(network: dict[str, object]) -> None:
    check(resolve(loads(json.dumps(network))))
