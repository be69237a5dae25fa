"""Runs a Keras model for archspec: ``python runner.py FOLDER`` (see ``archspec_runner``).

Keras runs on TensorFlow, or on what the environment variable ``KERAS_BACKEND`` names.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

import engines  # first of all: it chooses what Keras runs on
import keras
import numpy as np
from archspec_runner import Computed, Mismatch, Recorder, Request, load_class, serve, traced
from archspec_runner.protocol import Array, accepted
from keras import KerasTensor, layers

_NORMS = (layers.BatchNormalization, layers.LayerNormalization, layers.GroupNormalization)


@dataclass
class Built:
    """A model as it was built in one precision, or as far as that got.

    Args:
        recorder: every symbolic tensor in it, and where it was seen.
        outputs: the symbolic outputs by name.
        norms: each normalisation with what it takes.
        probe: a model of the same layers that gives all of those tensors; None without any.
        stopped: what broke off the building.
    """

    recorder: Recorder
    outputs: dict[str, KerasTensor] = field(default_factory=dict)
    norms: list[tuple[Any, KerasTensor]] = field(default_factory=list)
    probe: Any = None
    stopped: Exception | None = None

    @property
    def variables(self) -> dict[str, Any]:
        """Parameters and statistics by name."""
        return {} if self.probe is None else {each.path: each for each in self.probe.weights}


class Keras:
    """One model, built once for each precision; its weights are set anew for each pass."""

    def __init__(self, request: Request) -> None:
        self.engine = engines.engine(request.device)
        keras.config.set_image_data_format("channels_last")
        keras.config.disable_traceback_filtering()
        self.request = request
        self.function, _ = load_class(request, keras.Model, _makes_a_model)
        self.arguments = accepted(self.function, request.arguments)
        self._built: dict[str, Built] = {}

    def versions(self) -> dict[str, str]:
        return {"keras": keras.__version__, **self.engine.versions()}

    def expect(self, shapes: Mapping[str, tuple[int, ...]]) -> None:
        built = self._in("float64")
        if built.stopped is None:
            found = {name: tuple(each.shape) for name, each in built.variables.items()}
            Mismatch.check(shapes, found)

    def forward(
        self,
        weights: Mapping[str, Array],
        inputs: Mapping[str, Array],
        training: bool,
        shift: int | None = None,
    ) -> Computed:
        built = self._with(weights, inputs)
        computed = Computed(stopped=built.stopped)
        if built.probe is None:
            return computed
        recorder = Recorder(id, lambda value: value)
        with _identities(recorder):
            arrays = self._arguments(built, inputs)
            values = self.engine.forward(built.probe, arrays, training)
            if shift is not None:
                found = _by_tensor(built, values)
                for layer, tensor in built.norms:
                    seen = _shifted(layer, np.array(found[id(tensor)]), shift)
                    recorder.module(layer.name, "", layer(seen, training=training))
                computed.arrays = [_numpy(each) for each in recorder.arrays]
                computed.records = recorder.records
                return computed
        return self._finished(computed, built, recorder, values)

    def gradients(
        self,
        weights: Mapping[str, Array],
        inputs: Mapping[str, Array],
        cotangents: Mapping[str, Array],
        training: bool,
    ) -> Computed:
        built = self._with(weights, inputs)
        if built.stopped is not None:
            return self.forward(weights, inputs, training)
        places = {id(each): place for place, each in enumerate(built.probe.outputs)}
        factors = [
            (places[id(tensor)], keras.ops.convert_to_tensor(cotangents[name]))
            for name, tensor in built.outputs.items()
        ]

        def total(values: Sequence[Any]) -> Any:
            return sum(keras.ops.sum(factor * values[place]) for place, factor in factors)

        recorder = Recorder(id, lambda value: value)
        with _identities(recorder):
            arrays = self._arguments(built, inputs)
            slopes = self.engine.backward(built.probe, arrays, total, training)
        computed = self._finished(Computed(), built, recorder, slopes.values)
        trained = built.probe.trainable_variables
        named = zip(trained, slopes.variables, strict=True)
        computed.gradients = {each.path: _numpy(slope) for each, slope in named}
        by_name = zip(self._names(built), slopes.inputs, strict=True)
        computed.input_gradients = {name: _numpy(slope) for name, slope in by_name}
        if training:
            others = zip(built.probe.non_trainable_variables, slopes.others, strict=True)
            state = built.variables
            found = {each.path: value for each, value in others if each.path in state}
            computed.statistics = {name: _numpy(value) for name, value in found.items()}
        return computed

    def _with(self, weights: Mapping[str, Array], inputs: Mapping[str, Array]) -> Built:
        """The model in the precision of the inputs, with these weights."""
        built = self._in(next(iter(inputs.values())).dtype.name)
        for name, variable in built.variables.items():
            if name in weights:
                variable.assign(weights[name])
        return built

    def _in(self, dtype: str) -> Built:
        if dtype not in self._built:
            keras.utils.clear_session()
            keras.config.set_floatx(dtype)
            keras.config.set_dtype_policy(dtype)
            keras.utils.set_random_seed(0)
            self._built[dtype] = self._build()
        return self._built[dtype]

    def _build(self) -> Built:
        built = Built(Recorder(id, lambda tensor: tensor))
        try:
            file, recorder = self.request.file, built.recorder
            with traced(file, recorder, _is_symbolic, id, lambda each: None, self._instance):
                model = self.function(**self.arguments)
            built.outputs = self.request.named(model.output)
            inputs = model.inputs
        except Exception as error:
            # What stands in variables of the file has been seen, and can be computed.
            built.stopped, inputs = error, None
        ends = [*built.outputs.values(), *built.recorder.arrays]
        sources = _record(built, ends)
        if built.recorder.arrays:
            tensors = [*built.recorder.arrays, *built.outputs.values()]
            built.probe = keras.Model(inputs or sources, tensors)
        return built

    def _instance(self, frame: FrameType) -> str | None:
        """The path of the block that a frame makes: blocks are given it as their ``name``."""
        if frame.f_code is getattr(self.function, "__code__", None):
            return ""
        name = frame.f_locals.get("name")
        return name if isinstance(name, str) else None

    def _names(self, built: Built) -> list[str]:
        """The network's name of each input of the model."""
        wanted = self.request.inputs
        own = [each.name for each in built.probe.inputs]
        return own if set(own) == set(wanted) else wanted[: len(own)]

    def _arguments(self, built: Built, inputs: Mapping[str, Array]) -> list[Array]:
        return [inputs[name] for name in self._names(built)]

    def _finished(
        self, computed: Computed, built: Built, recorder: Recorder, values: list[Any]
    ) -> Computed:
        found = _by_tensor(built, values)
        computed.outputs = {name: found[id(each)] for name, each in built.outputs.items()}
        computed.arrays = [found[id(each)] for each in built.recorder.arrays]
        computed.records, computed.dropouts = built.recorder.records, recorder.dropouts
        return computed


