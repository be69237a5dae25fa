"""Runs a PyTorch module for archspec: ``python runner.py FOLDER`` (see ``archspec_runner``)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

import numpy as np
import torch
from archspec_runner import Computed, Mismatch, Recorder, Request, load_class, serve, traced
from archspec_runner.protocol import Array, accepted
from torch import Tensor, nn

_NORMS = (
    nn.modules.batchnorm._BatchNorm,
    nn.LayerNorm,
    nn.GroupNorm,
    nn.modules.instancenorm._InstanceNorm,
)
_DROPOUTS = (nn.modules.dropout._DropoutNd,)
# Counts the passes of a BatchNorm, which archspec does not compare.
_UNCOMPARED = "num_batches_tracked"


class Torch:
    """One module, loaded with weights anew for each pass."""

    def __init__(self, request: Request) -> None:
        # Asked for by deterministic matrix products; has to be there before CUDA is.
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.backends.cuda.matmul.allow_tf32 = False
        torch.backends.cudnn.allow_tf32 = False
        torch.backends.cudnn.benchmark = False
        torch.use_deterministic_algorithms(True, warn_only=True)
        if request.device.startswith("cuda") and not torch.cuda.is_available():
            raise RuntimeError("PyTorch finds no CUDA device")
        self.request = request
        self.device = torch.device(request.device)
        kind, _ = load_class(request, nn.Module)
        self.model: nn.Module = kind(**accepted(kind, request.arguments)).to(self.device)
        self.paths = {id(module): path for path, module in self.model.named_modules()}

    def versions(self) -> dict[str, str]:
        cuda = self.device.type == "cuda"
        device = torch.cuda.get_device_name(self.device) if cuda else "cpu"
        return {"torch": torch.__version__, "device": device}

    def expect(self, shapes: Mapping[str, tuple[int, ...]]) -> None:
        found = {name: tuple(each.shape) for name, each in self.model.state_dict().items()}
        compared = {n: s for n, s in shapes.items() if not n.endswith(_UNCOMPARED)}
        Mismatch.check(compared, {n: s for n, s in found.items() if not n.endswith(_UNCOMPARED)})

    def forward(
        self,
        weights: Mapping[str, Array],
        inputs: Mapping[str, Array],
        training: bool,
        shift: int | None = None,
    ) -> Computed:
        self._load(weights, training)
        with torch.no_grad():
            computed, _ = self._run(self._placed(inputs), shift)
        return self._finished(computed, training)

    def gradients(
        self,
        weights: Mapping[str, Array],
        inputs: Mapping[str, Array],
        cotangents: Mapping[str, Array],
        training: bool,
    ) -> Computed:
        self._load(weights, training)
        self.model.zero_grad(set_to_none=True)
        arrays = {name: each.requires_grad_() for name, each in self._placed(inputs).items()}
        computed, outputs = self._run(arrays, None)
        if computed.stopped is None:
            factors = self._placed({name: cotangents[name] for name in outputs})
            total = sum((factors[name] * each).sum() for name, each in outputs.items())
            total.backward()
            for name, parameter in self.model.named_parameters():
                computed.gradients[name] = _gradient(parameter)
            computed.input_gradients = {name: _gradient(each) for name, each in arrays.items()}
        return self._finished(computed, training)

    def _load(self, weights: Mapping[str, Array], training: bool) -> None:
        floating = [each for each in weights.values() if np.issubdtype(each.dtype, np.floating)]
        dtype = torch.float64 if not floating or floating[0].dtype == np.float64 else torch.float32
        self.model.to(dtype).train(training)
        state = {name: torch.from_numpy(np.array(each)) for name, each in weights.items()}
        self.model.load_state_dict(state, strict=False)

    def _placed(self, arrays: Mapping[str, Array]) -> dict[str, Tensor]:
        # A copy: a module may well change its input in place.
        return {n: torch.from_numpy(np.array(each)).to(self.device) for n, each in arrays.items()}

    def _run(
        self, inputs: Mapping[str, Tensor], shift: int | None
    ) -> tuple[Computed, dict[str, Tensor]]:
        recorder = Recorder(_key, _kept)
        computed = Computed()
        outputs: dict[str, Tensor] = {}
        with ExitStack() as stack:
            for path, module in self.model.named_modules():
                if shift is None:
                    before = module.register_forward_pre_hook(_entering(recorder, path))
                    stack.callback(before.remove)
                stack.callback(module.register_forward_hook(_watch(recorder, path, shift)).remove)
                if isinstance(module, _DROPOUTS):
                    stack.enter_context(_Identity(module))
                    recorder_of = _note(recorder, path)
                    stack.callback(module.register_forward_pre_hook(recorder_of).remove)
            if shift is None:
                file = self.request.file
                stack.enter_context(traced(file, recorder, _is_array, _key, self._path))
            try:
                arguments = [inputs[name] for name in self.request.inputs]
                outputs = self.request.named(self.model(*arguments))
            except Exception as error:
                computed.stopped = error
        computed.outputs = {name: _numpy(each) for name, each in outputs.items()}
        computed.arrays = [_numpy(each) for each in recorder.arrays]
        computed.records, computed.dropouts = recorder.records, recorder.dropouts
        return computed, outputs

    def _path(self, module: Any) -> str | None:
        return self.paths.get(id(module))

    def _finished(self, computed: Computed, training: bool) -> Computed:
        if training:
            learned = {name for name, _ in self.model.named_parameters(remove_duplicate=False)}
            computed.statistics = {
                name: _numpy(each)
                for name, each in self.model.state_dict().items()
                if name not in learned and each.is_floating_point()
            }
        return computed


class _Identity:
    """Makes a dropout pass everything on, for a while; ``rate`` is what it was."""

    def __init__(self, module: Any) -> None:
        self.module = module
        self.rate = module.p

    def __enter__(self) -> None:
        self.module.archspec_rate = self.rate
        self.module.p = 0.0

    def __exit__(self, *_: object) -> None:
        self.module.p = self.rate


def _note(recorder: Recorder, path: str) -> Any:
    def hook(module: Any, inputs: Any) -> None:
        recorder.dropout(path, module.archspec_rate, module.training)

    return hook


def _entering(recorder: Recorder, path: str) -> Any:
    def hook(module: nn.Module, inputs: tuple[Any, ...]) -> None:
        if inputs and _is_array(inputs[0]):
            recorder.input(path, inputs[0])

    return hook


def _watch(recorder: Recorder, path: str, shift: int | None) -> Any:
    def hook(module: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
        if shift is not None and isinstance(module, _NORMS):
            output = module.forward(_shifted(module, inputs[0], shift))
        elif shift is not None or not _is_array(output):
            return
        recorder.module(path, type(module).__name__, output)

    return hook


def _shifted(module: nn.Module, x: Tensor, shift: int) -> Tensor:
    axes = [axis for axis in range(x.dim()) if axis != 1]
    batch = isinstance(module, nn.modules.batchnorm._BatchNorm)
    spread = x.std(axes, correction=0, keepdim=True) if batch else x.std()
    return x + 2.0**shift * spread


def _is_array(value: Any) -> bool:
    return isinstance(value, Tensor) and value.is_floating_point() and value.dim() > 0


def _key(value: Tensor) -> tuple[int, int]:
    # An operation in place (`nn.ReLU(inplace=True)`) leaves the identity and raises the version.
    return id(value), value._version


def _kept(value: Tensor) -> Tensor:
    return value.detach().clone()


def _gradient(tensor: Tensor) -> Array:
    return _numpy(torch.zeros_like(tensor) if tensor.grad is None else tensor.grad)


def _numpy(tensor: Tensor) -> Array:
    return tensor.detach().cpu().numpy().copy()


if __name__ == "__main__":
    serve(Torch)
