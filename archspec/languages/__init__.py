"""The languages that generated code is written in: one module for each."""

from __future__ import annotations

from archspec.languages import python
from archspec.languages.language import Language

LANGUAGES: dict[str, Language] = {"python": python}

__all__ = ["LANGUAGES", "Language"]
