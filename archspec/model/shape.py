"""The shape of one value, batch axis left out, with named axes."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

# Spatial axes by their number; the names follow the field's custom.
SPATIAL_AXES: dict[int, tuple[str, ...]] = {0: (), 1: ("W",), 2: ("H", "W"), 3: ("D", "H", "W")}


TOKEN_AXES = ("T", "C")


def rank_of(axes: tuple[str, ...]) -> int:
    """The number of spatial axes among these."""
    return 0 if axes == TOKEN_AXES else len(axes) - 1


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of the axes C and, for images, D, H, W, channels first; or of tokens, T and C.

    Tokens are vectors in a row: they have their channels last, here and in every framework.
    """

    axes: tuple[str, ...]
    sizes: tuple[int, ...]

    @classmethod
    def of(cls, channels: int, *spatial: int) -> Shape:
        """The shape of a vector (no spatial size), sequence (1), image (2) or volume (3)."""
        return cls(("C", *SPATIAL_AXES[len(spatial)]), (channels, *spatial))

    @classmethod
    def of_tokens(cls, tokens: int, channels: int) -> Shape:
        """The shape of ``tokens`` vectors of ``channels`` each."""
        return cls(TOKEN_AXES, (tokens, channels))

    @property
    def channels(self) -> int:
        """The size of the axis C."""
        return self.sizes[self.axes.index("C")]

    @property
    def tokens(self) -> int | None:
        """The size of the axis T; None for what are no tokens."""
        return self.sizes[0] if self.axes == TOKEN_AXES else None

    @property
    def spatial(self) -> tuple[int, ...]:
        """The sizes of the axes D, H and W."""
        return () if self.axes == TOKEN_AXES else self.sizes[1:]

    @property
    def rank(self) -> int:
        """The number of spatial axes."""
        return rank_of(self.axes)

    @property
    def elements(self) -> int:
        """The number of elements of one example."""
        return prod(self.sizes)

    def __str__(self) -> str:
        return "x".join(str(size) for size in self.sizes)
