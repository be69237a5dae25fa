"""Runs a Flax NNX module for archspec: ``python runner.py FOLDER`` (see ``archspec_runner``)."""

from __future__ import annotations

import inspect
import os
import platform
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import flax
import jax
import jax.numpy as jnp
import numpy as np
from archspec_runner import Computed, Mismatch, Recorder, Request, load_class, serve, traced
from archspec_runner.protocol import Array, accepted
from flax import nnx

_NORMS = (nnx.BatchNorm, nnx.LayerNorm, nnx.GroupNorm, nnx.InstanceNorm, nnx.RMSNorm)

# How to compile what runs but a few times: in a quarter of the time.
_QUICKLY = {"xla_backend_optimization_level": 0}
# Below so many elements of inputs gradients take less time to compute than to compile.
_SMALL = 10_000

# Tensors by their names: of a module's state, without what random numbers are drawn with.
Tensors = dict[str, Any]
# What a pass gives: outputs, layers' values, running statistics.
Passed = tuple[dict[str, Any], list[Any], Tensors]


class Nnx:
    """One module, taken apart once; each kind of pass is compiled once."""

    def __init__(self, request: Request) -> None:
        # Before any array is made: float64 where it is asked for, and no TF32 on GPUs.
        jax.config.update("jax_enable_x64", True)
        jax.config.update("jax_default_matmul_precision", "highest")
        kind = "gpu" if request.device.startswith("cuda") else "cpu"
        self.quick = kind == "cpu" and platform.machine() in ("x86_64", "AMD64")
        if self.quick:
            # Compiled quickly, one place may fuse a product and a sum where another rounds twice;
            # then no element equals the greatest, and the gradient of jnp.max divides by zero.
            # Processors without such an instruction are asked for: the last that had none.
            given = os.environ.get("XLA_FLAGS", "")
            if "xla_cpu_max_isa" not in given:
                os.environ["XLA_FLAGS"] = f"{given} --xla_cpu_max_isa=AVX".lstrip()
        self.device = jax.devices(kind)[int(request.device.partition(":")[2] or 0)]
        jax.config.update("jax_default_device", self.device)
        self.request = request
        # As it comes, compiled on its own, it gives another array than what it takes.
        nnx.identity = lambda x: x  # type: ignore[misc, assignment]
        kind_of_module, _ = load_class(request, nnx.Module)
        arguments = accepted(kind_of_module, request.arguments)
        self.mode = inspect.signature(kind_of_module.__call__).parameters

        def construct() -> nnx.Module:
            random = accepted(kind_of_module, {"rngs": nnx.Rngs(0)})
            return kind_of_module(**arguments, **random)  # type: ignore[no-any-return]

        # No tensor is computed: each pass brings its own.
        self.definition, state = nnx.split(nnx.eval_shape(construct))
        self.state = dict(nnx.to_flat_state(state))
        self._compiled: dict[tuple[Any, ...], tuple[Any, list[Recorder]]] = {}

    def versions(self) -> dict[str, str]:
        device = "cpu" if self.device.platform == "cpu" else self.device.device_kind
        return {"flax": flax.__version__, "jax": jax.__version__, "device": device}

    def expect(self, shapes: Mapping[str, tuple[int, ...]]) -> None:
        found = {
            _joined(path): tuple(variable.shape)
            for path, variable in self.state.items()
            if not isinstance(variable, nnx.RngState)
        }
        Mismatch.check(shapes, found)

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
        learned = {_joined(p) for p, each in self.state.items() if isinstance(each, nnx.Param)}
        parameters = {name: jnp.asarray(each) for name, each in weights.items() if name in learned}
        others = {name: jnp.asarray(each) for name, each in weights.items() if name not in learned}
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
            result = function(parameters, others, arrays, cotangents)
            if cotangents is None:
                outputs, kept, statistics = result
            else:
                slopes, (outputs, kept, statistics) = result
        except Exception as error:
            # While it is compiled there are no numbers: run as far as it gets without.
            computed.stopped = error
            recorders[:] = [Recorder(id, lambda value: value)]
            outputs, kept, statistics = self._as_far(
                parameters, others, arrays, training, shift, recorders[0]
            )
        computed.outputs = _numpy(outputs)
        computed.gradients, computed.input_gradients = _numpy(slopes[0]), _numpy(slopes[1])
        computed.statistics = _numpy(statistics) if training else {}
        computed.arrays = [np.asarray(each) for each in kept]
        computed.records, computed.dropouts = recorders[0].records, recorders[0].dropouts
        return computed

    def _function(
        self, differentiate: bool, training: bool, shift: int | None, options: Mapping[str, Any]
    ) -> tuple[Any, list[Recorder]]:
        recorders: list[Recorder] = []

        def run(parameters: Tensors, others: Tensors, inputs: Any) -> Passed:
            recorders[:] = [Recorder(id, lambda value: value)]
            return self._apply(parameters, others, inputs, training, shift, recorders[0])

        def weighted(parameters: Tensors, inputs: Any, others: Tensors, cotangents: Any) -> Any:
            passed = run(parameters, others, inputs)
            total = sum(jnp.sum(cotangents[name] * each) for name, each in passed[0].items())
            return total, passed

        def forward(parameters: Tensors, others: Tensors, inputs: Any, cotangents: Any) -> Any:
            return run(parameters, others, inputs)

        def backward(parameters: Tensors, others: Tensors, inputs: Any, cotangents: Any) -> Any:
            slope = jax.grad(weighted, argnums=(0, 1), has_aux=True)
            return slope(parameters, inputs, others, cotangents)

        function = jax.jit(backward if differentiate else forward, compiler_options=dict(options))
        return function, recorders

    def _as_far(
        self,
        parameters: Tensors,
        others: Tensors,
        inputs: Any,
        training: bool,
        shift: int | None,
        recorder: Recorder,
    ) -> Passed:
        try:
            return self._apply(parameters, others, inputs, training, shift, recorder)
        except Exception:
            return {}, recorder.arrays, {}

    def _apply(
        self,
        parameters: Tensors,
        others: Tensors,
        inputs: Any,
        training: bool,
        shift: int | None,
        recorder: Recorder,
    ) -> Passed:
        module = self._assembled({**parameters, **others})
        if training:
            module.train()
        else:
            module.eval()
        paths = {id(each): _joined(path) for path, each in nnx.iter_modules(module)}
        names = {"train": training, "training": training, "is_training": training}
        names |= {"deterministic": not training, "use_running_average": not training}
        mode = {name: value for name, value in names.items() if name in self.mode}
        arguments = [inputs[name] for name in self.request.inputs]
        with ExitStack() as stack:
            stack.enter_context(_watched(module, _watch(recorder, paths, shift)))
            if shift is None:
                owner = lambda each: paths.get(id(each))  # noqa: E731
                file = self.request.file
                stack.enter_context(traced(file, recorder, _is_array, id, owner))
            result = module(*arguments, **mode)
        state = nnx.to_flat_state(nnx.state(module, nnx.BatchStat))
        statistics = {_joined(path): variable[...] for path, variable in state}
        return self.request.named(result), list(recorder.arrays), statistics

    def _assembled(self, tensors: Tensors) -> Any:
        """The module with these tensors."""
        variables = []
        for path, variable in self.state.items():
            value = tensors.get(_joined(path))
            if isinstance(variable, nnx.RngKey):
                # Nothing is drawn while dropouts pass everything on.
                value = jax.random.key(0)
            elif value is None:
                value = jnp.zeros(variable.shape, variable.dtype)
            variables.append((path, variable.replace(value)))
        return nnx.merge(self.definition, nnx.from_flat_state(variables))


