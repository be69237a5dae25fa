"""The spec file: what it may say, and how it is read."""

from archspec.schema.load import load, loads
from archspec.schema.spec import Spec

__all__ = ["Spec", "load", "loads"]
