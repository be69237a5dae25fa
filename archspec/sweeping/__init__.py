"""Sweeps: the costs of many variants of a network, without one model being built."""

from archspec.sweeping.results import Result
from archspec.sweeping.sweep import Sweep, sweep

__all__ = ["Result", "Sweep", "sweep"]
