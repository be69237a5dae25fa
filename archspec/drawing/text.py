"""How wide a text is, without a font at hand."""

from __future__ import annotations

# Advance widths of Helvetica (Arial and Liberation Sans have the same) in thousandths of the
# size, from Adobe's core font metrics; wide letters of other scripts count as a full square.
_WIDTHS = {
    278: " !,./:;[\\]ftI|",
    355: '"',
    556: "#$0123456789?_aabdeghnopquL",
    889: "%",
    667: "&ABEKPSVXY",
    191: "'",
    333: "()-r`·",
    389: "*",
    584: "+<=>~×−",
    1015: "@",
    722: "CDHNRUw",
    611: "FTZ",
    778: "GOQ",
    500: "Jcksvxyz",
    833: "Mm",
    944: "W",
    469: "^",
    222: "ijl",
    334: "{}",
    1000: "…—",
}
_ADVANCE = {letter: width for width, letters in _WIDTHS.items() for letter in letters}
_BOLD = 1.07


def width(text: str, size: float, bold: bool = False) -> float:
    """The width of a line in Helvetica; some other sans may need a little more or less."""
    thousandths = sum(_ADVANCE.get(c, 600 if ord(c) < 0x1100 else 1000) for c in text)
    return thousandths * size / 1000 * (_BOLD if bold else 1)
