"""Sweeps: the costs of many variants of a network, without one model being built."""

from archspec.sweeping.sweep import Result, Sweep, sweep

__all__ = ["Result", "Sweep", "sweep"]
