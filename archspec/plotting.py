"""How pictures of figures look, and their files: the same bytes for the same picture."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

GREY = "#5f6b7a"
STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 9.0,
    "axes.edgecolor": GREY,
    "axes.labelcolor": "#222222",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "svg.fonttype": "path",
    "svg.hashsalt": "archspec",
    "pdf.fonttype": 42,
}


def saved(figure: Figure, suffix: str) -> bytes:
    """A picture as the bytes of a file of the kind ``svg``, ``png`` or ``pdf``.

    To be called in the context of :data:`STYLE`, which names the shapes of an SVG.
    """
    out = BytesIO()
    # The date would make each file another.
    without = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(suffix, {})
    figure.savefig(out, format=suffix, dpi=200, metadata=without)
    return out.getvalue()
