"""The command, and the same from Python."""

from __future__ import annotations

import struct
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

import archspec
from archspec.backends import specs_folder
from archspec.cli.app import main
from archspec.drawing.draw import draw
from archspec.errors import UsageError
from tests.drawing.pictures import bundled

ROOT = Path(__file__).parents[2]
GOOGLENET = str(specs_folder() / "googlenet.yaml")


class Command:
    """``archspec draw`` in this process, in a folder of its own."""

    def __init__(
        self,
        folder: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsysbinary: pytest.CaptureFixture[bytes],
    ) -> None:
        self.folder = folder
        self._monkeypatch = monkeypatch
        self._captured = capsysbinary

    def __call__(self, *arguments: str) -> tuple[int, bytes, str]:
        """The exit status, standard output and standard error."""
        self._monkeypatch.chdir(self.folder)
        self._monkeypatch.setattr(sys, "argv", ["archspec", "draw", *arguments])
        status = 0
        try:
            main()
        except SystemExit as exit_:
            status = int(exit_.code or 0)
        captured = self._captured.readouterr()
        return status, captured.out, captured.err.decode()

    def svg(self, *arguments: str) -> str:
        """What it prints where that must work."""
        status, out, error = self(*arguments, "-o", "-")
        assert (status, error) == (0, "")
        return out.decode()


@pytest.fixture
def command(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsysbinary: pytest.CaptureFixture[bytes],
) -> Command:
    return Command(tmp_path, monkeypatch, capsysbinary)


def texts(svg: str) -> list[str]:
    root = ElementTree.fromstring(svg)
    return [each.text or "" for each in root.iter() if each.tag.endswith("}text")]


def test_the_name_of_the_file_says_the_format(command: Command) -> None:
    for name, start in (("a.svg", "<svg "), ("a.html", "<!DOCTYPE html>"), ("a.mmd", "---\n")):
        assert command(GOOGLENET, "-o", name) == (0, f"wrote {name}\n".encode(), "")
        assert (command.folder / name).read_text("utf-8").startswith(start)


def test_without_a_file_it_is_called_after_the_spec(command: Command) -> None:
    assert command(GOOGLENET, "--depth", "0") == (0, b"wrote googlenet.svg\n", "")
    assert command(GOOGLENET, "--format", "mmd", "-q") == (0, b"", "")
    assert {each.name for each in command.folder.iterdir()} == {"googlenet.svg", "googlenet.mmd"}
    shown = texts((command.folder / "googlenet.svg").read_text("utf-8"))
    assert "b4" in shown and "Inception" not in shown and "832×3×3" in shown


def test_to_the_screen(command: Command) -> None:
    shown = texts(command.svg(GOOGLENET, "--title", "Ünï <code>", "--no-legend"))
    assert shown[0] == "Ünï <code>"
    assert "pooling" not in shown
    assert list(command.folder.iterdir()) == []


def test_a_png_of_too_many_pixels_is_refused(command: Command) -> None:
    status, _, error = command(GOOGLENET, "--title", "W" * 100_000, "-o", "x.png")
    assert status == 2 and "pixels is too large" in error
    assert not (command.folder / "x.png").exists()


def test_png(command: Command) -> None:
    _, data, _ = command(GOOGLENET, "-o", "-", "--format", "png", "--scale", "1")
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    wide, high = struct.unpack(">II", data[16:24])
    svg = ElementTree.fromstring(command.svg(GOOGLENET))
    assert abs(wide - float(svg.attrib["width"])) <= 1
    assert abs(high - float(svg.attrib["height"])) <= 1
    assert command(GOOGLENET, "-o", "a.png", "--scale", "1")[0] == 0
    assert (command.folder / "a.png").read_bytes() == data


