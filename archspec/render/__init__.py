"""Rendering: from the resolved model to formatted source code."""

from archspec.render.render import render
from archspec.render.source_map import Rendered, Span

__all__ = ["Rendered", "Span", "render"]
