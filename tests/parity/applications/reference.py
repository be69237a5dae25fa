"""Computes the outputs of a network of keras.applications, with weights drawn at random.

``python reference.py '{"network": …, "arguments": {…}, "inputs": FILE, "out": FILE}'`` writes each
tensor of the network under Keras's name for it, and ``outputs``.
"""

import json
import math
import os
import sys

os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
from safetensors.numpy import load_file, save_file

request = json.loads(sys.argv[1])
keras.config.set_floatx("float64")
keras.config.set_dtype_policy("float64")
network = getattr(keras.applications, request["network"])
model = network(weights=None, classifier_activation=None, **request["arguments"])
for layer in model.layers:
    # TensorFlow's own is off by 3e-9 in float64: docs/upstream.md.
    if getattr(layer, "activation", None) is keras.activations.gelu:
        layer.activation = lambda x: 0.5 * x * (1 + keras.ops.erf(x / math.sqrt(2)))
draw = np.random.default_rng(0)
for variable in model.weights:
    shape, name = variable.shape, variable.name
    if name.endswith("kernel"):
        # Of a convolution of each channel alone the last two axes are the channels and 1.
        terms = np.prod(shape[:2] if shape[-1] == 1 else shape[:-1])
        value = draw.standard_normal(shape) * np.sqrt(2 / terms)
    else:
        lowest = {"gamma": 0.5, "moving_variance": 0.4}.get(name, -0.5)
        value = draw.uniform(lowest, lowest + 1, shape)
    variable.assign(value)
inputs = load_file(request["inputs"])["inputs"]
outputs = model(inputs, training=False)
tensors = {variable.path: np.array(variable.value) for variable in model.weights}
save_file({**tensors, "outputs": np.array(outputs)}, request["out"])
