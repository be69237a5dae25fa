"""Saves the tensors with which a generated Flax NNX module starts."""

import json
import sys

import numpy as np
from flax import nnx
from safetensors.numpy import save_file

sys.path.insert(0, ".")
request = json.loads(sys.argv[1])
kind = getattr(__import__("generated_module"), request["class"])
state = nnx.jit(lambda: nnx.state(kind(rngs=nnx.Rngs(0)), nnx.Any(nnx.Param, nnx.BatchStat)))()
flat = {".".join(map(str, path)): np.array(each[...]) for path, each in nnx.to_flat_state(state)}
save_file(flat, request["out"])
