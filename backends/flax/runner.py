"""Runs a Flax Linen module for archspec: ``python runner.py FOLDER`` (see ``archspec_runner``)."""

from __future__ import annotations

import inspect
import os
import platform
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import flax
import jax
import jax.numpy as jnp
import numpy as np
from archspec_runner import Computed, Mismatch, Recorder, Request, load_class, serve, traced
from archspec_runner.protocol import Array, accepted
from flax import linen as nn
from flax.traverse_util import flatten_dict, unflatten_dict

_NORMS = (nn.BatchNorm, nn.LayerNorm, nn.GroupNorm, nn.RMSNorm)
_STATISTICS = "batch_stats"

# How to compile what runs but a few times: in a quarter of the time.
_QUICKLY = {"xla_backend_optimization_level": 0}
# Below so many elements of inputs gradients take less time to compute than to compile.
_SMALL = 10_000


class Linen:
    """One module; each kind of pass is compiled once."""

    def __init__(self, request: Request) -> None:
        # Before any array is made: float64 where it is asked for, and no TF32 on GPUs.
        jax.config.update("jax_enable_x64", True)
        jax.config.update("jax_default_matmul_precision", "highest")
        kind = "gpu" if request.device.startswith("cuda") else "cpu"
        self.quick = kind == "cpu" and platform.machine() in ("x86_64", "AMD64")
        if self.quick:
            # Compiled quickly, a value may be computed in two places, in one of them by an
            # instruction that multiplies and adds with a single rounding: then no element equals
            # the greatest, and the gradient of jnp.max divides by zero. Processors without such
            # an instruction are asked for: the last that had none.
            given = os.environ.get("XLA_FLAGS", "")
            if "xla_cpu_max_isa" not in given:
                os.environ["XLA_FLAGS"] = f"{given} --xla_cpu_max_isa=AVX".lstrip()
        self.device = jax.devices(kind)[int(request.device.partition(":")[2] or 0)]
        jax.config.update("jax_default_device", self.device)
        self.request = request
        kind_of_module, _ = load_class(request, nn.Module)
        self.module: nn.Module = kind_of_module(**accepted(kind_of_module, request.arguments))
        self._compiled: dict[tuple[Any, ...], tuple[Any, list[Recorder]]] = {}

    def versions(self) -> dict[str, str]:
        device = "cpu" if self.device.platform == "cpu" else self.device.device_kind
        return {"flax": flax.__version__, "jax": jax.__version__, "device": device}

    def expect(self, shapes: Mapping[str, tuple[int, ...]]) -> None:
        inputs = self.request.part("input", "float64")
        arguments = [inputs[name] for name in self.request.inputs]
        mode = self._mode(training=False)

        def initial() -> Any:
            return self.module.init(jax.random.key(0), *arguments, **mode)

        try:
            found = flatten_dict(jax.eval_shape(initial), sep="/")
        except Exception:
            # It breaks off; where, the first pass will tell.
            return
        Mismatch.check(shapes, {name: tuple(each.shape) for name, each in found.items()})

    def forward(
        self,
        weights: Mapping[str, Array],
        inputs: Mapping[str, Array],
        training: bool,
        shift: int | None = None,
    ) -> Computed:
        return self._pass(weights, inputs, None, training, shift)

    def gradients(
        self,
        weights: Mapping[str, Array],
        inputs: Mapping[str, Array],
        cotangents: Mapping[str, Array],
        training: bool,
    ) -> Computed:
        return self._pass(weights, inputs, cotangents, training, None)

    def _pass(
        self,
        weights: Mapping[str, Array],
        inputs: Mapping[str, Array],
        cotangents: Mapping[str, Array] | None,
        training: bool,
        shift: int | None,
    ) -> Computed:
        computed = Computed()
        parts = {"params": {}} | unflatten_dict(
            {tuple(name.split("/")): jnp.asarray(each) for name, each in weights.items()}
        )
        params = parts.pop("params")
        arrays = {name: jnp.asarray(each) for name, each in inputs.items()}
        dtype = next(iter(arrays.values())).dtype
        key = (str(dtype), cotangents is not None, training, shift)
        if key not in self._compiled:
            small = sum(each.size for each in arrays.values()) < _SMALL
            options = _QUICKLY if self.quick and (small or cotangents is None) else {}
            self._compiled[key] = self._function(cotangents is not None, training, shift, options)
        function, recorders = self._compiled[key]
        slopes: tuple[Any, Any] = ({}, {})
        try:
            result = function(params, parts, arrays, cotangents)
            if cotangents is None:
                outputs, kept, state = result
            else:
                slopes, (outputs, kept, state) = result
        except Exception as error:
            # While it is compiled there are no numbers: run as far as it gets without.
            computed.stopped = error
            recorders.clear()
            kept, outputs, state = self._as_far(params, parts, arrays, training, shift, recorders)
        computed.outputs = {name: np.asarray(each) for name, each in outputs.items()}
        computed.gradients = {f"params/{n}": each for n, each in _flat(slopes[0]).items()}
        computed.input_gradients = {name: np.asarray(each) for name, each in slopes[1].items()}
        if training:
            computed.statistics = {
                f"{_STATISTICS}/{n}": each for n, each in _flat(state.get(_STATISTICS, {})).items()
            }
        computed.arrays = [np.asarray(each) for each in kept]
        computed.records, computed.dropouts = recorders[0].records, recorders[0].dropouts
        return computed

    def _function(
        self, differentiate: bool, training: bool, shift: int | None, options: Mapping[str, int]
    ) -> tuple[Any, list[Recorder]]:
        recorders: list[Recorder] = []

        def run(params: Any, others: Any, inputs: Any) -> Any:
            recorder = Recorder(id, lambda value: value)
            recorders[:] = [recorder]
            outputs, state = self._apply(params, others, inputs, training, shift, recorder)
            return outputs, list(recorder.arrays), state

        def weighted(params: Any, inputs: Any, others: Any, cotangents: Any) -> Any:
            result = run(params, others, inputs)
            total = sum(jnp.sum(cotangents[name] * each) for name, each in result[0].items())
            return total, result

        def forward(params: Any, others: Any, inputs: Any, cotangents: Any) -> Any:
            return run(params, others, inputs)

        def backward(params: Any, others: Any, inputs: Any, cotangents: Any) -> Any:
            slope = jax.grad(weighted, argnums=(0, 1), has_aux=True)
            return slope(params, inputs, others, cotangents)

        compiled = jax.jit(backward if differentiate else forward, compiler_options=dict(options))
        return compiled, recorders

    def _as_far(
        self,
        params: Any,
        others: Any,
        inputs: Any,
        training: bool,
        shift: int | None,
        recorders: list[Recorder],
    ) -> tuple[list[Any], dict[str, Any], dict[str, Any]]:
        recorder = Recorder(id, lambda value: value)
        recorders.append(recorder)
        try:
            outputs, state = self._apply(params, others, inputs, training, shift, recorder)
        except Exception:
            return recorder.arrays, {}, {}
        return recorder.arrays, outputs, dict(state)

    def _apply(
        self,
        params: Any,
        others: Any,
        inputs: Any,
        training: bool,
        shift: int | None,
        recorder: Recorder,
    ) -> tuple[dict[str, Any], Any]:
        arguments = [inputs[name] for name in self.request.inputs]
        with ExitStack() as stack:
            stack.enter_context(nn.intercept_methods(_watch(recorder, shift, self.request.file)))
            if shift is None:
                stack.enter_context(traced(self.request.file, recorder, _is_array, id, _path))
            result, state = self.module.apply(
                {"params": params, **others},
                *arguments,
                **self._mode(training),
                rngs={"dropout": jax.random.key(0)},
                mutable=[_STATISTICS] if training else [],
            )
        return self.request.named(result), state

    def _mode(self, training: bool) -> dict[str, bool]:
        """How the module is told that it trains."""
        taken = inspect.signature(type(self.module).__call__).parameters
        names = {"train": training, "training": training, "is_training": training}
        names["deterministic"] = not training
        return {name: value for name, value in names.items() if name in taken}


