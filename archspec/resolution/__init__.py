"""Resolving: from a checked spec to the model that everything else is made from."""

from archspec.resolution.resolve import Model, parse_value, resolve

__all__ = ["Model", "parse_value", "resolve"]
