"""The languages that generated code is written in: one module for each."""

from __future__ import annotations

from archspec.languages import julia, onnx_text, python
from archspec.languages.language import Language

LANGUAGES: dict[str, Language] = {"python": python, "onnx": onnx_text, "julia": julia}

__all__ = ["LANGUAGES", "Language"]
