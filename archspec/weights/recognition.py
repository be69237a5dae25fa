"""The other ways in which a file may write a backend's names."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TypeVar

from archspec.backends import Manifest
from archspec.errors import WeightsError
from archspec.weights.check import shown

T = TypeVar("T")


def recognized(
    tensors: Mapping[str, T], expected: Collection[str], manifest: Manifest, source: str = ""
) -> dict[str, T]:
    """Tensors under a backend's own names, where a file writes them in another usual way.

    Taken away is a wrapper's prefix (``module.``) that all names have; a path joined by dots
    becomes one joined by the backend's own joiner (``params.b1_conv1.kernel``); and where the
    network has tensors of one collection only, the collection may be left out.

    Raises:
        WeightsError: if two names of the file mean the same tensor.
    """
    prefixes = _wrappers(tensors, expected, manifest)
    names = {name: _own_writing(name, prefixes, manifest) for name in tensors}
    outer = f"{manifest.collection}{manifest.between}" if manifest.collection else ""
    bare = not any(now.startswith(outer) for now in names.values())
    if bare and all(name.startswith(outer) for name in expected):
        names = {name: outer + now for name, now in names.items()}
    # An unknown name stays as the file has it, so that an error can name it.
    names = {name: now if now in expected else name for name, now in names.items()}
    result: dict[str, T] = {}
    origins: dict[str, str] = {}
    for name, now in names.items():
        if now in result:
            both = f"{shown(origins[now])} and {shown(name)} both mean {shown(now)}"
            raise WeightsError(both, path=source)
        result[now] = tensors[name]
        origins[now] = name
    return result


def _own_writing(name: str, prefixes: list[str], manifest: Manifest) -> str:
    for prefix in prefixes:
        name = name.removeprefix(prefix)
    return name if manifest.between == "." else name.replace(".", manifest.between)


def _wrappers(tensors: Collection[str], expected: Collection[str], manifest: Manifest) -> list[str]:
    """The prefixes to take away, outermost first."""
    found: list[str] = []
    left = list(tensors)
    while left:
        prefix = next(
            (
                each
                for each in manifest.wrappers
                if all(name.startswith(each) for name in left)
                # A stage may itself be called `module`.
                and not any(name.startswith(each) for name in expected)
            ),
            None,
        )
        if prefix is None:
            break
        found.append(prefix)
        left = [name.removeprefix(prefix) for name in left]
    return found
