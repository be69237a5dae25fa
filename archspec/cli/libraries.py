"""``archspec list --blocks``: libraries of blocks that come with archspec."""

from __future__ import annotations

import json
import sys
import textwrap
from pathlib import Path
from typing import Any

from archspec.backends import specs_folder
from archspec.cli.columns import room
from archspec.cli.screen import styled
from archspec.cli.values import value_text
from archspec.schema import loads
from archspec.schema.spec import Block

# Where nothing limits it, a line is as wide; and no narrower than this.
_WIDTH = 100
_NARROW = 24

# A network that does nothing: libraries are read as for every other one. What their blocks leave to
# the spec is stated, and they may use each other's.
_NETWORK = """\
archspec: 1
name: Library
import: [{names}]
input: [1]
defaults: {{batch_norm: {{eps: 1e-5, decay: 0.9}}, layer_norm: {{eps: 1e-5}}}}
stages: {{body: [identity]}}
"""


def list_blocks(as_json: bool) -> None:
    """Show each library and the blocks that it brings along."""
    folder = specs_folder()
    names = [f"blocks/{path.stem}" for path in sorted((folder / "blocks").glob("*.yaml"))]
    spec = loads(_NETWORK.format(names=", ".join(names)), "library.yaml", folder)
    found: dict[str, list[Block]] = {name: [] for name in names}
    for block in spec.blocks.values():
        found[f"blocks/{Path(block.where.file).stem}"].append(block)
    if as_json:
        print(json.dumps([_library(name, blocks) for name, blocks in found.items()], indent=2))
        return
    width = max(min(room(sys.stdout) or _WIDTH, _WIDTH), _NARROW)
    for name, blocks in found.items():
        print(styled(f"import: {name}", "bold", sys.stdout))
        for block in blocks:
            for text, indent in ((_call(block), "  "), (block.doc, "      ")):
                lines = textwrap.wrap(text, width - len(indent), break_long_words=False)
                print(textwrap.indent("\n".join(lines), indent))


def _library(name: str, blocks: list[Block]) -> dict[str, Any]:
    return {
        "name": name,
        "blocks": [
            {
                "name": each.name,
                "doc": each.doc,
                "inputs": list(each.inputs),
                "params": [
                    {"name": one.name, "required": one.required}
                    | ({} if one.required else {"default": one.default})
                    for one in each.parameters.values()
                ],
            }
            for each in blocks
        ],
    }


def _call(block: Block) -> str:
    """A block and its parameters: ``BasicBlock(out, stride=1)``."""
    parameters = (
        each.name if each.required else f"{each.name}={value_text(each.default)}"
        for each in block.parameters.values()
    )
    return f"{block.name}({', '.join(parameters)})"
