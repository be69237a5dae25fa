"""Drawing a network: from a model to a file."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import Literal

from archspec.drawing.build import picture_of
from archspec.drawing.folding import folded
from archspec.drawing.html import html
from archspec.drawing.mermaid import mermaid
from archspec.drawing.picture import Picture
from archspec.drawing.png import png
from archspec.drawing.rows import is_tabular
from archspec.drawing.svg import svg
from archspec.errors import UsageError
from archspec.generation import write_atomically
from archspec.resolution import Model

Direction = Literal["auto", "right", "down"]
FORMATS = {".svg": "svg", ".png": "png", ".html": "html", ".mmd": "mmd"}
DIRECTIONS = ("auto", "right", "down")


def draw(
    model: Model,
    path: str | os.PathLike[str],
    *,
    depth: int = 1,
    expand: Collection[str] = (),
    block: str | None = None,
    title: str | None = None,
    direction: Direction = "auto",
    legend: bool = True,
    scale: float = 2.0,
) -> None:
    """Draw a network into a file: ``.svg``, ``.png``, ``.html`` or ``.mmd`` (Mermaid).

    Args:
        model: the network.
        path: the file; its extension says the format.
        depth: how deep blocks are unfolded: 0 shows stages as boxes, 1 what stages consist of, 2
            the inside of blocks, and so on.
        expand: blocks, or paths of single instances, that are unfolded all the same.
        block: draw only this block (its first instance), or the block or stage with this path.
        title: what stands above; the name of what is drawn if None.
        direction: ``right`` makes a row of each stage that is a plain sequence, ``down`` lets all
            run down, ``auto`` decides: rows where they show the whole picture. SVG and PNG only.
        legend: whether SVG and PNG end with what the colours mean.
        scale: pixels of a PNG for a unit of the SVG.

    Raises:
        UsageError: for another extension, a block or path that the network does not have, or a
            picture that is too large.
        ArchspecError: if the file cannot be written, or what SVG and PNG need is not installed.
    """
    form = format_of(path)
    picture = picture_of(model, depth, expand=expand, block=block, title=title)
    write_atomically(Path(path), drawn(picture, form, direction, legend, scale))


def format_of(path: str | os.PathLike[str]) -> str:
    """The format that a file's extension says.

    Raises:
        UsageError: if there is no such format.
    """
    extension = Path(path).suffix.lower()
    if extension not in FORMATS:
        raise UsageError(
            f"cannot draw into {os.fspath(path)!r}: what format is that?",
            hint=f"its name ends with one of {', '.join(FORMATS)}",
        )
    return FORMATS[extension]


def drawn(
    picture: Picture,
    form: str,
    direction: Direction = "auto",
    legend: bool = True,
    scale: float = 2.0,
) -> str | bytes:
    """The contents of a file: text, or bytes for PNG.

    Args:
        picture: what is in it.
        form: ``svg``, ``png``, ``html`` or ``mmd``.
        direction, legend, scale: as for :func:`draw`.
    """
    if form == "html":
        return html(picture)
    if form == "mmd":
        return mermaid(picture)
    across = is_tabular(folded(picture).parts) if direction == "auto" else direction == "right"
    text = svg(picture, across, legend)
    return text if form == "svg" else png(text, scale)
