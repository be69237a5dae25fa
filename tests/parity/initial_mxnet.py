"""Saves the parameters with which a generated Gluon network starts."""

import json
import sys

from mxnet import np, npx
from safetensors.numpy import save_file

sys.path.insert(0, ".")
request = json.loads(sys.argv[1])
model = getattr(__import__("generated_module"), request["class"])()
npx.random.seed(0)
model.initialize()
# Channels that go in are known, and parameters drawn, in a first pass.
model(*(np.ones(shape) for shape in request["shapes"]))
parameters = model._collect_params_with_prefix()
save_file({name: each.data().asnumpy() for name, each in parameters.items()}, request["out"])
