"""Every folder under ``cases``: an input, and the value or the problems it gives.

``input.yaml`` stands beside ``expected.json`` (its plain value) or ``errors.txt`` (each problem
with its hint). Both of PyYAML's parsers must agree.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from archspec.errors import SpecError
from archspec.reading import plain, read_file, yaml_reader

CASES = sorted(path for path in (Path(__file__).parent / "cases").iterdir() if path.is_dir())


def outcome(case: Path) -> tuple[str, str]:
    """The name of the file that should hold the outcome, and what it should hold."""
    try:
        node = read_file(case / "input.yaml", shown_as="input.yaml")
    except SpecError as error:
        lines = [f"{each}\n    hint: {each.hint}\n" for each in error.problems]
        return "errors.txt", "".join(lines)
    return "expected.json", json.dumps(plain(node), ensure_ascii=False, indent=1) + "\n"


@pytest.mark.parametrize("parser", ["libyaml", "python"])
@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_case(case: Path, parser: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if parser == "python":
        monkeypatch.setattr(yaml_reader, "_PARSER", yaml.SafeLoader)
    elif not yaml.__with_libyaml__:
        pytest.skip("PyYAML was built without libyaml")
    name, text = outcome(case)
    assert sorted(path.name for path in case.iterdir()) == sorted(["input.yaml", name])
    assert text == (case / name).read_text(encoding="utf-8")
