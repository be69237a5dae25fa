"""The sizes that work are worked out; here they are held against trying each size."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from archspec.analysis.min_input import LongPatternError, input_sizes_of, min_input
from archspec.errors import ArchspecError
from archspec.resolution import Model, resolve, resolve_flat
from archspec.schema import load, loads

ROOT = Path(__file__).parents[2]


def tried(model: Model, name: str, axis: str, size: int) -> tuple[bool, bool]:
    """Whether a size fits, and whether all tensors then have the shapes they have."""
    shape = model.graph.inputs[name]
    sizes = [size if a == axis else n for a, n in zip(shape.axes, shape.sizes, strict=True)]
    try:
        other = resolve_flat(model.spec, {name: sizes}, **model.values)
    except ArchspecError:
        return False, False
    shapes = [{k: t.shape for k, (_, t) in m.graph.tensors.items()} for m in (model, other)]
    return True, shapes[0] == shapes[1]


def net(layers: list[Any], size: list[int], **more: Any) -> str:
    stages = {"s": [named(each, f"{place}") for place, each in enumerate(layers)]}
    return json.dumps({"archspec": 1, "name": "Net", "input": size, "stages": stages, **more})


def named(layer: Any, number: str) -> Any:
    """A layer whose branches have names of their own in their stage."""
    if not isinstance(layer, dict) or "branches" not in layer:
        return layer
    branches = {
        f"{name}{number}": [named(each, f"{number}_{i}") for i, each in enumerate(layers)]
        for name, layers in layer["branches"].items()
    }
    return {**layer, "branches": branches}


def windows(kind: str) -> st.SearchStrategy[Any]:
    def build(kernel: int, stride: int, padding: Any, dilation: int, ceil: bool) -> Any:
        given = {"kernel": kernel, "stride": stride, "padding": padding}
        if kind == "avg_pool":
            return {kind: {**given, "ceil": ceil, "count_include_pad": False}}
        given["dilation"] = dilation
        return {kind: {**given, "out": 2} if kind == "conv" else {**given, "ceil": ceil}}

    pads = st.one_of(
        st.integers(0, 3),
        st.tuples(st.integers(0, 3), st.integers(0, 3)).map(lambda pair: [list(pair)]),
        st.sampled_from(["same_upper", "same_lower", "valid", "symmetric"]),
    )
    numbers = (st.integers(1, 5), st.integers(1, 4), pads, st.integers(1, 2), st.booleans())
    return st.builds(build, *numbers)


PLAIN = st.one_of(
    windows("conv"),
    windows("max_pool"),
    windows("avg_pool"),
    st.integers(1, 3).map(lambda scale: {"upsample": scale}),
    st.builds(
        lambda k, s, p: {"conv_transpose": {"out": 2, "kernel": k, "stride": s, "padding": p}},
        st.integers(1, 4),
        st.integers(1, 3),
        st.integers(0, 1),
    ),
    st.builds(lambda a, b: {"zero_pad": [[a, b]]}, st.integers(0, 2), st.integers(0, 2)),
    st.builds(lambda a: {"slice": {"axis": "W", "start": a}}, st.integers(0, 3)),
    st.builds(
        lambda a, b: {"slice": {"axis": "W", "start": a, "stop": a + b}},
        st.integers(0, 3),
        st.integers(1, 4),
    ),
    st.just("relu"),
)
MERGES = st.sampled_from(["concat", {"concat": "W"}, "add", "mul", {"mul": {"broadcast": True}}])


def gate(layers: list[Any]) -> list[Any]:
    return [*layers, {"global_avg_pool": {"keep_axes": True}}]


def branched(inner: st.SearchStrategy[list[Any]]) -> st.SearchStrategy[Any]:
    # The channels of all branches are 2, so that only the sizes can be wrong.
    branch = st.one_of(inner, inner.map(gate))
    ends = [{"conv": {"out": 2, "kernel": 1}}]
    return st.builds(
        lambda a, b, merge: {"branches": {"a": [*a, *ends], "b": [*b, *ends]}, "merge": merge},
        branch,
        branch,
        MERGES,
    )


BODY = st.lists(st.one_of(PLAIN, branched(st.lists(PLAIN, max_size=3))), min_size=1, max_size=5)
HEAD = st.sampled_from(
    [
        [],
        ["global_avg_pool", {"dense": 3}],
        ["flatten", "relu", {"dense": 3}],
        ["flatten"],
        ["flatten", {"channel_shuffle": 2}],
        [{"layer_norm": {"axes": ["C", "W"], "eps": 1e-5}}],
    ]
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(body=BODY, head=HEAD, size=st.integers(4, 40))
def test_every_size_is_as_it_is_when_tried(body: list[Any], head: list[Any], size: int) -> None:
    try:
        model = resolve(loads(net([*body, *head], [2, size])))
    except ArchspecError:
        assume(False)
    try:
        found = min_input(model).axes[0]
    except LongPatternError:
        assume(False)
    for each in range(1, 61):
        fits, works = tried(model, "x", "W", each)
        assert (each in found.fits, each in found.works) == (fits, works), (each, found)
    assert found.works.least == next(n for n in range(1, 99) if n in found.works)
    if found.works.least > 1:
        assert found.least_by is not None
    assert size in found.works


@pytest.mark.parametrize(
    ("name", "values", "sizes"),
    [
        ("lenet", {}, [1, 11, 12, 27, 28, 31, 32, 40]),
        ("alexnet", {}, [62, 63, 222, 223, 254, 255]),
        ("googlenet", {}, [1, 2, 3, 33]),
        ("googlenet_bn", {}, [30, 31, 32, 33, 47]),
        ("googlenet_paper", {"aux_heads": True}, [78, 79, 222, 223, 270, 271]),
        ("resnet18", {}, [1, 2, 31, 33]),
    ],
)
def test_bundled_specs(name: str, values: dict[str, Any], sizes: list[int]) -> None:
    model = resolve(load(ROOT / f"specs/{name}.yaml"), **values)
    for axis in min_input(model).axes:
        for size in sizes:
            fits, works = tried(model, "x", axis.axis, size)
            assert (size in axis.fits, size in axis.works) == (fits, works), (axis.axis, size)


@pytest.mark.parametrize(
    ("name", "least", "works", "layer"),
    [
        ("googlenet", (1, 1, 1), "at least 1", None),
        ("googlenet_bn", (3, 31, 31), "at least 31", "inception4e.max_pool1"),
        ("lenet", (1, 28, 28), "28 to 31", "features.flatten1"),
        ("alexnet", (3, 223, 223), "223 to 254", "features.flatten1"),
    ],
)
def test_known_answers(name: str, least: Any, works: str, layer: str | None) -> None:
    found = min_input(resolve(load(ROOT / f"specs/{name}.yaml")))
    assert found.least("x") == least
    for axis in found.axes:
        assert str(axis.works) == works
        assert (axis.least_by and axis.least_by.path) == layer


def unet(bottom: list[Any]) -> Any:
    conv = {"conv": {"out": 2, "kernel": 3, "padding": 1}}
    pool = {"max_pool": {"kernel": 2, "stride": 2}}
    stages = {
        "e1": [conv],
        "e2": [pool, conv],
        "e3": [pool, conv],
        "e4": [pool, *bottom],
        "d3": ["upsample: 2", {"concat": None, "from": ["previous", "e3"]}],
        "d2": [{"upsample": 2}, {"concat": None, "from": ["previous", "e2"]}],
        "d1": [{"upsample": 2}, {"concat": None, "from": ["previous", "e1"]}],
    }
    stages["d3"][0] = {"upsample": 2}
    return json.dumps({"archspec": 1, "name": "UNet", "input": [1, 64, 48], "stages": stages})


def test_a_u_shaped_network_needs_multiples() -> None:
    for axis in min_input(resolve(loads(unet([])))).axes:
        assert (str(axis.works), axis.works.least) == ("multiples of 8, at least 8", 8)
        assert axis.least_by and axis.least_by.path == "e4.max_pool1"
        assert axis.pattern_by and axis.pattern_by.path == "d1.concat1"
    bottom = [{"conv": {"out": 2, "kernel": 3}}, {"zero_pad": 1}]
    for axis in min_input(resolve(loads(unet(bottom)))).axes:
        assert str(axis.works) == "multiples of 8, at least 24"
        assert axis.least_by and (axis.least_by.path, axis.least_by.size) == ("e4.conv1", 16)


def test_inputs_of_one_size_vary_together() -> None:
    spec = {
        "archspec": 1,
        "name": "Two",
        "input": {"left": [1, 20], "right": [1, 20], "other": [3, 7]},
        "stages": {
            "a": {"from": "left", "layers": []},
            "s": [{"add": None, "from": ["left", "right"]}, {"conv": {"out": 1, "kernel": 5}}],
            "t": [{"conv": {"out": 1, "kernel": 3}, "from": "other"}],
        },
        "outputs": {"one": "s", "two": "t"},
    }
    del spec["stages"]["a"]
    found = min_input(resolve(loads(json.dumps(spec))))
    assert [(each.inputs, each.works.least) for each in found.axes] == [
        (("left", "right"), 5),
        (("other",), 3),
    ]
    assert found.least("right") == (1, 5)


def test_a_vector_has_no_size_to_choose() -> None:
    found = min_input(resolve(loads(net([{"dense": 3}], [7]))))
    assert (found.axes, found.least("x")) == ((), (7,))


TOKENS: list[list[Any]] = [
    ["to_tokens", {"dense": 3}, {"mean": "T"}],
    ["to_tokens", {"class_token": {"std": 0.02}}, {"select": 0}],
    ["to_tokens", {"select": 5}],
    ["to_tokens", {"class_token": {"std": 0.02}}, {"positions": {"std": 0.02}}, {"select": 0}],
    ["to_tokens", "transpose", {"dense": 3}, "transpose"],
    ["to_tokens", {"attention": {"heads": 1, "causal": True}, "from": ["previous"] * 3}],
    [
        {"max_pool": {"kernel": 2, "stride": 2}},
        "to_tokens",
        {"layer_norm": {"axes": ["C"], "eps": 1e-6}},
    ],
]


@pytest.mark.parametrize("layers", TOKENS)
def test_tokens(layers: list[Any]) -> None:
    model = resolve(loads(net(layers, [2, 6, 5])))
    for axis in min_input(model).axes:
        for size in range(1, 14):
            fits, works = tried(model, "x", axis.axis, size)
            assert (size in axis.fits, size in axis.works) == (fits, works), (axis, size)


def test_huge_strides_are_worked_out_at_once() -> None:
    layers = [{"conv": {"out": 1, "kernel": 1000003, "stride": 1000003}}] * 1
    found = min_input(resolve(loads(net([*layers, {"upsample": 5}], [1, 2_000_000]))))
    assert found.axes[0].works.least == 1000003
    joined = [
        {
            "branches": {
                "a": [{"max_pool": {"kernel": 1009, "stride": 1009}}],
                "b": [{"max_pool": {"kernel": 1013, "stride": 1013}}],
            }
        }
    ]
    found = min_input(resolve(loads(net(joined, [1, 1500]))))
    assert (found.axes[0].works.least, str(found.axes[0].works)[:12]) == (1013, "1013 to 2017")


def test_a_pattern_that_is_too_long_is_said_to_be_so() -> None:
    def there_and_back(stride: int) -> list[Any]:
        return [{"max_pool": {"kernel": stride, "stride": stride}}, {"upsample": stride}]

    sides = {"a": [*there_and_back(997), *there_and_back(89)], "b": there_and_back(83)}
    size = 997 * 89 * 83
    model = resolve(loads(net([{"branches": sides}], [1, size])))
    with pytest.raises(LongPatternError, match="repeat only after"):
        min_input(model)


def test_the_flat_graph_is_enough() -> None:
    model = resolve(load(ROOT / "specs/lenet.yaml"))
    assert input_sizes_of(model.graph) == min_input(model)
    assert json.loads(json.dumps(min_input(model).as_data()))["least"] == {"x": [1, 28, 28]}
