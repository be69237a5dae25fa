"""What Keras leaves to the framework it runs on: precision, devices and derivatives."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

# The user's choice counts (KERAS_BACKEND); what archspec's manifest asks for is TensorFlow.
NAME = os.environ.setdefault("KERAS_BACKEND", "tensorflow")


class Slopes(NamedTuple):
    """What a pass with derivatives gives: all values, and tensors in the order asked for."""

    values: list[Any]
    variables: list[Any]
    inputs: list[Any]
    others: list[Any]


# The weighted sum of the outputs among a model's values.
Total = Callable[[Sequence[Any]], Any]


class Engine(Protocol):
    """A framework that Keras runs on."""

    def versions(self) -> dict[str, str]:
        """Its version, and the device."""
        ...

    def forward(self, model: Any, inputs: list[Any], training: bool) -> list[Any]:
        """All outputs of a model."""
        ...

    def backward(self, model: Any, inputs: list[Any], total: Total, training: bool) -> Slopes:
        """The same, with the derivatives of a total and the variables that are not trained."""
        ...


class TensorFlow:
    def __init__(self, device: str) -> None:
        import tensorflow as tf

        self.tf = tf
        tf.config.experimental.enable_tensor_float_32_execution(False)
        tf.config.experimental.enable_op_determinism()
        found = tf.config.list_physical_devices("GPU")
        for each in found:
            tf.config.experimental.set_memory_growth(each, True)
        kind, _, number = device.partition(":")
        if kind == "cuda" and not found:
            raise RuntimeError("TensorFlow finds no CUDA device")
        self.device = f"/GPU:{number or 0}" if kind == "cuda" else "/CPU:0"

    def versions(self) -> dict[str, str]:
        return {"tensorflow": self.tf.__version__, "device": self.device[1:4].lower()}

    def forward(self, model: Any, inputs: list[Any], training: bool) -> list[Any]:
        with self.tf.device(self.device):
            return list(model(inputs, training=training))

    def backward(self, model: Any, inputs: list[Any], total: Total, training: bool) -> Slopes:
        tf, variables = self.tf, [each.value for each in model.trainable_variables]
        with tf.device(self.device):
            arrays = [tf.convert_to_tensor(each) for each in inputs]
            with tf.GradientTape() as tape:
                tape.watch(arrays)
                values = list(model(arrays, training=training))
                result = total(values)
            zero = tf.UnconnectedGradients.ZERO
            slopes = tape.gradient(result, [variables, arrays], unconnected_gradients=zero)
        others = [each.value for each in model.non_trainable_variables]
        return Slopes(values, *slopes, others)


class Jax:
    def __init__(self, device: str) -> None:
        import jax

        self.jax = jax
        jax.config.update("jax_enable_x64", True)
        jax.config.update("jax_default_matmul_precision", "highest")
        kind, _, number = device.partition(":")
        self.device = jax.devices("gpu" if kind == "cuda" else "cpu")[int(number or 0)]
        jax.config.update("jax_default_device", self.device)

    def versions(self) -> dict[str, str]:
        device = "cpu" if self.device.platform == "cpu" else self.device.device_kind
        return {"jax": self.jax.__version__, "device": device}

    def forward(self, model: Any, inputs: list[Any], training: bool) -> list[Any]:
        return list(model(inputs, training=training))

    def backward(self, model: Any, inputs: list[Any], total: Total, training: bool) -> Slopes:
        def run(variables: list[Any], arrays: list[Any]) -> Any:
            values, others = model.stateless_call(variables, held, arrays, training=training)
            return total(values), (values, others)

        variables, held = (
            [each.value for each in several]
            for several in (model.trainable_variables, model.non_trainable_variables)
        )
        arrays = [self.jax.numpy.asarray(each) for each in inputs]
        slope = self.jax.grad(run, argnums=(0, 1), has_aux=True)
        slopes, (values, others) = slope(variables, arrays)
        return Slopes(list(values), *slopes, others)


class Torch:
    def __init__(self, device: str) -> None:
        import torch

        self.torch = torch
        torch.backends.cuda.matmul.allow_tf32 = False
        torch.backends.cudnn.allow_tf32 = False
        if device.startswith("cuda") and not torch.cuda.is_available():
            raise RuntimeError("PyTorch finds no CUDA device")
        self.device = torch.device(device)

    def versions(self) -> dict[str, str]:
        cuda = self.device.type == "cuda"
        device = self.torch.cuda.get_device_name(self.device) if cuda else "cpu"
        return {"torch": self.torch.__version__, "device": device}

    def forward(self, model: Any, inputs: list[Any], training: bool) -> list[Any]:
        with self.torch.no_grad():
            return list(model(self._placed(inputs), training=training))

    def backward(self, model: Any, inputs: list[Any], total: Total, training: bool) -> Slopes:
        variables = [each.value for each in model.trainable_variables]
        arrays = [each.requires_grad_() for each in self._placed(inputs)]
        values = list(model(arrays, training=training))
        wanted = [*variables, *arrays]
        found = self.torch.autograd.grad(total(values), wanted, allow_unused=True)
        slopes = [
            self.torch.zeros_like(each) if slope is None else slope
            for each, slope in zip(wanted, found, strict=True)
        ]
        others = [each.value for each in model.non_trainable_variables]
        count = len(variables)
        return Slopes(values, slopes[:count], slopes[count:], others)

    def _placed(self, inputs: list[Any]) -> list[Any]:
        return [self.torch.tensor(each, device=self.device) for each in inputs]


def engine(device: str) -> Engine:
    """The framework that Keras runs on, set up before Keras makes anything in it."""
    kinds: dict[str, Callable[[str], Engine]]
    kinds = {"tensorflow": TensorFlow, "jax": Jax, "torch": Torch}
    if NAME not in kinds:
        raise RuntimeError(f"KERAS_BACKEND is {NAME!r}: expected one of {', '.join(kinds)}")
    return kinds[NAME](device)
