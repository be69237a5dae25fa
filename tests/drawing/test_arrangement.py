"""How the parts of a picture stand to each other."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archspec.drawing.arrange import arranged
from archspec.drawing.build import picture_of
from archspec.drawing.folding import folded
from archspec.drawing.picture import Box, Frame, Part, boxes
from archspec.drawing.place import placed
from tests.drawing.pictures import (
    box,
    bundled,
    carried,
    check_places,
    check_values,
    example,
    network,
    outline,
    wanted,
)


def rows(parts: list[Part]) -> object:
    return outline(arranged(parts, across=False))


def test_a_sequence_is_a_column() -> None:
    assert rows([box("a", []), box("b", ["a"]), box("c", ["b"])]) == ["a", "b", "c"]


def test_branches_stand_side_by_side_in_the_order_in_which_they_are_joined() -> None:
    parts = [
        box("a", []),
        box("b", ["a"]),
        box("c", ["a"]),
        box("d", ["c"]),
        box("e", ["d", "b"]),
    ]
    assert rows(parts) == ["a", (["c", "d"], "b"), "e"]


def test_a_shortcut_is_a_lane_beside_what_it_passes() -> None:
    parts = [box("a", []), box("b", ["a"]), box("c", ["b"]), box("d", ["a", "c"])]
    assert rows(parts) == ["a", (["b", "c"], "|"), "d"]


def test_branches_in_branches() -> None:
    parts = [
        box("a", []),
        box("b", ["a"]),
        box("c", ["b"]),
        box("d", ["b", "c"]),
        box("e", ["a"]),
        box("f", ["d", "e"]),
    ]
    assert rows(parts) == ["a", (["b", ("c", "|"), "d"], "e"), "f"]


def test_what_is_neither_series_nor_parallel_stands_below_each_other_with_lanes() -> None:
    parts = [
        box("a", []),
        box("b", ["a"]),
        box("c", ["a"]),
        box("d", ["b", "c"]),
        box("e", ["c", "b"]),
        box("f", ["d", "e"]),
    ]
    chain = arranged(parts, across=False)
    check_values(placed(chain, dict.fromkeys("abcdef", "4×16×16")))
    assert outline(chain) == ["a", ("b", "|"), ("c", "|"), ("d", "|", "|"), ("e", "|"), "f"]


def test_another_output_stands_to_the_right() -> None:
    end = Box("end", "output", "end", (), ("c",), None)
    aux = Box("aux end", "output", "aux", (), ("aux",), None)
    parts = [box("a", []), box("b", ["a"]), box("c", ["b"]), end, box("aux", ["a"]), aux]
    assert rows(parts) == ["a", (["b", "c", "end"], ["aux", "aux end"])]


def test_inception_is_four_columns_and_their_concatenation() -> None:
    picture = picture_of(bundled("googlenet"), block="Inception")
    place = "b3.inception1."
    assert rows(list(picture.parts)) == [
        "in b2.max_pool1",
        (
            f"{place}b1.conv1",
            [f"{place}b2.conv1", f"{place}b2.conv2"],
            [f"{place}b3.conv1", f"{place}b3.conv2"],
            [f"{place}b4.max_pool1", f"{place}b4.conv1"],
        ),
        f"{place}concat1",
        f"out output {place}concat1",
    ]


def test_a_residual_block_has_a_lane_for_its_identity_and_a_column_for_a_projection() -> None:
    model = bundled("resnet18")
    plain = rows(list(picture_of(model, block="layer1.basic_block1").parts))
    residual = "layer1.basic_block1.residual."
    assert plain[1] == ([f"{residual}conv1", f"{residual}conv2"], "|")
    projected = rows(list(picture_of(model, block="layer2.basic_block1").parts))
    place = "layer2.basic_block1."
    assert projected[1] == (
        [f"{place}residual.conv1", f"{place}residual.conv2"],
        f"{place}shortcut.conv1",
    )


def test_auxiliary_heads_stand_beside_the_trunk() -> None:
    picture = folded(picture_of(bundled("googlenet_paper", aux_heads=True)))
    chain = outline(arranged(picture.parts, across=True))
    trunk, aux1 = chain[-1]
    assert aux1 == [{"aux1": ["aux1.aux_head1"]}, "out aux1 aux1.aux_head1.dense2"]
    assert trunk[0].keys() == {"inception4d"}
    assert trunk[1][1][0].keys() == {"aux2"}


def test_what_unet_keeps_passes_by_what_is_below_it() -> None:
    chain = rows(list(picture_of(example("unet")).parts))
    inner, lane = chain[2]
    assert lane == "|"
    assert [list(each) if isinstance(each, dict) else each[1] for each in inner] == [
        ["down2"],
        "|",
        ["up2"],
    ]
    # Both of what goes into a frame have a port of their own.
    assert inner[2]["up2"][0] == (".", ".")


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
    picture = picture_of(model)
    chain = arranged(picture.parts, across=False)
    assert carried(chain) == wanted(picture.parts)
    check_places(placed(chain, picture.shapes))


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


@settings(max_examples=100, deadline=None)
@given(graphs(), st.booleans())
def test_any_network_has_every_link_and_nothing_stands_in_the_way(
    parts: list[Part], across: bool
) -> None:
    chain = arranged(parts, across)
    assert carried(chain) == wanted(parts)
    values = {"in": "4×16×16"} | {f"n{i}": "4×16×16" for i in range(12)}
    check_places(placed(chain, values))


@pytest.mark.parametrize("across", [False, True])
def test_a_long_row_is_broken_into_lines(across: bool) -> None:
    layers = "".join(f"    - conv: {{out: {i}, kernel: 1}}\n" for i in range(1, 21))
    picture = picture_of(network(f"stages:\n  body:\n{layers}"))
    chain = arranged(picture.parts, across)
    assert carried(chain) == wanted(picture.parts)
    scene = placed(chain, picture.shapes)
    check_places(scene)
    lines = {round(place.y) for _, place in scene.boxes[1:-1]}
    assert len(lines) == (3 if across else 20)
