"""Runs an ONNX model for archspec: ``python runner.py FOLDER`` (see ``archspec_runner``).

In float32 the file as it is shipped runs in onnxruntime, in float64 the same graph with exact
scalars (``exact.py``) in ``onnx.reference``: onnxruntime has no convolution in float64. A file may
be a ``.onnx`` file or its text; of a file, weights in it are replaced by those that are asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

import files
import graphs
import numpy as np
import onnx
import onnxruntime
import reference
from archspec_runner import Computed, Mismatch, Recorder, Request, serve
from archspec_runner.protocol import Array
from assemble import assembled
from exact import exact_model, exact_text
from onnx import ModelProto

# Of BatchNormalization with a training mode.
_OLDEST_OPSET = 14


class Onnx:
    """One model, as it is and in double precision; its weights are given anew for each pass."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.cuda = request.device.startswith("cuda")
        if self.cuda and "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
            raise RuntimeError("onnxruntime finds no CUDA device (it is in `onnxruntime-gpu`)")
        data = Path(request.file).read_bytes()
        self.text = "" if files.is_binary(data) else data.decode()
        self.model = assembled(self.text) if self.text else files.parsed(data)
        opset = next((each.version for each in self.model.opset_import if not each.domain), 0)
        if opset < _OLDEST_OPSET:
            raise ValueError(f"the file has opset {opset}, archspec runs {_OLDEST_OPSET} and newer")

    @cached_property
    def exact(self) -> ModelProto:
        """The model in double precision."""
        return exact_text(self.text) if self.text else exact_model(self.model, self.weights)

    def versions(self) -> dict[str, str]:
        device = "cuda, float64 on cpu" if self.cuda else "cpu"
        return {
            "onnx": onnx.__version__,
            "onnxruntime": onnxruntime.__version__,
            "device": device,
        }

    def expect(self, shapes: Mapping[str, tuple[int, ...]]) -> None:
        self.weights = set(shapes)
        self.model = graphs.unshared(self.model, self.weights)
        Mismatch.check(shapes, dict(graphs.weights(self.model, self.weights)))
        self.layers = graphs.layers(self.model, self.weights)
        wanted, found = self.request.inputs, graphs.inputs(self.model, self.weights)
        if len(found) != len(wanted):
            raise ValueError(f"expected the inputs {wanted}, found {found}")
        names = wanted if set(wanted) == set(found) else found
        self.inputs = dict(zip(wanted, names, strict=True))

    def forward(
        self,
        weights: Mapping[str, Array],
        inputs: Mapping[str, Array],
        training: bool,
        shift: int | None = None,
    ) -> Computed:
        feeds = {self.inputs[name]: each for name, each in inputs.items()}
        if any(each.dtype == np.float32 for each in feeds.values()):
            return self._single(weights, feeds)
        model, statistics = graphs.without_dropout(self.exact), {}
        if training:
            model, statistics = graphs.training(model)
        values = reference.evaluate(model, {**feeds, **weights})
        if shift is not None:
            return self._shifted(model, values, shift)
        computed = self._computed(values, values)
        computed.statistics = {name: values[now] for name, now in statistics.items()}
        recorder = Recorder(id, _kept)
        for value, rate, active in graphs.dropouts(self.exact):
            if value in self.layers:
                recorder.dropout(self.layers[value], rate, active or training)
        computed.dropouts = recorder.dropouts
        return computed

    def gradients(
        self,
        weights: Mapping[str, Array],
        inputs: Mapping[str, Array],
        cotangents: Mapping[str, Array],
        training: bool,
    ) -> Computed:
        raise NotImplementedError("ONNX models have no gradients")

    def _single(self, weights: Mapping[str, Array], feeds: Mapping[str, Array]) -> Computed:
        """Outputs as a user of the file gets them; layers without any optimisation."""
        model = graphs.with_weights(self.model, weights)
        plain, watched = (
            self._run(each, feeds, optimized)
            for each, optimized in ((model, True), (graphs.watched(model), False))
        )
        return self._computed(plain, watched)

    def _run(
        self, model: ModelProto, feeds: Mapping[str, Array], optimized: bool
    ) -> dict[str, Array]:
        levels, options = onnxruntime.GraphOptimizationLevel, onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.graph_optimization_level = (
            levels.ORT_ENABLE_ALL if optimized else levels.ORT_DISABLE_ALL
        )
        number = int(self.request.device.partition(":")[2] or 0)
        settings = {"use_tf32": 0, "device_id": number}
        providers = [("CUDAExecutionProvider", settings)] if self.cuda else []
        session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, [*providers, "CPUExecutionProvider"]
        )
        return dict(zip(_outputs(model), session.run(None, dict(feeds)), strict=True))

    def _computed(self, outputs: Mapping[str, Array], values: Mapping[str, Array]) -> Computed:
        recorder = Recorder(id, _kept)
        for node in self.model.graph.node:
            name = node.output[0]
            if name in self.layers and name in values:
                recorder.module(self.layers[name], node.op_type, values[name])
        found = {name: outputs[name] for name in _outputs(self.model)}
        # Another author may call them otherwise: then their order counts.
        if not set(found) <= set(self.request.outputs):
            found = self.request.named(list(found.values()))
        return Computed(outputs=found, arrays=recorder.arrays, records=recorder.records)

    def _shifted(self, model: ModelProto, values: Mapping[str, Array], shift: int) -> Computed:
        """What each normalisation gives of its input and a number, which it takes away again."""
        recorder = Recorder(id, _kept)
        for norm in graphs.norms(model, self.layers, self.weights):
            x = values[norm.input]
            batch = norm.kind == "BatchNormalization"
            axes = tuple(axis for axis in range(x.ndim) if axis != 1) if batch else None
            feeds = {name: values[name] for name in norm.feeds}
            feeds[norm.input] = x + 2.0**shift * x.std(axis=axes, keepdims=True)
            found = reference.evaluate(norm.model, feeds)
            recorder.module(norm.path, norm.kind, found[norm.output])
        return Computed(arrays=recorder.arrays, records=recorder.records)


def _kept(value: Array) -> Array:
    # No later operation changes an array in place.
    return value


def _outputs(model: ModelProto) -> list[str]:
    return [each.name for each in model.graph.output]


if __name__ == "__main__":
    serve(Onnx)
