"""Names: which are allowed, how one becomes another, and the nearest of several."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches

_SNAKE = re.compile(r"[a-z][a-z0-9_]*")
_CAMEL = re.compile(r"[A-Z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*")
LONGEST = 64


def is_snake(name: str) -> bool:
    """Whether a name may be that of a stage, a branch, a layer or a parameter."""
    return len(name) <= LONGEST and _SNAKE.fullmatch(name) is not None


def is_camel(name: str) -> bool:
    """Whether a name may be that of a network or a block, and so of a class."""
    return len(name) <= LONGEST and _CAMEL.fullmatch(name) is not None


def snake(name: str) -> str:
    """``BasicBlock`` → ``basic_block``, ``ConvBN`` → ``conv_bn``."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return re.sub(r"_+", "_", parted).lower()


def camel(name: str) -> str:
    """``b4`` → ``B4``, ``left_arm`` → ``LeftArm``."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


# How many names have been compared for suggestions since the last spec was begun: a file with
# thousands of mistakes gets none for most of them.
_compared = 0
_MOST_COMPARED = 20_000


def begin_suggestions() -> None:
    """Allow suggestions anew; called for each spec that is read."""
    global _compared
    _compared = 0


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that a mistyped one most likely means; None after too many questions."""
    global _compared
    known = set(known)
    _compared += len(known)
    if len(name) > LONGEST or _compared > _MOST_COMPARED:
        return None
    matches = get_close_matches(name, sorted(known), n=1, cutoff=0.6)
    return matches[0] if matches else None


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """A hint: the nearest name, or what there is."""
    names = list(known)
    near = nearest(name, names)
    if near:
        return f"did you mean `{near}`?"
    if 0 < len(names) <= 12:
        return "known: " + ", ".join(names)
    return None
