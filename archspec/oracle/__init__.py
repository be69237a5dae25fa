"""What a network computes, in NumPy: an oracle that is no framework.

:func:`run` interprets the flat graph, :func:`directional_derivative` differentiates it by
differences. Arrays are batch first and channels first: (N, C, *spatial).
"""

from archspec.oracle.gradients import directional_derivative
from archspec.oracle.interpreter import Result, run

__all__ = ["Result", "directional_derivative", "run"]
