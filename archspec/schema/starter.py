"""The spec that ``archspec init`` writes: small, complete, and explained."""

from __future__ import annotations


def starter(name: str) -> str:
    """A spec of the given name to start from."""
    return f"""\
# A small network for 28x28 images. `archspec validate` checks this file,
# `archspec generate` writes the code, `archspec verify` proves that it agrees.
archspec: 1
name: {name}
doc: A small convolutional network with a residual block.

params: {{in_channels: 1, num_classes: 10, width: 32}} # set others with --set width=64
arguments: [num_classes] # stays an argument of the generated class
input: [in_channels, 28, 28] # channels, height, width
init: {{kernel: he_normal, bias: zeros}}

# Arguments that hold for every use of an operator.
defaults:
  batch_norm: {{eps: 1e-5, decay: 0.9}}

# A block becomes a class. `in_channels` is given to every block.
blocks:
  Residual:
    doc: Two convolutions whose result is added to their input.
    params: {{out: int, stride: 1}}
    layers:
      - branches:
          main:
            - conv: {{out: out, kernel: 3, stride: stride, padding: 1, bias: false}}
            - batch_norm
            - relu
            - conv: {{out: out, kernel: 3, padding: 1, bias: false}}
            - batch_norm
          shortcut:
            when: stride != 1 or in_channels != out # else the identity
            layers:
              - conv: {{out: out, kernel: 1, stride: stride, bias: false}}
              - batch_norm
        merge: add
      - relu

# Stages run in order; layers in a stage, too.
stages:
  stem:
    - conv: {{out: width, kernel: 3, padding: 1, bias: false}}
    - batch_norm
    - relu
  body:
    - Residual: {{out: width}}
    - Residual: {{out: 2 * width, stride: 2}}
  head:
    - global_avg_pool
    - dense: num_classes
"""
