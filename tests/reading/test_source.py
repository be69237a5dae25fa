"""Files and bytes that are no text."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from archspec.errors import Location, Problem, SpecError
from archspec.reading import plain, read_file, read_yaml


def refusal(data: bytes | str) -> Problem:
    with pytest.raises(SpecError) as caught:
        read_yaml(data, "spec.yaml")
    (problem,) = caught.value.problems
    return problem


def file_refusal(path: Path, shown_as: str | None = None) -> Problem:
    with pytest.raises(SpecError) as caught:
        read_file(path, shown_as)
    (problem,) = caught.value.problems
    return problem


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_wide_encodings(encoding: str) -> None:
    problem = refusal("name: x\n".encode(encoding))
    expected = "UTF-32" if encoding == "utf-32" else "UTF-16"
    assert problem.problem == f"the file is encoded in {expected}; expected UTF-8"
    assert problem.hint == "save the file as UTF-8"


@pytest.mark.parametrize(
    ("data", "offset", "line", "column"),
    [
        (b"\xff", 0, 1, 1),
        (b"a: 1\nb: \xc3\xa9\xe9 x", 10, 2, 5),
        (b"a: 1\r\nb: \xc3", 9, 2, 4),
        (b"\xef\xbb\xbfa: \xed\xa0\x80", 6, 1, 4),
    ],
)
def test_bytes_that_are_not_utf8(data: bytes, offset: int, line: int, column: int) -> None:
    problem = refusal(data)
    assert problem.problem == f"the byte 0x{data[offset]:02x} at offset {offset} is not UTF-8"
    assert problem.where == Location("spec.yaml", line, column)


@pytest.mark.parametrize("character", ["\0", "\x07", "\x7f", "\x85", "\u2029", "\ud800", "\uffff"])
def test_characters_that_are_refused(character: str) -> None:
    problem = refusal(f"a: 1\nb: é{character}")
    assert problem.problem == f"the character U+{ord(character):04X} is not allowed here"
    assert problem.where == Location("spec.yaml", 2, 5)
    assert problem.hint


def test_text_and_bytes_read_the_same() -> None:
    text = "\ufeffname: é\n"
    assert read_yaml(text, "x") == read_yaml(text.encode(), "x")


def test_a_file_is_shown_as_the_user_named_it(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_bytes(b"a: 1\n")
    assert read_file(path).where == Location(str(path), 1, 1)
    node = read_file(path, shown_as="examples/net.yaml")
    assert node.where == Location("examples/net.yaml", 1, 1)
    assert plain(node) == {"a": 1}


def test_a_missing_file_names_its_neighbours(tmp_path: Path) -> None:
    for name in ("googlenet.yaml", "resnet.yaml"):
        (tmp_path / name).touch()
    problem = file_refusal(tmp_path / "googlnet.yaml", "googlnet.yaml")
    assert str(problem) == "cannot read googlnet.yaml: there is no such file"
    assert problem.hint == "did you mean 'googlenet.yaml'?"
    assert file_refusal(tmp_path / "zzz").hint is None


def test_a_missing_folder(tmp_path: Path) -> None:
    problem = file_refusal(tmp_path / "nets" / "a.yaml")
    assert "there is no such file" in problem.problem
    assert problem.hint == f"there is no folder {tmp_path / 'nets'} either"


def test_a_folder(tmp_path: Path) -> None:
    assert file_refusal(tmp_path).problem == f"cannot read {tmp_path}: it is a folder"
    (tmp_path / "net.yaml").touch()
    assert file_refusal(tmp_path).hint == "did you mean 'net.yaml' in it?"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "not a regular file" in file_refusal(tmp_path / "pipe").problem


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no such device here")
def test_a_device_is_not_read() -> None:
    assert "not a regular file" in file_refusal(Path("/dev/zero")).problem


def test_an_unreadable_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object) -> int:
        raise PermissionError(13, "Permission denied")

    path = tmp_path / "net.yaml"
    path.touch()
    monkeypatch.setattr(os, "open", refuse)
    assert file_refusal(path, "net.yaml").problem == "cannot read net.yaml: Permission denied"


@pytest.mark.parametrize("name", ["a\0b", "x" * 5000, "loop"])
def test_paths_that_no_system_opens(name: str, tmp_path: Path) -> None:
    if name == "loop":
        (tmp_path / name).symlink_to(name)
    problem = file_refusal(tmp_path / name)
    assert problem.problem.startswith("cannot read ")
    assert problem.problem.isprintable()
