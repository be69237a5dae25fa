"""How far apart two results may be; the reasons are in ``docs/verification.md``.

float64 proves that two programs mean the same, float32 only shows the rounding. Every gate here
is a number that a reader can derive.
"""

from __future__ import annotations

import math

import numpy as np

# Outputs, layers and running statistics in float64, relative to the tensor's largest value: at
# least this, and where rounding moves a value far (as the oracle finds), a multiple of how far, up
# to what is still below every known mistake in meaning (1e-9).
FLOAT64 = 1e-12
FLOAT64_FACTOR = 30.0
FLOAT64_MOST = 3e-10

# By how much of its size rounding may change a number: one unit in the last place of 1.
EPSILON = float(np.finfo(np.float64).eps)

# In float32, how many times its own distance from float64 a result may be from another.
FLOAT32_FACTOR = 10.0
# That distance is taken for no less than this: two results can be close to float64 by luck.
FLOAT32_FLOOR = 4 * float(np.finfo(np.float32).eps)

# Gradients and stepped parameters, relative to the norm of the tensor, in the 2-norm.
GRADIENT = 1e-10
# A bias before a BatchNorm has a true gradient of zero: no norm counts for less than this part
# of the norm of all.
GRADIENT_LEAST = 1e-3

# Against finite differences: their estimated error times the factor, and no less than the floor.
DIFFERENCES_FACTOR = 10.0
DIFFERENCES_FLOOR = 1e-6

# Normalisations of inputs shifted by 2 ** SHIFT times their spread. The shifted input keeps 53 - 14
# bits, so that an honest output is off by 1e-12 to 3e-11; a variance computed as E[x²] - E[x]²
# loses twice as many bits, and the output is off by 1e-8 and more.
SHIFT = 14
SHIFTED = 1e-9

# Another input must move the outputs by this much, or agreement would mean little.
SENSITIVITY = 1e-2

# A BatchNorm over fewer values than this is so ill-conditioned that rounding shows.
LEAST_VALUES = 8

# The first step changes no tensor by more than about this part of its norm, nor the outputs.
STEP = 2.0**-7


def float64(moved: float) -> float:
    """How far a value in float64 may be from the oracle's.

    Args:
        moved: how far rounding alone moves it.
    """
    return min(max(FLOAT64, FLOAT64_FACTOR * moved), FLOAT64_MOST)


def float32(other: float) -> float:
    """How far a float32 result may be from another one.

    What counts is how far the *other* is from its own float64 result. So whoever is less accurate
    than the others by an order of magnitude (TF32, a variance that cancels) fails, and those that
    it is compared with do not.

    Args:
        other: the other's distance between its float32 and its float64 result.
    """
    return FLOAT32_FACTOR * max(other, FLOAT32_FLOOR)


def summed(terms: float) -> float:
    """How far a sum in float32 may be off whose terms are added one after the other."""
    return float(np.finfo(np.float32).eps) * math.sqrt(terms)


def gradient(norm: float, norm_of_all: float) -> float:
    """The greatest norm of the difference of one tensor's gradients (or values)."""
    return GRADIENT * max(norm, GRADIENT_LEAST * norm_of_all)


def differences(error: float, scale: float) -> float:
    """The gate for ``<g, v>`` against finite differences, relative to ``scale``.

    Args:
        error: the estimated absolute error of the differences.
        scale: the size that ``<g, v>`` typically has.
    """
    if not scale or not math.isfinite(error):
        return math.inf
    return max(DIFFERENCES_FLOOR, DIFFERENCES_FACTOR * error / scale)
