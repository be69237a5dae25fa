"""The picture as PNG: the SVG, rendered."""

from __future__ import annotations

import re

from archspec.errors import ArchspecError, UsageError

# What Roboto has, of what a picture may contain; beyond that the system's fonts help out.
_LATIN = 0x250
_SIGNS = set("×·…—−")
# Four bytes each, several times over while it is rendered.
_MOST_PIXELS = 2e8
_SIZE = re.compile(r'<svg[^>]* width="([\d.]+)" height="([\d.]+)"')


def png(svg: str, scale: float = 2.0) -> bytes:
    """The bytes of a PNG file.

    Args:
        svg: the picture.
        scale: pixels for a unit of it; 2 is sharp on screen, 4 in print.

    Raises:
        ArchspecError: if what renders it is not installed.
        UsageError: for more pixels than there is memory for.
    """
    try:
        import font_roboto
        import resvg_py
    except ImportError:
        raise ArchspecError(
            "PNG needs a package that is not installed",
            hint='pip install "archspec-nn[draw]"; SVG, HTML and Mermaid need nothing more',
        ) from None
    if size := _SIZE.search(svg):
        width, height = (scale * float(side) for side in size.groups())
        if width * height > _MOST_PIXELS:
            raise UsageError(
                f"a picture of {width:,.0f} x {height:,.0f} pixels is too large",
                hint="a smaller --scale, or .svg, which has no pixels",
            )
    # With a font of its own the picture is the same on every machine, those without fonts too.
    plain = all(ord(c) < _LATIN or c in _SIGNS for c in svg)
    data = resvg_py.svg_to_bytes(
        svg_string=svg,
        zoom=scale,
        skip_system_fonts=plain,
        font_files=[font_roboto.Roboto, font_roboto.RobotoBold],
        font_family="Roboto",
        sans_serif_family="Roboto",
    )
    return bytes(data)