def _makes_a_model(each: Any) -> bool:
    """Whether something is a function that says it returns a model."""
    stated = getattr(each, "__annotations__", {}).get("return")
    return inspect.isfunction(each) and str(getattr(stated, "__name__", stated)).endswith("Model")


def _is_symbolic(value: Any) -> bool:
    return isinstance(value, KerasTensor) and "float" in value.dtype and len(value.shape) > 0


def _record(built: Built, ends: Sequence[KerasTensor]) -> list[KerasTensor]:
    """Record what each operation before some tensors takes and gives; the inputs of them all."""
    nodes: dict[Any, list[Any]] = {}
    seen: set[int] = set()
    waiting = [(tensor, False) for tensor in reversed(ends)]
    sources: list[KerasTensor] = []
    while waiting:
        tensor, ready = waiting.pop()
        operation, index, _ = tensor._keras_history
        node = operation._inbound_nodes[index]
        if ready:
            nodes.setdefault(operation, []).append((index, node))
        elif id(node) not in seen:
            seen.add(id(node))
            waiting.append((tensor, True))
            waiting.extend((each, False) for each in reversed(node.input_tensors))
    for operation, several in nodes.items():
        # In the order of the calls, in which a layer that is shared was applied.
        for _, node in sorted(several, key=lambda each: each[0]):
            (output, *_), taken = node.outputs, node.input_tensors
            if not taken:
                sources.append(output)
                continue
            if _is_symbolic(taken[0]):
                built.recorder.input(operation.name, taken[0])
            if _is_symbolic(output):
                built.recorder.module(operation.name, type(operation).__name__, output)
            if isinstance(operation, _NORMS):
                built.norms.append((operation, taken[0]))
    return sources


@contextmanager
def _identities(recorder: Recorder) -> Iterator[None]:
    """Make dropouts pass everything on, and report them."""

    original = layers.Dropout.call

    def call(layer: Any, inputs: Any, training: bool = False) -> Any:
        if type(layer) is not layers.Dropout or layer.noise_shape is not None:
            # It drops whole channels, or the like.
            return original(layer, inputs, training)
        recorder.dropout(layer.name, layer.rate, bool(training))
        return inputs

    layers.Dropout.call = call
    try:
        yield
    finally:
        layers.Dropout.call = original


def _shifted(layer: Any, x: Array, shift: int) -> Array:
    """An input with a large mean, of which a normalisation should lose nothing."""
    axes = None
    if isinstance(layer, layers.BatchNormalization):
        axes = tuple(axis for axis in range(x.ndim) if axis != layer.axis % x.ndim)
    return np.asarray(x + 2.0**shift * x.std(axis=axes, keepdims=True), x.dtype)


def _by_tensor(built: Built, values: Sequence[Any]) -> dict[int, Array]:
    tensors = [*built.recorder.arrays, *built.outputs.values()]
    return {id(each): _numpy(value) for each, value in zip(tensors, values, strict=True)}


def _numpy(value: Any) -> Array:
    return np.array(keras.ops.convert_to_numpy(value))


if __name__ == "__main__":
    serve(Keras)
