"""The reference is current, and its examples are specs."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from archspec.backends import specs_folder
from archspec.operators import OPERATORS
from archspec.reading import plain, read_yaml
from archspec.resolution import resolve
from archspec.schema import load
from archspec.schema.reference import reference

DOCUMENT = Path(__file__).parents[2] / "docs" / "language.md"
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```", reference(), re.S | re.M)
UNIT = """
  ConvUnit:
    params: {out: int, kernel: {type: int, default: 1}}
    layers: [{conv: {out: out, kernel: kernel, padding: symmetric}}]
"""


def test_document_is_current() -> None:
    if not DOCUMENT.exists():
        pytest.skip("there is no docs/ here")
    text = DOCUMENT.read_text("utf-8")
    assert text == reference(), "write it anew: `make docs`"


def test_every_operator_and_argument_is_described() -> None:
    text = reference()
    for name, operator in OPERATORS.items():
        section = text.partition(f"### `{name}`\n")[2].partition("\n### ")[0]
        for argument in operator.arguments():
            assert f"| `{argument}` |" in section, (name, argument)
        assert operator.onnx in section.replace("\n", " "), name


def test_tables_are_tables() -> None:
    for line in reference().splitlines():
        if line.startswith("|"):
            assert len(re.findall(r"(?<!\\)\|", line)) in (3, 4), line


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda text: text.split("\n")[1].strip()[:30])
def test_examples_load(example: str, tmp_path: Path) -> None:
    shutil.copytree(specs_folder(), tmp_path, dirs_exist_ok=True)
    path = tmp_path / "spec.yaml"
    path.write_text(completed(example), "utf-8")
    resolve(load(path))


def completed(example: str) -> str:
    """A whole spec around a part of one."""
    found: dict[str, Any] = plain(read_yaml(example, "example.yaml"))
    if "stages" in found:
        return example
    if "archspec" in found:
        return f"{example}name: Around\ninput: [4, 8, 8]\nstages: {{body: []}}\n".replace(
            "doc: Blocks that several networks use.\n", ""
        )
    layers = re.search(r"^layers:\n((?: .*\n)+)", example, re.M)
    if layers:
        example = example.replace(layers[0], "")
    lines = ["archspec: 1", "name: Around", "input: [4, 8, 8]", example]
    if "blocks" not in found:
        lines.append(f"blocks:{UNIT}")
        if layers:
            body = layers[1].replace("\n", "\n    ")
            lines.append(f"  Body:\n    layers:\n    {body}")
    lines += ["stages:", "  body:", "    - Body" if layers else "    - relu"]
    lines += ["  head:", "    - global_avg_pool", "    - dense: 10"]
    return "\n".join(lines) + "\n"
