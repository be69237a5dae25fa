"""Names and texts with which generated code was once wrong, or not code at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from archspec import ArchspecError, BackendError, generate, loads, resolve
from archspec.generation import write_atomically

HEAD = "archspec: 1\nname: Net\ninput: [4, 8, 8]\n"


def _code(text: str, backend: str) -> str:
    return generate(resolve(loads(text)), backend)


def test_a_layer_called_like_a_part_of_another_is_refused() -> None:
    text = HEAD + (
        "blocks:\n  B:\n    layers:\n"
        "      - conv: {out: 4, kernel: 2, padding: same_upper}\n        as: a\n"
        "      - conv: {out: 4, kernel: 1}\n        as: a_pad\nstages: {s: [B]}\n"
    )
    with pytest.raises(BackendError, match="a_pad"):
        _code(text, "torch")


def test_a_loop_does_not_overwrite_a_branch() -> None:
    text = HEAD + (
        "blocks: {B: {branches: {i: [{conv: {out: 4, kernel: 1}}],"
        " j: [{conv: {out: 4, kernel: 1}, repeat: 2}]}, merge: mul}}\nstages: {s: [B]}\n"
    )
    code = _code(text, "flax")
    assert "for i in range(2):" in code
    assert "        i = " not in code


def test_two_inputs_keep_their_names_apart() -> None:
    text = (
        "archspec: 1\nname: Net\ninput: {a: [4, 8, 8], x: [4, 8, 8]}\n"
        "stages: {s: [{add: {}, from: [a, x]}]}\n"
    )
    for backend in ("torch", "flax"):
        compile(_code(text, backend), "net.py", "exec")


def test_variables_make_way_for_what_code_uses() -> None:
    code = _code(HEAD + "stages: {max: [relu], tail: [{add: {}, from: [max, max]}]}\n", "flax")
    assert "        max = " not in code


def test_private_characters_of_a_text_are_dropped() -> None:
    code = _code(HEAD + 'doc: "a \ue002 b \ue0000\ue001"\nstages: {s: [relu]}\n', "torch")
    assert "\ue002" not in code
    assert "\ue000" not in code


def test_only_ordinary_files_are_written(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(ArchspecError, match="no ordinary file"):
        write_atomically(pipe, "text")
    assert pipe.is_fifo()
    target, link = tmp_path / "target.py", tmp_path / "link.py"
    target.write_text("old", "utf-8")
    link.symlink_to(target)
    assert write_atomically(link, "new")
    assert link.is_symlink()
    assert target.read_text("utf-8") == "new"


@pytest.mark.parametrize(
    "layers",
    [
        "{conv: {out: out, kernel: 3, stride: 2, padding: same_upper}, repeat: 2, index: padding}",
        "{conv: {out: out * (padding + 1), kernel: 1}, repeat: 2, index: padding},"
        " {conv: {out: out, kernel: 3, stride: 2, padding: same_upper}}",
    ],
)
def test_what_follows_from_the_input_is_not_called_like_a_loops_index(layers: str) -> None:
    text = (
        f"archspec: 1\nname: Net\ninput: [3, 11, 14]\nblocks:\n  Loop: {{params: {{out: int}},"
        f" layers: [{layers}]}}\n"
        "stages: {s: [{Loop: 4}, {upsample: [3, 5]}, {Loop: 5}, global_avg_pool]}\n"
    )
    loop = next(each for each in resolve(loads(text)).modules if each.name == "Loop")
    names = [each.name for each in loop.parameters]
    assert "padding" not in names and any(name.endswith("_padding") for name in names)
    compile(_code(text, "torch"), "net.py", "exec")
