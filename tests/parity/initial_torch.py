"""Saves the state in which a generated PyTorch module starts."""

import json
import sys

import torch
from safetensors.numpy import save_file

sys.path.insert(0, ".")
request = json.loads(sys.argv[1])
torch.manual_seed(0)
model = getattr(__import__("generated_module"), request["class"])()
save_file({name: tensor.numpy() for name, tensor in model.state_dict().items()}, request["out"])
