"""Saves the weights with which a generated Keras model starts."""

import json
import os
import sys

os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras
from safetensors.numpy import save_file

sys.path.insert(0, ".")
request = json.loads(sys.argv[1])
keras.utils.set_random_seed(0)
model = getattr(__import__("generated_module"), request["class"])()
weights = {each.path: keras.ops.convert_to_numpy(each) for each in model.weights}
save_file({name: array.copy() for name, array in weights.items()}, request["out"])
