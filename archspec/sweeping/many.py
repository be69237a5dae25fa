"""One number that stands for those of many variants, with the arithmetic of Python's numbers.

A network is elaborated once for all variants that go the same way: where the rules of shapes and
costs would see an integer they are given a :class:`Many`, and each of their operations is done
for an array at once. Where variants would go different ways (a comparison that holds for some of
them only, a number of repetitions, a name that depends on the number), a :class:`SplitError`
says who goes which way, and the network is elaborated again for each. So no rule has to know of
this, and whatever a rule does, the result is that of one variant after the other.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from archspec.errors import ArchspecError
from archspec.expressions import Value
from archspec.resolution.evaluation import UndecidedError
from archspec.sweeping.arrays import COMPARISONS, EXACT, OPERATIONS, ROOM, compact, each_of, fits

# Around the number of a value in a text. No file can contain them: they are no characters.
_OPEN, _CLOSE = "\ufdd0", "\ufdd1"


_Binary = Callable[[Any, Any], Any]


class SplitError(UndecidedError):
    """Variants go different ways; ``ways`` numbers, from 0, the way of each."""

    def __init__(self, ways: np.ndarray, shown: list[Many]) -> None:
        super().__init__("variants differ here")
        self.ways = ways
        self._shown = shown

    def parts(self) -> list[np.ndarray]:
        """The positions of the variants that go each way."""
        order = np.argsort(self.ways, kind="stable")
        counts = np.bincount(self.ways)
        return np.split(order, np.cumsum(counts)[:-1])

    def apart(
        self, work: Callable[[Mapping[str, Value]], Value], environment: Mapping[str, Value]
    ) -> Any:
        """What ``work`` makes of the environment of each part, as one value.

        Raises:
            SplitError: this one, where a part fails or the results are of different kinds.
        """
        parts = self.parts()
        try:
            results = [
                work({name: _taken(value, part) for name, value in environment.items()})
                for part in parts
            ]
        except (ArchspecError, UndecidedError):
            raise self from None
        return self._joined(parts, results)

    def _joined(self, parts: list[np.ndarray], results: Sequence[Any]) -> Any:
        first = results[0]
        if all(isinstance(each, tuple) and len(each) == len(first) for each in results):
            return tuple(self._joined(parts, each) for each in zip(*results, strict=True))
        kinds = {_kind(each) for each in results}
        if len(kinds) == 1 and kinds <= {int, float}:
            whole = np.empty(len(self.ways), dtype=object)
            for part, each in zip(parts, results, strict=True):
                whole[part] = each._array if type(each) is Many else each
            return many(compact(whole, kinds == {float}), self._shown)
        if kinds <= {bool, str, type(None)} and all(each == first for each in results):
            return first
        raise self


def _both(sign: str) -> tuple[_Binary, _Binary]:
    """An operation with the value on the left, and on the right."""
    return (
        lambda self, other: _operated(sign, self, other),
        lambda self, other: _operated(sign, other, self),
    )


class Many:
    """A number for each of several variants, not all equal; see :func:`many`.

    It passes for an ``int`` or a ``float`` in ``isinstance``, but is neither: what takes a number
    out of it (as an index, a key, a count) finds that the variants go different ways.
    """

    __slots__ = ("_array", "_greatest", "_least", "_shown")

    def __init__(self, array: np.ndarray, least: Any, greatest: Any, shown: list[Many]) -> None:
        self._array = array
        self._least = least
        self._greatest = greatest
        self._shown = shown

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return float if self._array.dtype.kind == "f" else int

    @property
    def array(self) -> np.ndarray:
        """The numbers: int64 or float64, or Python's integers where these do not fit."""
        return self._array

    def _split(self) -> SplitError:
        """Each number is a way by itself."""
        return SplitError(np.unique(self._array, return_inverse=True)[1].reshape(-1), self._shown)

    def _undecided(self, *_: object) -> Any:
        raise self._split()

    # What turns it into one number, or depends on which number it is.
    __int__ = __index__ = __float__ = __trunc__ = __round__ = __repr__ = _undecided
    __hash__ = __divmod__ = __rdivmod__ = __pow__ = __rpow__ = _undecided
    __and__ = __rand__ = __or__ = __ror__ = __xor__ = __rxor__ = _undecided
    __lshift__ = __rlshift__ = __rshift__ = __rrshift__ = __invert__ = _undecided

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise self._split()

    def __str__(self) -> str:
        """A mark, which :func:`filled` replaces by the number of a variant."""
        self._shown.append(self)
        return f"{_OPEN}{len(self._shown) - 1}{_CLOSE}"

    def __format__(self, specification: str) -> str:
        if specification:
            raise self._split()
        return str(self)

    def __bool__(self) -> bool:
        return bool(self != 0)

    __add__, __radd__ = _both("+")
    __sub__, __rsub__ = _both("-")
    __mul__, __rmul__ = _both("*")
    __truediv__, __rtruediv__ = _both("/")
    __floordiv__, __rfloordiv__ = _both("//")
    __mod__, __rmod__ = _both("%")

    def __neg__(self) -> Any:
        return Many(-self._array, -self._greatest, -self._least, self._shown)

    def __pos__(self) -> Many:
        return self

    def __abs__(self) -> Any:
        if self._least >= 0:
            return self
        return many(np.abs(self._array), self._shown)

    def __floor__(self) -> Any:
        return self._whole(np.floor, math.floor)

    def __ceil__(self) -> Any:
        return self._whole(np.ceil, math.ceil)

    def _whole(self, quick: Any, exact: Callable[[float], int]) -> Any:
        if self._array.dtype.kind != "f":
            return self
        if self._least > -ROOM and self._greatest < ROOM:
            return many(quick(self._array).astype(np.int64), self._shown)
        return many(each_of(exact, self._array), self._shown)

    def __eq__(self, other: object) -> Any:
        return _compared("==", self, other)

    def __ne__(self, other: object) -> Any:
        return _compared("!=", self, other)

    def __lt__(self, other: Any) -> Any:
        return _compared("<", self, other)

    def __le__(self, other: Any) -> Any:
        return _compared("<=", self, other)

    def __gt__(self, other: Any) -> Any:
        return _compared(">", self, other)

    def __ge__(self, other: Any) -> Any:
        return _compared(">=", self, other)


