"""The modules in the backend's folder, imported as its own programs import them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest

from archspec.backends import find_backend

NAMES = ("assemble", "exact", "files", "graphs", "reference")


@pytest.fixture
def own(require_backend: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """``own.graphs`` and so on."""
    require_backend("onnx")
    monkeypatch.syspath_prepend(str(find_backend("onnx").folder))
    yield SimpleNamespace(**{name: import_module(name) for name in NAMES})
    for name in NAMES:
        sys.modules.pop(name, None)