@contextmanager
def _watched(module: nnx.Module, watch: Callable[..., Any]) -> Iterator[None]:
    """While this lasts, calls of modules go through ``watch(call, module, arguments, named)``."""
    kinds = {type(each) for _, each in nnx.iter_modules(module) if callable(each)}
    calls = {kind: (kind.__dict__.get("__call__"), kind.__call__) for kind in kinds}

    def wrapped(call: Callable[..., Any]) -> Callable[..., Any]:
        def through(self: Any, *arguments: Any, **named: Any) -> Any:
            return watch(call, self, arguments, named)

        return through

    try:
        for kind, (_, call) in calls.items():
            kind.__call__ = wrapped(call)  # type: ignore[assignment]
        yield
    finally:
        for kind, (own, _) in calls.items():
            if own is None:
                del kind.__call__
            else:
                kind.__call__ = own  # type: ignore[method-assign]


def _watch(recorder: Recorder, paths: Mapping[int, str], shift: int | None) -> Any:
    running: list[nnx.Module] = []

    def watch(call: Any, module: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
        path = paths.get(id(module))
        if not path or any(each is module for each in running):
            # The whole; a copy made below; or what a class has taken over from another.
            return call(module, *arguments, **named)
        if shift is None and arguments and _is_array(arguments[0]):
            recorder.input(path, arguments[0])
        running.append(module)
        try:
            if isinstance(module, nnx.Dropout):
                still = named.get("deterministic")
                still = module.deterministic if still is None else still
                recorder.dropout(path, module.rate, not still)
                # A copy, so that it is told apart from its input.
                output = jnp.copy(arguments[0])
            else:
                output = call(module, *arguments, **named)
        finally:
            running.pop()
        seen = output
        if shift is not None:
            if not isinstance(module, _NORMS):
                return output
            # A copy, so that what is kept is not of the shifted input.
            copy = nnx.clone(module)
            seen = call(copy, _shifted(module, arguments[0], shift), *arguments[1:], **named)
        if _is_array(seen):
            recorder.module(path, type(module).__name__, seen)
        return output

    return watch


def _shifted(module: nnx.Module, x: Any, shift: int) -> Any:
    axes = tuple(range(x.ndim - 1)) if isinstance(module, nnx.BatchNorm) else None
    return x + 2.0**shift * jnp.std(x, axis=axes, keepdims=True)


def _is_array(value: Any) -> bool:
    if not isinstance(value, jax.Array) or value.ndim == 0:
        return False
    return bool(jnp.issubdtype(value.dtype, jnp.floating))


def _joined(path: tuple[Any, ...]) -> str:
    return ".".join(map(str, path))


def _numpy(arrays: Mapping[str, Any]) -> dict[str, Array]:
    return {name: np.asarray(each) for name, each in arrays.items()}


if __name__ == "__main__":
    serve(Nnx)
