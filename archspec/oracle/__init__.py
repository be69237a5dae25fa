"""What a network computes, in NumPy: an oracle that is no framework.

:func:`run` interprets the flat graph, :func:`run_layer` one layer of it,
:func:`directional_derivative` differentiates it by differences. Arrays are batch first and
channels first: (N, C, *spatial).
"""

from archspec.oracle.gradients import directional_derivative
from archspec.oracle.interpreter import Result, run, run_layer

__all__ = ["Result", "directional_derivative", "run", "run_layer"]
