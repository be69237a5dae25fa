"""What is imported when: no framework, ever; and nothing heavy where speed is felt."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SPEC = str(ROOT / "specs" / "googlenet.yaml")
FRAMEWORKS = {
    "torch", "torchvision", "jax", "jaxlib", "flax", "optax", "keras", "tensorflow", "mxnet",
    "onnx", "onnxruntime",
}  # fmt: skip
# Runs the command line with an import hook that refuses some packages, so that an import hidden
# in a `try` would show too; then prints what was imported.
PROGRAM = """
import json, sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in refused:
            raise AssertionError(f"imported {name}")

refused = set(json.loads(sys.argv[1]))
sys.meta_path.insert(0, Refuse())
sys.argv = ["archspec", *sys.argv[2:]]
if sys.argv[1:] == ["import"]:
    import archspec
else:
    from archspec.cli import main
    try:
        main()
    except SystemExit as stopped:
        assert not stopped.code, stopped.code
print("imported:", json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def imported(refused: set[str], *arguments: str) -> set[str]:
    """The packages that a command imports; fails if it tries one of the refused."""
    command = [sys.executable, "-c", PROGRAM, json.dumps(sorted(refused)), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.rpartition("imported:")[2]))


@pytest.mark.parametrize(
    "arguments",
    [
        ("generate", SPEC, "--backend", "torch", "--stdout"),
        ("generate", SPEC, "--backend", "flax", "--stdout"),
        ("validate", SPEC),
        ("list",),
        ("backends",),
    ],
    ids=lambda arguments: " ".join(Path(each).name for each in arguments),
)
def test_what_needs_no_framework_imports_none_and_no_numpy(arguments: tuple[str, ...]) -> None:
    imported(FRAMEWORKS | {"numpy", "safetensors"}, *arguments)


def test_the_json_schema_needs_no_framework_and_no_numpy() -> None:
    imported(FRAMEWORKS | {"numpy", "safetensors"}, "schema")


def test_the_hook_refuses() -> None:
    with pytest.raises(AssertionError, match="imported pydantic"):
        imported({"pydantic"}, "validate", SPEC)


HEAVY = {"pydantic", "jinja2", "numpy", "yaml", "safetensors", "rich"}


def test_importing_the_package_imports_no_dependency() -> None:
    assert not imported(set(), "import") & (HEAVY | {"typer", "click"} | FRAMEWORKS)


@pytest.mark.parametrize("arguments", [("--help",), ("--version",)])
def test_help_imports_nothing_heavy(arguments: tuple[str, ...]) -> None:
    imported(HEAVY | FRAMEWORKS, *arguments)


def _imports(path: Path) -> set[str]:
    """The first parts of everything that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {each.name.partition(".")[0] for each in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add((node.module or "").partition(".")[0])
    return found


def test_no_framework_is_imported_in_the_package() -> None:
    files = sorted((ROOT / "archspec").rglob("*.py"))
    assert len(files) > 50
    assert not {str(path): names for path in files if (names := _imports(path) & FRAMEWORKS)}


def test_generated_code_imports_only_its_framework() -> None:
    allowed = {
        "torch": {"torch"},
        "flax": {"flax", "jax"},
        "nnx": {"flax", "jax"},
        "keras": {"keras"},
        "mxnet": {"mxnet"},
    }
    files = sorted((ROOT / "generated").rglob("*.py"))
    assert len(files) >= 12
    for path in files:
        foreign = _imports(path) - allowed[path.parent.name] - set(sys.stdlib_module_names)
        assert not foreign, (path, foreign)


def test_the_runners_need_nothing_of_archspec_but_its_runner() -> None:
    files = [*ROOT.glob("backends/*/*.py"), *ROOT.glob("archspec/runner/archspec_runner/*.py")]
    assert len(files) >= 4
    assert not {str(path) for path in files if "archspec" in _imports(path)}
