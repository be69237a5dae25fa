"""What ``--help`` says in a terminal of the usual width."""

from __future__ import annotations

from typer.main import get_command
from typer.testing import CliRunner

from archspec.cli.app import app


def test_the_list_of_commands_cuts_no_sentence_short() -> None:
    shown = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "80"})
    assert shown.exit_code == 0
    commands = shown.output.partition("Commands:\n")[2].splitlines()
    assert len(commands) == len(get_command(app).commands)  # type: ignore[attr-defined]
    assert [line for line in commands if not line.endswith(".") or line.endswith("...")] == []
