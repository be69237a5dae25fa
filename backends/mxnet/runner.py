"""Runs a Gluon block for archspec: ``python runner.py FOLDER`` (see ``archspec_runner``)."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any

import mxnet as mx
import numpy as np
from archspec_runner import Computed, Mismatch, Recorder, Request, load_class, serve, traced
from archspec_runner.protocol import Array
from mxnet import autograd, npx
from mxnet.gluon import Block, nn

# Blocks of generated code that normalise are called as those of Gluon, which they stand in for.
_NORMS = {"BatchNorm", "ChannelLayerNorm", "GroupNorm", "InstanceNorm", "LayerNorm"}


class Gluon:
    """One block, loaded with weights anew for each pass; never hybridized, so that its lines run.

    What a hybridized block computes is the same operators in the same order; see the tests.
    """

    def __init__(self, request: Request) -> None:
        # A generated module calls npx.set_np(); one by another author may well not, and then
        # takes arrays of mxnet.nd.
        npx.reset_np()
        if request.device.startswith("cuda") and not npx.num_gpus():
            raise RuntimeError("MXNet finds no CUDA device")
        self.request = request
        _, _, number = request.device.partition(":")
        gpu = request.device.startswith("cuda")
        self.context = mx.gpu(int(number or 0)) if gpu else mx.cpu()
        kind, _ = load_class(request, Block)
        self.array = mx.np.array if npx.is_np_array() else mx.nd.array
        # Not what it takes as **kwargs, which in Gluon are those of every block.
        taken = inspect.signature(kind).parameters
        given = {name: value for name, value in request.arguments.items() if name in taken}
        self.model: Block = kind(**given)
        self.blocks = _blocks(self.model, "", {})
        self.paths = {id(block): path for path, block in self.blocks.items()}
        self.model.initialize(ctx=self.context)

    @property
    def parameters(self) -> dict[str, Any]:
        """Each parameter by its path; one that is shared by its first alone."""
        found: dict[int, str] = {}
        named = self.model._collect_params_with_prefix()
        for name, parameter in named.items():
            found.setdefault(id(parameter), name)
        return {name: named[name] for name in found.values()}

    def versions(self) -> dict[str, str]:
        return {
            "mxnet": mx.__version__,
            "numpy": np.__version__,
            "device": self.context.device_type,
        }

    def expect(self, shapes: Mapping[str, tuple[int, ...]]) -> None:
        # Gluon learns the channels that go in from a first pass.
        arrays = self._placed(self.request.part("input", "float32"))
        try:
            self.model(*(arrays[name] for name in self.request.inputs))
            mx.nd.waitall()
        except Exception:
            # It breaks off; where, the first task will tell.
            return
        Mismatch.check(shapes, {name: tuple(p.shape) for name, p in self.parameters.items()})

    def forward(
        self,
        weights: Mapping[str, Array],
        inputs: Mapping[str, Array],
        training: bool,
        shift: int | None = None,
    ) -> Computed:
        self._load(weights)
        with autograd.train_mode() if training else autograd.predict_mode():
            return self._run(self._placed(inputs), shift)[0]

    def gradients(
        self,
        weights: Mapping[str, Array],
        inputs: Mapping[str, Array],
        cotangents: Mapping[str, Array],
        training: bool,
    ) -> Computed:
        self._load(weights)
        arrays = self._placed(inputs)
        for each in arrays.values():
            each.attach_grad()
        total = 0
        with autograd.record(train_mode=training):
            computed, outputs = self._run(arrays, None)
            factors = self._placed({name: cotangents[name] for name in outputs})
            # Not all as heads of one backward pass: of one that stands there twice the factors
            # would not be added.
            for name, each in outputs.items():
                total = total + (factors[name] * each).sum()
        if computed.stopped is not None:
            return computed
        total.backward()
        computed.input_gradients = {name: each.grad.asnumpy() for name, each in arrays.items()}
        for name, parameter in self.parameters.items():
            if parameter.grad_req != "null":
                computed.gradients[name] = parameter.grad().asnumpy()
            elif training:
                # A BatchNorm keeps its running statistics up to date in the backward pass.
                computed.statistics[name] = parameter.data().asnumpy()
        return computed

    def _load(self, weights: Mapping[str, Array]) -> None:
        floating = [each for each in weights.values() if np.issubdtype(each.dtype, np.floating)]
        self.model.cast(floating[0].dtype.name if floating else "float64")
        for name, parameter in self.parameters.items():
            parameter.shape = weights[name].shape
            parameter.set_data(self.array(weights[name], dtype=weights[name].dtype))
            if parameter._deferred_init:
                parameter._finish_deferred_init()
            if parameter.grad_req != "null":
                # Of one that the pass does not use; `zero_grad()` fails on arrays of mxnet.np.
                parameter.grad()[:] = 0

    def _placed(self, arrays: Mapping[str, Array]) -> dict[str, Any]:
        return {
            name: self.array(each, dtype=each.dtype, ctx=self.context)
            for name, each in arrays.items()
        }

    def _run(self, inputs: Mapping[str, Any], shift: int | None) -> tuple[Computed, dict[str, Any]]:
        recorder = Recorder(id, lambda value: value.asnumpy())
        computed = Computed()
        outputs: dict[str, Any] = {}
        with ExitStack() as stack:
            for path, block in self.blocks.items():
                if shift is None:
                    before = block.register_forward_pre_hook(_entering(recorder, path))
                    stack.callback(before.detach)
                after = block.register_forward_hook(_watch(recorder, path, self._shift(shift)))
                stack.callback(after.detach)
                if isinstance(block, nn.Dropout):
                    stack.enter_context(_Identity(block))
                    stack.callback(block.register_forward_pre_hook(_note(recorder, path)).detach)
            if shift is None:
                file = self.request.file
                stack.enter_context(traced(file, recorder, _is_array, id, self._path))
            try:
                result = self.model(*(inputs[name] for name in self.request.inputs))
                outputs = self.request.named(result)
                computed.outputs = {name: each.asnumpy() for name, each in outputs.items()}
            except Exception as error:
                computed.stopped = error
        computed.arrays, computed.records = recorder.arrays, recorder.records
        computed.dropouts = recorder.dropouts
        return computed, outputs

    def _shift(self, shift: int | None) -> Callable[[Block, Any], Any] | None:
        """What adds to the input of a normalisation so many times its spread."""
        if shift is None:
            return None

        def shifted(block: Block, x: Any) -> Any:
            axes = tuple(axis for axis in range(x.ndim) if axis != 1)
            batch = isinstance(block, nn.BatchNorm)
            values = x.asnumpy()
            values += 2.0**shift * values.std(axis=axes if batch else None, keepdims=True)
            return self.array(values, dtype=values.dtype, ctx=self.context)

        return shifted

    def _path(self, block: Any) -> str | None:
        return self.paths.get(id(block))


def _blocks(block: Block, path: str, found: dict[str, Block]) -> dict[str, Block]:
    """A block and all inside it by their paths, each once."""
    if not any(each is block for each in found.values()):
        found[path] = block
        for name, child in block._children.items():
            _blocks(child, f"{path}.{name}" if path else name, found)
    return found


class _Identity:
    """Makes a dropout pass everything on, for a while; ``archspec_rate`` is what it was."""

    def __init__(self, block: Any) -> None:
        self.block = block

    def __enter__(self) -> None:
        self.block.archspec_rate = self.block._rate
        self.block._rate = 0

    def __exit__(self, *_: object) -> None:
        self.block._rate = self.block.archspec_rate


def _note(recorder: Recorder, path: str) -> Any:
    def hook(block: Any, inputs: Any) -> None:
        recorder.dropout(path, block.archspec_rate, autograd.is_training())

    return hook


def _entering(recorder: Recorder, path: str) -> Any:
    def hook(block: Block, inputs: tuple[Any, ...]) -> None:
        if inputs and _is_array(inputs[0]):
            recorder.input(path, inputs[0])

    return hook


def _watch(recorder: Recorder, path: str, shift: Callable[[Block, Any], Any] | None) -> Any:
    def hook(block: Block, inputs: tuple[Any, ...], output: Any) -> None:
        if shift is not None:
            if type(block).__name__ not in _NORMS:
                return
            output = block.forward(shift(block, inputs[0]))
        if _is_array(output):
            recorder.module(path, type(block).__name__, output)

    return hook


def _is_array(value: Any) -> bool:
    return isinstance(value, mx.nd.NDArray) and value.ndim > 0


if __name__ == "__main__":
    serve(Gluon)
