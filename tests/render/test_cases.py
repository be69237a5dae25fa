"""Every case folder holds a spec and the code that must come out of it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from archspec.backends import built_in
from archspec.render import render
from archspec.resolution import resolve
from archspec.schema import load

CASES = sorted(path.parent for path in Path(__file__).parent.glob("cases/*/spec.yaml"))
# What the type checker knows of the frameworks, kept from one run to the next.
CACHE = Path(__file__).parents[2] / ".mypy_cache"
SPECS = sorted((Path(__file__).parents[2] / "specs").glob("*.yaml"))
BACKENDS = {each.name: each for each in built_in()}
PYTHON = [name for name, each in BACKENDS.items() if each.manifest.language == "python"]
# What the frameworks' own types force: calling a module gives Any in both, and Flax's pooling
# functions carry no types.
MYPY_FLAGS = {
    "torch": ["--no-warn-return-any"],
    "flax": ["--no-warn-return-any", "--allow-untyped-calls"],
}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_code_is_as_recorded(case: Path, backend: str, update_goldens: bool) -> None:
    manifest = BACKENDS[backend].manifest
    # Where the file is made of a text, the text is what can be read and compared.
    golden = case / f"{backend}.{'txt' if manifest.assemble else manifest.extension}"
    text = render(resolve(load(case / "spec.yaml")), backend).text
    if update_goldens:
        golden.write_text(text, "utf-8")
    assert text == golden.read_text("utf-8"), f"make goldens, if {golden} is to change"


@pytest.mark.parametrize("backend", PYTHON)
def test_code_passes_the_linter(backend: str) -> None:
    files = [str(case / f"{backend}.py") for case in CASES]
    for command in (["check", "--select", "E4,E7,E9,F,I,B,UP"], ["format", "--check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--isolated", *files],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", [*CASES, *SPECS], ids=lambda path: path.stem)
@pytest.mark.parametrize("backend", BACKENDS)
def test_every_layer_stands_on_lines_that_name_it(path: Path, backend: str) -> None:
    model = resolve(load(path / "spec.yaml" if path.is_dir() else path))
    rendered = render(model, backend)
    lines = rendered.text.splitlines()
    # Written out, an identity is no line at all.
    nodes = [node for node in model.graph.nodes if node.operator.name() != "identity"]
    wanted = {(node.module, node.key) for node in nodes}
    assert wanted <= {(span.module, span.key) for span in rendered.spans}
    for span in rendered.spans:
        assert 1 <= span.first <= span.last <= len(lines)
        text = "\n".join(lines[span.first - 1 : span.last])
        if re.search(r"(^|\.)conv\d+$", span.key):
            assert "onv" in text, (span, text)


@pytest.mark.parametrize("backend", BACKENDS)
def test_rendering_twice_gives_the_same_bytes(backend: str) -> None:
    model = resolve(load(SPECS[0]))
    assert render(model, backend).text == render(model, backend).text


@pytest.mark.parity
@pytest.mark.parametrize("backend", MYPY_FLAGS)
def test_code_passes_the_type_checker(
    backend: str, require_backend: object, tmp_path: Path
) -> None:
    assert callable(require_backend)
    require_backend(backend)
    files = []
    for case in CASES:
        file = tmp_path / f"{case.name}.py"
        file.write_bytes((case / f"{backend}.py").read_bytes())
        files.append(str(file))
    done = subprocess.run(
        [
            *(sys.executable, "-m", "mypy", "--strict", f"--cache-dir={CACHE / backend}"),
            *(*MYPY_FLAGS[backend], *files),
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stdout + done.stderr