def test_a_block_alone_other_sizes_and_parameters(command: Command) -> None:
    shown = texts(command.svg(GOOGLENET, "--block", "Inception"))
    assert shown[0] == "Inception"
    assert {"1×1 conv, 64", "3×3 conv, 128", "5×5 conv, 32", "3×3 max pool", "concat"} <= {*shown}
    assert "192×12×12" in shown and "256×12×12" in shown
    other = texts(command.svg(GOOGLENET, "--input", "1x192x192", "--set", "num_classes=7"))
    assert {"1×192×192", "64×96×96", "dense, 7"} <= {*other}
    one = texts(command.svg(GOOGLENET, "--expand", "b5.inception2"))
    assert (one.count("Inception"), one.count("concat")) == (9, 1)
    every = texts(command.svg(GOOGLENET, "--expand", "Inception"))
    assert every.count("concat") == 9


def test_equal_blocks_are_counted(command: Command) -> None:
    resnet = str(specs_folder() / "resnet18.yaml")
    assert "BasicBlock ×2" in texts(command.svg(resnet))
    assert texts(command.svg(resnet, "--depth", "2")).count("BasicBlock") == 8


CASES = {
    "no format": (["-o", "x.pdf"], 2, "what format is that?"),
    "no extension": (["-o", "picture"], 2, "what format is that?"),
    "two formats": (["-o", "a.svg", "--format", "png"], 2, "the name 'a.svg' says otherwise"),
    "unknown format": (["--format", "gif"], 2, "--format: expected one of svg, png"),
    "unknown direction": (["--direction", "up"], 2, "--direction: expected one of auto"),
    "unknown block": (["--block", "Inceptio"], 2, "did you mean `Inception`?"),
    "a layer": (["--block", "b1.conv1"], 2, "no block or stage `b1.conv1`"),
    "unknown part": (["--expand", "\x1b[31m"], 2, "no block or stage"),
    "negative depth": (["--depth", "-1"], 2, "--depth"),
    "no scale": (["--scale", "nan"], 2, "--scale"),
    "endless scale": (["--scale", "1e9"], 2, "--scale"),
    "wrong input": (["--input", "three"], 2, "--input expects sizes"),
    "unknown parameter": (["--set", "a=1"], 2, "has no parameter `a`"),
    "a folder": (["-o", "/dev/null/\x1b.svg"], 1, "svg"),
}


@pytest.mark.parametrize("name", CASES)
def test_refused(name: str, command: Command) -> None:
    arguments, status, text = CASES[name]
    found, out, error = command(GOOGLENET, *arguments)
    assert (found, out) == (status, b""), error
    assert text in error and "Traceback" not in error and "\x1b" not in error
    assert list(command.folder.iterdir()) == []


@pytest.mark.parametrize(
    ("module", "file"),
    [("resvg_py", "a.png"), ("py_mini_racer", "a.png"), ("py_mini_racer", "a.svg")],
)
def test_what_a_format_needs_is_said(
    module: str, file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(archspec.ArchspecError) as caught:
        draw(bundled("lenet"), tmp_path / file)
    assert "archspec-nn[draw]" in str(caught.value.problems[0].hint)
    assert list(tmp_path.iterdir()) == []


def test_html_and_mermaid_need_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("resvg_py", "py_mini_racer", "font_roboto"):
        monkeypatch.setitem(sys.modules, module, None)
    for file in ("a.html", "a.mmd"):
        draw(bundled("lenet"), tmp_path / file)


def test_from_python(tmp_path: Path) -> None:
    model = archspec.resolve(archspec.load(GOOGLENET))
    archspec.draw(model, tmp_path / "net.svg", depth=2, title="All of it")
    shown = texts((tmp_path / "net.svg").read_text("utf-8"))
    assert shown[0] == "All of it" and shown.count("concat") == 9
    with pytest.raises(UsageError, match="what format"):
        archspec.draw(model, tmp_path / "net.jpeg")


@pytest.mark.parametrize("name", ["googlenet", "inception"])
def test_pictures_of_the_documents_are_current(name: str, command: Command) -> None:
    """``make docs`` draws them."""
    block = ["--block", "Inception"] if name == "inception" else []
    current = (ROOT / "docs" / f"{name}.svg").read_text("utf-8")
    assert command.svg(GOOGLENET, *block) == current, "make docs"
