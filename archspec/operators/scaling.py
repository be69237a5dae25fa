"""How the size of one axis follows from that of the input: the arithmetic of strides."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scaling:
    """An axis of ``size`` comes out at ``(size * times + plus) // over``; ``over`` is positive.

    Convolutions, pools, upsampling and pads are all of this form, whatever their padding: a
    window that spans k at stride s with p pads gives ``(size + p - k + s) // s``, `same_upper`
    gives ``(size + s - 1) // s``. Where a window does not fit, it comes to 0 or less.
    """

    times: int = 1
    plus: int = 0
    over: int = 1

    def of(self, size: int) -> int:
        """What an axis of this size comes out at."""
        return (size * self.times + self.plus) // self.over

    def least(self, wanted: int) -> int | None:
        """The least size, of whatever sign, that comes out at ``wanted`` or more; None if none."""
        if self.times == 0:
            return None if self.plus // self.over < wanted else 1
        return -(-(wanted * self.over - self.plus) // self.times)

    def after(self, first: Scaling) -> Scaling | None:
        """One scaling that equals this one after ``first``; None where there is none."""
        if first.over == 1:
            times, plus, over = first.times, first.plus, 1
        elif self.over % max(self.times, 1) == 0 and self.times:
            # floor((m * t + p) / (t * k)) is floor((m + floor(p / t)) / k) for whole m.
            whole = Scaling(1, self.plus // self.times, self.over // self.times)
            plus = first.plus + first.over * whole.plus
            return Scaling(first.times, plus, first.over * whole.over)
        else:
            return None
        return Scaling(times * self.times, plus * self.times + self.plus, over * self.over)
