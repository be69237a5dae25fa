"""Saves the variables with which a generated Flax module starts."""

import json
import sys

import jax
import jax.numpy as jnp
import numpy as np
from flax.traverse_util import flatten_dict
from safetensors.numpy import save_file

sys.path.insert(0, ".")
request = json.loads(sys.argv[1])
model = getattr(__import__("generated_module"), request["class"])()
inputs = [jnp.ones((n, *spatial, c)) for n, c, *spatial in request["shapes"]]
variables = jax.jit(model.init)(jax.random.key(0), *inputs)
flat = flatten_dict(variables, sep="/")
save_file({name: np.array(value) for name, value in flat.items()}, request["out"])
