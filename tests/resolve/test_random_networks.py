"""Random networks that are right by construction resolve, and both their views agree."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st
from two_views import check

from archspec.resolution import resolve
from archspec.schema import loads

small = st.integers(1, 4)
truths = st.sampled_from([True, False, "wide"])
PARAMETERS = {
    "out": "int",
    "n": 2,
    "wide": True,
    "act": {"type": "activation", "default": "relu"},
}


@st.composite
def networks(draw) -> dict[str, object]:
    """Blocks that use earlier ones, with conditions, loops and branches."""
    blocks: dict[str, object] = {}
    for number in range(draw(st.integers(0, 4))):
        layers = draw(sequences(list(blocks), inside=True))
        blocks[f"Block{number}"] = {"params": PARAMETERS, "layers": layers}
    stages = {
        f"stage{number}": draw(sequences(list(blocks), inside=False))
        for number in range(draw(small))
    }
    return {
        "archspec": 1,
        "name": "Net",
        "params": {"n": draw(st.integers(0, 3)), "wide": draw(st.booleans()), "out": draw(small)},
        "arguments": draw(st.sampled_from([[], ["wide"], ["n", "out"]])),
        "input": [draw(small), draw(st.integers(5, 9)), 6],
        "blocks": blocks,
        "stages": stages,
    }


@st.composite
def sequences(draw, blocks: list[str], inside: bool) -> list[object]:
    kinds = ["conv", "same", "pool", "activation", "norm", "branches", "branches"]
    kinds += ["call"] * 3 * bool(blocks)
    return [
        draw(layers(draw(st.sampled_from(kinds)), blocks, inside, place))
        for place in range(draw(small))
    ]


@st.composite
def layers(draw, kind: str, blocks: list[str], inside: bool, place: int) -> object:
    widths = [1, 3, "out", "out + 1", "2 * out", *["in_channels"] * 2 * inside]
    out = draw(st.sampled_from(widths))
    if kind == "branches":
        return draw(branches(out, place))
    options = draw(options_of_layers())
    if kind == "conv":
        window = {"kernel": draw(st.sampled_from([1, 3])), "padding": "symmetric"}
        return {"conv": {"out": out, **window}, **options}
    if kind == "same":
        # What these pads come to depends on the size, and so on where a block is used.
        window = {"kernel": draw(small), "stride": draw(st.integers(1, 2))}
        return {"conv": {"out": out, "padding": "same_upper", **window}, **options}
    if kind == "pool":
        return {"max_pool": {"kernel": 3, "stride": 1, "padding": 1}, **options}
    if kind == "norm":
        return {"batch_norm": {"eps": 1e-5, "decay": 0.9}, **options}
    if kind == "call":
        given = {"out": out, "n": draw(st.integers(0, 2)), "wide": draw(truths)}
        return {draw(st.sampled_from(blocks)): given, **options}
    return {"act" if inside and draw(st.booleans()) else "relu": None, **options}


@st.composite
def branches(draw, out: object, place: int) -> object:
    names = [f"b{place}{name}" for name in "pqr"[: draw(st.integers(2, 3))]]
    if draw(st.booleans()):
        return {"branches": {name: draw(narrow_branches()) for name in names}}
    same = [{"conv": {"out": out, "kernel": 3, "padding": 1}}]
    return {"branches": dict.fromkeys(names, same), "merge": "add"}


@st.composite
def narrow_branches(draw) -> object:
    """A branch that keeps the size and may be the identity."""
    several = [{"conv": {"out": draw(st.sampled_from([2, "out"])), "kernel": 1}}, "tanh"]
    several = several[: draw(st.integers(0, 2))]
    if draw(st.booleans()):
        return {"when": draw(st.sampled_from(["wide", "n > 1"])), "layers": several}
    return several


@st.composite
def options_of_layers(draw) -> dict[str, object]:
    options: dict[str, object] = {}
    if draw(st.integers(0, 3)) == 0:
        options["when"] = draw(st.sampled_from(["wide", "n > 1", "not wide", "out == 1 or wide"]))
    if draw(st.integers(0, 3)) == 0:
        options["repeat"] = draw(st.sampled_from(["n", 2, 3, "out", "n + 1"]))
        if draw(st.booleans()):
            options["when"] = draw(st.sampled_from(["i % 2 == 0", "i > 0", "wide and i < 2"]))
    return options


@settings(max_examples=100, deadline=None, derandomize=True)
@given(networks())
def test_random_networks(network: dict[str, object]) -> None:
    check(resolve(loads(json.dumps(network))))
