"""Carries out the blocks of a page, one after the other, in one folder, as a reader would."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from archspec.reading import read_yaml
from tests.docs.blocks import Block
from tests.docs.excerpts import ROOT

# What differs between machines and runs: digits, and how wide a column they make.
_NUMBER = re.compile(r"[-+]?\d[\d,.]*(?:e[-+]?\d+)?")


class Session:
    """A folder in which a page is carried out.

    Args:
        folder: an empty folder.
        checkout: whether the page changes archspec itself; the folder is then a copy of it.
    """

    def __init__(self, folder: Path, checkout: bool) -> None:
        self.folder = folder
        self.printed = ""
        copied = ("archspec", "backends", "specs", "pyproject.toml") if checkout else ("specs",)
        for name in copied:
            source, target = ROOT / name, folder / name
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, target)
        commands = folder / ".bin"
        commands.mkdir()
        for name, program in (("archspec", "-m archspec"), ("python", "")):
            script = commands / name
            script.write_text(f'#!/bin/sh\nexec "{sys.executable}" {program} "$@"\n')
            script.chmod(0o755)
        home = folder if checkout else ROOT
        self.environment = os.environ | {
            "PYTHONPATH": str(home),
            "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}",
            "NO_COLOR": "1",
            "COLUMNS": "80",
        }

    def carry_out(self, block: Block) -> None:
        """Do what a block says, and check what it shows."""
        if "file" in block.notes:
            path = self.folder / block.notes["file"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, "utf-8")
        {
            "yaml": self._yaml,
            "python": self._python,
            "console": self._console,
            "text": self._text,
            "diff": self._diff,
        }.get(block.language, lambda _: None)(block)

    def _yaml(self, block: Block) -> None:
        if not re.search(r"^archspec: 1$", block.text, re.M):
            read_yaml(block.text, "page.yaml")
        elif re.search(r"^(stages|extends):", block.text, re.M) and "error" not in block.notes:
            # Without a name it stands beside the specs that come along, which it may extend.
            name = block.notes.get("file", "specs/page.yaml")
            (self.folder / name).write_text(block.text, "utf-8")
            self._run(["archspec", "validate", name])

    def _python(self, block: Block) -> None:
        if "file" not in block.notes:
            self.printed = self._run([sys.executable, "-c", block.text])

    def _text(self, block: Block) -> None:
        """What the block before has printed."""
        assert self.printed == block.text, self.printed

    def _console(self, block: Block) -> None:
        parts = re.split(r"^\$ ", block.text, flags=re.M)[1:]
        for number, part in enumerate(parts, 1):
            command, _, expected = part.partition("\n")
            while command.endswith("\\"):
                line, _, expected = expected.partition("\n")
                command = command[:-1] + line.strip()
            printed = self._run(
                ["bash", "-c", command], fails="error" in block.notes and number == len(parts)
            )
            if expected.strip():
                _compare(printed, expected, exactly=not block.needs)

    def _diff(self, block: Block) -> None:
        """Apply a change: each hunk is looked for by its text, line numbers are not needed."""
        path = None
        for hunk in re.split(r"^(?=--- )|^@@.*\n", block.text, flags=re.M):
            if hunk.startswith("--- "):
                path = self.folder / hunk.splitlines()[1].removeprefix("+++ b/")
            elif hunk.strip():
                assert path is not None, "a hunk without a file"
                lines = [line or " " for line in hunk.splitlines()]
                old = "\n".join(line[1:] for line in lines if line[0] in " -")
                new = "\n".join(line[1:] for line in lines if line[0] in " +")
                text = path.read_text("utf-8")
                assert text.count(old) == 1, f"{path.name} has not exactly one place like:\n{old}"
                path.write_text(text.replace(old, new), "utf-8")

    def _run(self, command: list[str], fails: bool = False) -> str:
        command = [shutil.which(command[0], path=self.environment["PATH"]) or "", *command[1:]]
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            timeout=600,
            check=False,
        )
        assert bool(done.returncode) is fails, f"{command[-1]}\n{done.stdout}"
        return done.stdout


def _compare(printed: str, expected: str, exactly: bool) -> None:
    """Compare what was printed with what is shown; a line ``...`` stands for any lines.

    Args:
        printed, expected: texts.
        exactly: numbers too; else they and the width of columns may differ.
    """
    pattern = ""
    if not exactly:
        printed, expected = (_NUMBER.sub("0", re.sub(r" +", " ", t)) for t in (printed, expected))
    for line in expected.rstrip("\n").splitlines():
        pattern += r"(?:.*\n)*" if line.strip() == "..." else re.escape(line.rstrip()) + r"[ ]*\n"
    assert re.fullmatch(pattern, printed), f"shown:\n{expected}\nprinted:\n{printed}"
