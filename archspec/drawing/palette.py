"""Colours by family of operator: tints of Okabe and Ito's, which the colour-blind can tell apart.

Every box also says in words what it is, and fills are light enough to print in grey.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ink:
    """How a family is drawn: its name in the legend, fill and border on light and dark pages."""

    name: str
    fill: str
    line: str
    dark_fill: str
    dark_line: str


INKS = {
    "convolution": Ink("convolution", "#d6eaf8", "#0072b2", "#12395a", "#56b4e9"),
    "dense": Ink("dense", "#fde8c4", "#b87700", "#4d3500", "#e69f00"),
    "pooling": Ink("pooling", "#fbdccb", "#c65200", "#552200", "#f08a4b"),
    "normalization": Ink("normalisation, activation", "#f8f4c2", "#8f8600", "#413d00", "#f0e442"),
    "activation": Ink("normalisation, activation", "#f8f4c2", "#8f8600", "#413d00", "#f0e442"),
    "merging": Ink("merge", "#d0efe3", "#00805d", "#003d2c", "#2fc49a"),
    "tokens": Ink("tokens", "#e2e2f4", "#5658a3", "#26284f", "#aaabe4"),
    "reshaping": Ink("other", "#ececec", "#6b6b6b", "#3a3a3a", "#a8a8a8"),
    "block": Ink("block", "#f3dcea", "#a4467c", "#4a1f38", "#dd94bd"),
    "stage": Ink("stage", "#f3dcea", "#a4467c", "#4a1f38", "#dd94bd"),
    "input": Ink("input", "none", "none", "none", "none"),
    "output": Ink("output", "none", "none", "none", "none"),
}
_OTHER = INKS["reshaping"]


def ink(kind: str) -> Ink:
    """How boxes of a family are drawn; families without colours of their own are grey."""
    return INKS.get(kind, _OTHER)


def css_class(kind: str) -> str:
    """The class of a family in a style sheet."""
    return kind if kind in INKS else "reshaping"