def _watch(recorder: Recorder, shift: int | None, file: Path) -> Any:
    def interceptor(function: Any, arguments: Any, named: Any, context: Any) -> Any:
        module = context.module
        if context.method_name != "__call__" or module.scope is None or not module.scope.path:
            # Nor the whole, nor a copy made below.
            return function(*arguments, **named)
        path = "/".join(module.path)
        if shift is None and arguments and _is_array(arguments[0]):
            recorder.input(path, arguments[0])
        if isinstance(module, nn.Dropout):
            still = nn.merge_param(
                "deterministic", module.deterministic, _deterministic(arguments, named)
            )
            recorder.dropout(path, module.rate, not still, *_caller(file))
            # A copy, so that it is told apart from its input.
            output = jnp.copy(arguments[0])
        else:
            output = function(*arguments, **named)
        seen = output
        if shift is not None and isinstance(module, _NORMS):
            seen = _shifted(module, arguments, named, shift)
        if _is_array(seen) and (shift is None or isinstance(module, _NORMS)):
            recorder.module(path, type(module).__name__, seen)
        return output

    return interceptor


def _shifted(
    module: nn.Module, arguments: tuple[Any, ...], named: Mapping[str, Any], shift: int
) -> Any:
    """What a copy of a normalisation makes of its input, shifted."""
    x, *rest = arguments
    axes = tuple(range(x.ndim - 1)) if isinstance(module, nn.BatchNorm) else None
    x = x + 2.0**shift * jnp.std(x, axis=axes, keepdims=True)
    copy = module.clone(parent=None, name=None)
    return copy.apply(module.variables, x, *rest, **named, mutable=[_STATISTICS])[0]


def _caller(file: Path) -> tuple[str, int]:
    """The instance and the line in the file from which a layer without a name is called."""
    frame = sys._getframe()
    while frame is not None:
        if frame.f_code.co_filename == str(file):
            return _path(frame.f_locals.get("self")) or "", frame.f_lineno
        frame = frame.f_back
    return "", 0


def _deterministic(arguments: tuple[Any, ...], named: Mapping[str, Any]) -> bool | None:
    return arguments[1] if len(arguments) > 1 else named.get("deterministic")


def _is_array(value: Any) -> bool:
    if not isinstance(value, jax.Array) or value.ndim == 0:
        return False
    return bool(jnp.issubdtype(value.dtype, jnp.floating))


def _path(module: Any) -> str | None:
    if not isinstance(module, nn.Module) or module.scope is None:
        return None
    return "/".join(module.path)


def _flat(tree: Any) -> dict[str, Array]:
    return {name: np.asarray(each) for name, each in flatten_dict(dict(tree), sep="/").items()}


if __name__ == "__main__":
    serve(Linen)
