"""Every folder under ``cases``: a command, what it reads, and what it prints.

``command`` is a line for the shell's eyes, with ``COLUMNS`` before it if that matters;
``expected.txt`` has what stands on standard output and, under a line that says how it exits, on
standard error. After a change that is meant, ``UPDATE_CASES=1 pytest tests/analysis`` writes it
anew: read the difference.
"""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

import pytest

from archspec.cli import main
from archspec.cli.screen import excerpt_lines

CASES = sorted(path for path in (Path(__file__).parent / "cases").iterdir() if path.is_dir())


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_case(
    case: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(case)
    monkeypatch.delenv("COLUMNS", raising=False)
    excerpt_lines.cache_clear()
    text = outcome(shlex.split((case / "command").read_text("utf-8")), monkeypatch, capsys)
    file = case / "expected.txt"
    if os.environ.get("UPDATE_CASES"):
        file.write_text(text, "utf-8")
    assert file.is_file(), text
    assert text == file.read_text("utf-8")
    assert case.name.startswith("error") == ("exit 2" in text or text.startswith("exit "))


def outcome(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> str:
    """What a command prints, and how it exits unless with 0."""
    while "=" in words[0]:
        monkeypatch.setenv(*words.pop(0).split("="))
    monkeypatch.setattr(sys, "argv", words)
    code: object = 0
    try:
        main()
    except SystemExit as stop:
        code = stop.code or 0
    printed = capsys.readouterr()
    assert "Traceback" not in printed.err + printed.out
    if not code:
        assert not printed.err
        return printed.out
    return f"{printed.out}exit {code}\n{printed.err}"
