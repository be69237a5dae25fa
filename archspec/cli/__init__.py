"""The command line. Heavy imports are local to the command that needs them."""

from archspec.cli.app import main

__all__ = ["main"]
