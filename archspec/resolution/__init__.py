"""Resolving: from a checked spec to the model that everything else is made from."""

from archspec.resolution.resolve import Flat, Model, parse_value, resolve, resolve_flat

__all__ = ["Flat", "Model", "parse_value", "resolve", "resolve_flat"]
