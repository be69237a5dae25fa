"""Arrays between the canonical form and a backend's: weights, and batches of activations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from archspec.backends import Backend
from archspec.errors import UsageError
from archspec.model.graph import Graph
from archspec.weights.check import check
from archspec.weights.naming import backend_tensors, extra_tensors
from archspec.weights.recognition import recognized

Array = npt.NDArray[Any]


def to_backend(
    graph: Graph, backend: Backend | None, tensors: Mapping[str, Array], source: str = ""
) -> dict[str, Array]:
    """Canonical weights under the names and in the layouts of a backend.

    Tensors that only the backend has (``num_batches_tracked``) are added. Arrays are contiguous
    and keep their type.

    Args:
        graph: the network.
        backend: whose form; None for the canonical one.
        tensors: arrays by canonical name.
        source: what to call them in errors.

    Raises:
        WeightsError: if they do not fit the network.
        BackendError: if two names collide in the backend.
    """
    check({name: t.shape for name, (_, t) in graph.tensors.items()}, tensors, source)
    placed = backend_tensors(graph, backend)
    result = {
        each.name: np.asarray(each.place(tensors[name]), order="C") for name, each in placed.items()
    }
    extra = extra_tensors(graph, backend)
    return result | {name: np.array(value, np.int64) for name, value in extra.items()}


def from_backend(
    graph: Graph, backend: Backend | None, tensors: Mapping[str, Array], source: str = ""
) -> dict[str, Array]:
    """Weights of a backend under canonical names and in canonical layouts.

    Names may be written in any way that :func:`archspec.weights.recognition.recognized` knows.

    Args:
        graph: the network.
        backend: whose form they have; None for the canonical one.
        tensors: arrays by the backend's names.
        source: what to call them in errors.

    Raises:
        WeightsError: if they do not fit the network.
        BackendError: if two names collide in the backend.
    """
    placed = backend_tensors(graph, backend)
    extra = extra_tensors(graph, backend)
    expected = {each.name: each.shape for each in placed.values()}
    if backend is not None:
        tensors = recognized(tensors, {*expected, *extra}, backend.manifest, source)
    found = {name: array for name, array in tensors.items() if name not in extra}
    canonical = {each.name: name for name, each in placed.items()}
    check(expected, found, source, canonical)
    return {
        name: np.asarray(each.restore(found[each.name]), order="C") for name, each in placed.items()
    }


def to_layout(array: Array, axes: tuple[str, ...], backend: Backend) -> Array:
    """A batch in the order of a backend's axes; a view.

    Args:
        array: the batch, in the canonical order: N and ``axes``.
        axes: the axes of one example, such as ``("C", "H", "W")``.
        backend: whose order its axes are to have.
    """
    if backend.manifest.layout == "channels_last" and axes[0] == "C":
        return np.moveaxis(array, 1, -1)
    return array


def from_layout(array: Array, axes: tuple[str, ...], backend: Backend) -> Array:
    """A batch of a backend in the canonical order, N and ``axes``; a view.

    Args:
        array: the batch.
        axes: the axes of one example, such as ``("C", "H", "W")``.
        backend: whose order its axes have.

    Raises:
        UsageError: if the batch has not one axis more than an example.
    """
    if array.ndim != len(axes) + 1:
        received = f"received an array of the shape {array.shape}"
        raise UsageError(f"expected a batch with the axes N, {', '.join(axes)}, {received}")
    if backend.manifest.layout == "channels_last" and axes[0] == "C":
        return np.moveaxis(array, -1, 1)
    return array