def many(array: np.ndarray, shown: list[Many]) -> Any:
    """The numbers of an array as one value; a plain number where all are the same.

    Args:
        array: int64, float64, or Python's integers as objects; a number for each variant.
        shown: where values that are named in messages are kept; one list for all values that
            meet.
    """
    least, greatest = array.min(), array.max()
    if array.dtype != object:
        least, greatest = least.item(), greatest.item()
    return least if least == greatest else Many(array, least, greatest, shown)


def filled(text: str, shown: Sequence[Many], position: int) -> str:
    """A message with the numbers of one variant in place of marks."""
    if _OPEN not in text:
        return text
    pieces = text.split(_OPEN)
    found = [pieces[0]]
    for piece in pieces[1:]:
        number, _, rest = piece.partition(_CLOSE)
        array = shown[int(number)].array
        value = array[position] if array.dtype == object else array[position].item()
        found += [str(value), rest]
    return "".join(found)


def numbers_in(value: Any, count: int) -> list[Any]:
    """The numbers of each of ``count`` variants, as Python's."""
    return value.array.tolist() if type(value) is Many else [value] * count


def _kind(value: Any) -> type:
    if isinstance(value, bool):
        return bool
    return float if isinstance(value, float) else int if isinstance(value, int) else type(value)


def _taken(value: Any, part: np.ndarray) -> Any:
    """What a value is for some of the variants."""
    if isinstance(value, tuple):
        return tuple(_taken(each, part) for each in value)
    return many(value._array[part], value._shown) if type(value) is Many else value


def _limits(value: Any) -> tuple[Any, Any]:
    return (value._least, value._greatest) if type(value) is Many else (value, value)


def _size(value: Any) -> Any:
    """The greatest absolute value."""
    least, greatest = _limits(value)
    return max(abs(least), abs(greatest))


def _operated(sign: str, left: Any, right: Any) -> Any:
    if not (isinstance(left, int | float) and isinstance(right, int | float)):
        return NotImplemented
    operands: tuple[Any, Any] = (left, right)
    shown = next(each._shown for each in operands if type(each) is Many)
    # Where some divisors are 0 this splits; where one is 0 for all, Python says so.
    if sign in ("/", "//", "%") and right == 0:
        return OPERATIONS[sign](1, 0)
    floats = sign == "/" or isinstance(left, float) or isinstance(right, float)
    x, y = (each._array if type(each) is Many else each for each in operands)
    # What overflows is infinite, as in Python; expressions refuse that.
    with np.errstate(all="ignore"):
        sizes = _size(left), _size(right)
        whole = not isinstance(left, float), not isinstance(right, float)
        if fits(sign, sizes, whole):
            return many(OPERATIONS[sign](x, y), shown)
        return many(compact(each_of(OPERATIONS[sign], x, y), floats), shown)


def _compared(sign: str, left: Many, right: Any) -> Any:
    if not isinstance(right, int | float):
        return NotImplemented
    compare = COMPARISONS[sign]
    if left is right:
        return compare(0, 0)
    (low, high), (least, greatest) = _limits(left), _limits(right)
    if high < least or low > greatest:
        return compare(low, least)
    x, y = (each._array if type(each) is Many else each for each in (left, right))
    mixed = isinstance(left, float) is not isinstance(right, float)
    if mixed and max(_size(left), _size(right)) > EXACT:
        holds = each_of(compare, x, y).astype(bool)
    else:
        holds = compare(x, y)
    if holds.all():
        return True
    if not holds.any():
        return False
    raise SplitError(holds.astype(np.intp), left._shown)
