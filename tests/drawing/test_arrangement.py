"""How the parts of a picture stand to each other."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archspec.drawing.build import picture_of
from archspec.drawing.folding import folded
from archspec.drawing.picture import Box, Frame, Part, Picture, boxes
from archspec.drawing.rows import is_tabular
from archspec.drawing.scene import Rect, Scene
from tests.drawing.pictures import (
    box,
    bundled,
    carried,
    check,
    example,
    network,
    picture_with,
    scene_of,
    wanted,
)


def drawn(picture: Picture, across: bool = False) -> dict[str, Rect]:
    """The places of boxes and frames, after what must hold of any picture."""
    scene = scene_of(picture, across)
    check(scene)
    assert carried(scene) == wanted(folded(picture).parts)
    places = {each.path: place for each, place in scene.boxes}
    return places | {each.path: place for each, place in scene.frames}


def middle(place: Rect) -> float:
    return round(place.x + place.width / 2, 2)


def bends(scene: Scene, value: str) -> int:
    """How many lines of a value go sideways."""
    return sum(line.value == value and line.start[0] != line.end[0] for line in scene.lines)


def in_one_column(*places: Rect) -> bool:
    below = all(a.bottom < b.y for a, b in pairwise(places))
    return below and max(map(middle, places)) - min(map(middle, places)) < 0.5


def in_order(*places: Rect) -> bool:
    return all(a.right < b.x for a, b in pairwise(places))


def test_a_sequence_is_a_column() -> None:
    places = drawn(picture_with([box("a", []), box("b", ["a"]), box("c", ["b"])]))
    assert in_one_column(places["a"], places["b"], places["c"])


def test_branches_stand_side_by_side_and_their_fork_and_junction_in_the_middle() -> None:
    parts = [box("a", []), box("b", ["a"]), box("c", ["a"]), box("d", ["c"]), box("e", ["b", "d"])]
    places = drawn(picture_with(parts))
    assert in_order(places["b"], places["c"])
    assert in_one_column(places["a"], places["e"]) and in_one_column(places["c"], places["d"])
    assert middle(places["a"]) == (middle(places["b"]) + middle(places["c"])) / 2


def test_branches_stand_in_the_order_in_which_they_are_joined() -> None:
    parts = [box("a", []), box("b", ["a"]), box("c", ["a"]), box("d", ["c"]), box("e", ["d", "b"])]
    places = drawn(picture_with(parts))
    assert in_order(places["c"], places["b"])


def test_what_a_shortcut_passes_stays_straight() -> None:
    parts = [box("a", []), box("b", ["a"]), box("c", ["b"]), box("d", ["a", "c"])]
    scene = scene_of(picture_with(parts))
    places = drawn(picture_with(parts))
    assert in_one_column(*(places[each] for each in "abcd"))
    # Out of the way, past all that it passes, and back.
    assert (bends(scene, "a"), bends(scene, "b"), bends(scene, "c")) == (2, 0, 0)


def test_branches_in_branches() -> None:
    parts = [
        box("a", []),
        box("b", ["a"]),
        box("c", ["b"]),
        box("d", ["b"]),
        box("e", ["c", "d"]),
        box("f", ["a"]),
        box("g", ["e", "f"]),
    ]
    places = drawn(picture_with(parts))
    assert in_order(places["c"], places["d"])
    assert middle(places["d"]) < middle(places["f"]) and places["b"].right < places["f"].x


def test_values_that_cross_keep_apart() -> None:
    parts = [
        box("a", []),
        box("b", ["a"]),
        box("c", ["a"]),
        box("d", ["b", "c"]),
        box("e", ["c", "b"]),
        box("f", ["d", "e"]),
    ]
    drawn(picture_with(parts))


def test_another_output_stands_to_the_right() -> None:
    end = Box("end", "output", "end", (), ("c",), None)
    aux = Box("aux end", "output", "aux", (), ("aux",), None)
    parts = [box("a", []), box("aux", ["a"]), aux, box("b", ["a"]), box("c", ["b"]), end]
    places = drawn(picture_with(parts))
    assert in_one_column(*(places[each] for each in ("a", "b", "c", "end")))
    assert in_order(places["b"], places["aux"])


def test_inception_is_four_columns_and_their_concatenation() -> None:
    picture = picture_of(bundled("googlenet"), block="Inception")
    places = drawn(picture)
    at = {path.removeprefix("b3.inception1."): place for path, place in places.items()}
    first = [at[f"b{i}.{layer}"] for i, layer in ((1, "conv1"), (2, "conv1"), (3, "conv1"))]
    assert in_order(*first, at["b4.max_pool1"])
    assert len({place.y for place in first}) == 1
    for i, one, other in ((2, "conv1", "conv2"), (3, "conv1", "conv2"), (4, "max_pool1", "conv1")):
        assert in_one_column(at[f"b{i}.{one}"], at[f"b{i}.{other}"])
    whole = in_one_column(
        at["in b2.max_pool1"], at["concat1"], at["out output b3.inception1.concat1"]
    )
    assert whole and in_order(first[1], first[2])
    assert middle(first[1]) < middle(at["concat1"]) < middle(first[2])


@pytest.mark.parametrize("depth", [1, 2])
@pytest.mark.parametrize("name", ["googlenet", "inception_v4", "resnet50", "densenet121"])
def test_the_trunk_is_straight(name: str, depth: int) -> None:
    """What every path runs through stands below each other, in and out of frames."""
    picture = folded(picture_of(bundled(name), depth))
    places = drawn(picture)
    stages = [part for part in picture.parts if isinstance(part, Frame)]
    trunk = [part for stage in stages for part in stage.parts if isinstance(part, Box)]
    assert len(trunk) >= 4
    if name != "densenet121" or depth == 1:
        assert in_one_column(*(places[part.path] for part in trunk))


@pytest.mark.parametrize("name", ["googlenet", "mobilenet_v3_large", "lenet"])
def test_rows_begin_and_end_below_each_other(name: str) -> None:
    picture = folded(picture_of(bundled(name)))
    places = drawn(picture, across=True)
    stages = [places[part.path] for part in picture.parts if isinstance(part, Frame)]
    assert len({round(place.x, 2) for place in stages}) == 1
    assert len({round(place.right, 2) for place in stages}) == 1
    for one, other in pairwise(stages):
        assert one.bottom < other.y
    firsts = [places[part.parts[0].path] for part in picture.parts if isinstance(part, Frame)]
    assert len({round(place.x, 1) for place in firsts}) == 1


def test_auxiliary_heads_stand_beside_the_trunk() -> None:
    picture = folded(picture_of(bundled("googlenet_paper", aux_heads=True)))
    assert is_tabular(picture.parts)
    for across in (False, True):
        places = drawn(picture, across)
        assert in_order(places["inception4d"], places["aux1"])
        assert in_order(places["inception4e"], places["aux2"])
    assert places["conv1"].x == places["head"].x and places["conv1"].right == places["head"].right


def test_rows_are_for_plain_stages_that_nothing_passes() -> None:
    def tabular(name: str, depth: int = 1) -> bool:
        return is_tabular(folded(picture_of(bundled(name), depth)).parts)

    assert tabular("googlenet") and tabular("resnet50")
    assert not tabular("googlenet", 2) and not tabular("googlenet", 0) and not tabular("unet")


def test_what_unet_keeps_passes_by_what_is_below_it() -> None:
    picture = picture_of(example("unet"))
    places = drawn(picture)
    stages = [part for part in picture.parts if isinstance(part, Frame)]
    for one, other in pairwise(stages):
        assert places[one.path].bottom < places[other.path].y
    drawn(picture, across=True)


def test_equal_blocks_are_one_box_only_where_the_same_is_in_them() -> None:
    def said(name: str) -> list[tuple[str, int]]:
        parts = folded(picture_of(bundled(name))).parts
        return [(each.title, each.times) for each in boxes(parts) if each.kind == "block"]

    # The first of a stage has a projection, whether or not its call says so.
    assert said("resnet50")[:4] == [
        ("Bottleneck", 1),
        ("Bottleneck", 2),
        ("Bottleneck", 1),
        ("Bottleneck", 3),
    ]
    # Channels grow from one to the next, and nothing else.
    assert said("densenet121")[:2] == [("DenseLayer", 6), ("Transition", 1)]


def test_what_is_said_of_several_is_true_of_all() -> None:
    model = bundled("densenet121")
    block = next(
        each for each in boxes(folded(picture_of(model)).parts) if each.title == "DenseLayer"
    )
    nodes = [each for each in model.graph.nodes if f".{each.path}".startswith(".block1.dense")]
    facts = dict(block.facts)
    counted = sum(t.elements for each in nodes for t in each.tensors if t.trainable)
    assert facts["parameters"] == f"{counted:,}"
    assert facts["multiply-adds"] == f"{sum(each.multiply_adds for each in nodes):,}"
    assert facts["output"] == "256×56×56"
    assert facts["path"] != facts["last"]
    assert facts["last"].endswith("5")


def test_two_values_between_the_same_frames() -> None:
    model = network(
        "stages:\n"
        "  a:\n"
        "    - conv: {out: 4, kernel: 1}\n"
        "      as: one\n"
        "    - conv: {out: 4, kernel: 1}\n"
        "      as: two\n"
        "  b:\n"
        "    - relu\n"
        "    - add:\n"
        "      from: [previous, a.one]\n"
    )
    drawn(picture_of(model))
    drawn(picture_of(model), across=True)


@st.composite
def graphs(draw: st.DrawFn) -> list[Part]:
    """Random networks: each box takes some of what was made before; some stand in frames."""
    count = draw(st.integers(1, 12))
    parts: list[Part] = [box("in", [])]
    values = ["in"]
    for i in range(count):
        takes = draw(st.lists(st.sampled_from(values), min_size=1, max_size=3, unique=True))
        parts.append(box(f"n{i}", takes))
        values.append(f"n{i}")
    start = draw(st.integers(1, len(parts)))
    end = draw(st.integers(start, len(parts)))
    inner = parts[start:end]
    if not inner:
        return parts
    made = {each.path for each in inner}
    outer = [value for part in inner for value in part.takes if value not in made]
    used = {value for part in parts[end:] for value in part.takes}
    results = [path for path in values if path in made & used]
    frame = Frame(
        "frame",
        "frame",
        (),
        draw(st.booleans()),
        tuple(inner),
        tuple(dict.fromkeys(outer)),
        tuple(results),
        folded=False,
    )
    return [*parts[:start], frame, *parts[end:]]


@settings(max_examples=60, deadline=None)
@given(graphs(), st.booleans())
def test_any_network_has_every_link_and_nothing_stands_in_the_way(
    parts: list[Part], across: bool
) -> None:
    drawn(picture_with(parts), across)


@pytest.mark.parametrize("across", [False, True])
def test_a_long_row_is_broken_into_lines(across: bool) -> None:
    layers = "".join(f"    - conv: {{out: {i}, kernel: 1}}\n" for i in range(1, 21))
    picture = picture_of(network(f"stages:\n  body:\n{layers}"))
    places = drawn(picture, across)
    lines = {round(places[each.path].y) for each in boxes(picture.parts[1:2])}
    assert len(lines) == (3 if across else 20)
