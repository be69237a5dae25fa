"""What several folders of tests share."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from archspec.backends import find_backend


@pytest.fixture
def require_backend() -> Callable[[str], None]:
    """Skip where a backend is not installed; fail where ARCHSPEC_REQUIRE_BACKENDS names it."""

    def require(name: str) -> None:
        missing = [each for each, version in find_backend(name).installed().items() if not version]
        if not missing:
            return
        reason = f"{name} is not installed (missing: {', '.join(missing)})"
        required = os.environ.get("ARCHSPEC_REQUIRE_BACKENDS", "").split(",")
        if name in [each.strip() for each in required]:
            pytest.fail(reason)
        pytest.skip(reason)

    return require


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-goldens", action="store_true", help="record what comes out as what is expected"
    )


@pytest.fixture
def update_goldens(request: pytest.FixtureRequest) -> bool:
    """Whether this run records goldens instead of comparing with them."""
    return bool(request.config.getoption("--update-goldens"))
