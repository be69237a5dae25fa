"""The picture of a comparison: the same each time, its labels apart, its file as asked."""

from __future__ import annotations

import sys
from itertools import combinations
from pathlib import Path

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from archspec.analysis.labels import place_labels
from archspec.analysis.scatter import Point, check_plot, scatter
from archspec.cli import main
from archspec.errors import ArchspecError, UsageError

CLOSE = [
    Point(f"Network{place}", 10**6 + 20_000 * place, 10**9 + 10**7 * place, 10**6 * (place + 1))
    for place in range(7)
]
STARTS = {"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF"}


@pytest.mark.parametrize("suffix", STARTS)
def test_a_picture_is_the_same_each_time(suffix: str) -> None:
    first = scatter(CLOSE, suffix, "a note")
    assert first.startswith(STARTS[suffix])
    assert first == scatter(CLOSE, suffix, "a note")


@pytest.mark.parametrize(
    "points",
    [
        [Point("Alone", 5, 7, 3)],
        [Point("Nothing", 0, 0, 0)],
        [Point("Nothing", 0, 0, 0), Point("Something", 10**9, 10**12, 10**9)],
        [Point("Small", 1, 1, 1), Point("Large", 10**15, 10**18, 10**12)],
        [Point("Twin", 10, 10, 10), Point("Twin", 10, 10, 10)],
        [Point("$x_1$ $", 10, 10, 10), Point("<b>&", 30, 10, 10)],
    ],
    ids=lambda points: points[0].label,
)
def test_odd_figures_can_be_drawn(points: list[Point]) -> None:
    assert scatter(points, "svg", "").startswith(b"<?xml")


def test_labels_lie_apart_and_inside() -> None:
    figure = Figure(figsize=(6, 4), dpi=100, layout="constrained")
    axes = figure.add_subplot()
    anchors = [(place / 40, place / 40) for place in range(1, 9)]
    place_labels(axes, anchors, [6.0] * 8, [f"SomeNetwork{place}" for place in range(8)])
    renderer = FigureCanvasAgg(figure).get_renderer()
    boxes = [text.get_window_extent(renderer) for text in axes.texts]
    assert len(boxes) == 8
    for one, other in combinations(boxes, 2):
        assert not one.overlaps(other)
    frame = axes.get_window_extent()
    for box in boxes:
        assert frame.x0 <= box.x0 and box.x1 <= frame.x1
        assert frame.y0 <= box.y0 and box.y1 <= frame.y1
        for anchor in anchors:
            assert not box.contains(*axes.transData.transform(anchor))


@pytest.mark.parametrize("path", ["picture", "picture.gif", "svg", ".", "a.svg.zip", ""])
def test_other_files_are_refused(path: str) -> None:
    with pytest.raises(UsageError, match=r"\.svg, \.png, \.pdf"):
        check_plot(path)


def test_without_matplotlib_it_says_what_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archspec.analysis.scatter.find_spec", lambda name: None)
    with pytest.raises(ArchspecError) as caught:
        check_plot("x.svg")
    assert caught.value.problems[0].hint == 'pip install "archspec-nn[plot]"'


def test_the_command_draws_what_could_be_worked_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / "made/of.SVG"
    words = ["archspec", "compare", "lenet", "nothing", "--json", "--plot", str(picture)]
    monkeypatch.setattr(sys, "argv", words)
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 1
    assert picture.read_bytes().startswith(b"<?xml")
    printed = capsys.readouterr()
    assert printed.out.startswith("[")
    assert "wrote" in printed.err
