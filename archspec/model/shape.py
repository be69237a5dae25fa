"""The shape of one value, batch axis left out, with named axes."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

# Spatial axes by their number; the names follow the field's custom.
SPATIAL_AXES: dict[int, tuple[str, ...]] = {0: (), 1: ("W",), 2: ("H", "W"), 3: ("D", "H", "W")}


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of the axes C and, for images, D, H, W; the canonical order is channels first."""

    axes: tuple[str, ...]
    sizes: tuple[int, ...]

    @classmethod
    def of(cls, channels: int, *spatial: int) -> Shape:
        """The shape of a vector (no spatial size), sequence (1), image (2) or volume (3)."""
        return cls(("C", *SPATIAL_AXES[len(spatial)]), (channels, *spatial))

    @property
    def channels(self) -> int:
        """The size of the axis C."""
        return self.sizes[0]

    @property
    def spatial(self) -> tuple[int, ...]:
        """The sizes of the axes other than C."""
        return self.sizes[1:]

    @property
    def rank(self) -> int:
        """The number of spatial axes."""
        return len(self.sizes) - 1

    @property
    def elements(self) -> int:
        """The number of elements of one example."""
        return prod(self.sizes)

    def with_spatial(self, channels: int, spatial: tuple[int, ...]) -> Shape:
        """This kind of shape with other sizes."""
        return Shape(self.axes, (channels, *spatial))

    def __str__(self) -> str:
        return "x".join(str(size) for size in self.sizes)
