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
    names = _unwrapped(tensors, expected, manifest)
    if manifest.between != ".":
        names = {name: _rejoined(now, manifest) for name, now in names.items()}
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


def _rejoined(name: str, manifest: Manifest) -> str:
    """A name whose parts are joined by dots, as the backend joins them."""
    path, dot, tensor = name.rpartition(".")
    joint = manifest.between if manifest.tensor_joint is None else manifest.tensor_joint
    return f"{path.replace('.', manifest.between)}{joint}{tensor}" if dot else name


def _unwrapped(
    tensors: Collection[str], expected: Collection[str], manifest: Manifest
) -> dict[str, str]:
    """Each name without the prefixes of wrappers around the whole model."""
    names = {name: name for name in tensors}
    # Only until a name is known: a stage may itself be called `module`.
    while names and not any(now in expected for now in names.values()):
        common = (
            prefix
            for prefix in manifest.wrappers
            if prefix and all(now.startswith(prefix) for now in names.values())
        )
        prefix = next(common, None)
        if prefix is None:
            break
        names = {name: now.removeprefix(prefix) for name, now in names.items()}
    return names
