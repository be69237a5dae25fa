"""Facts about the repository's own files."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

from archspec.backends import built_in

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
LONGEST = 300
# Files that may be longer, each with its reason.
LONG: dict[str, str] = {}


def test_the_version_is_the_same_everywhere() -> None:
    version = PROJECT["version"]
    assert metadata.version("archspec-nn") == version
    changes = re.findall(r"^## \[?([^\]\s]+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.M)
    assert version in changes[:2], "the CHANGELOG's newest entry is another version"


def test_no_file_is_too_long() -> None:
    folders = (ROOT / "archspec", ROOT / "backends")
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    source = [path for path in files if path.suffix in (".py", ".jinja", ".toml")]
    lengths = {str(path.relative_to(ROOT)): len(path.read_bytes().splitlines()) for path in source}
    too_long = {name: length for name, length in lengths.items() if length > LONGEST}
    assert set(too_long) == set(LONG), too_long


def _pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pins = dict(line.split("==") for line in lines if line and not line.startswith("#"))
    return {_normal(name): version for name, version in pins.items()}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_dependency_is_pinned_to_what_is_tested() -> None:
    several = [PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()]
    names = {_normal(re.split(r"[<>=~! ]", each)[0]) for group in several for each in group}
    # Tested with TensorFlow's build for CPUs, which has a name of its own.
    names = {"tensorflow-cpu" if each == "tensorflow" else each for each in names}
    assert names <= set(_pins())


def test_ruff_the_formatter_is_pinned_alike() -> None:
    assert f"ruff=={_pins()['ruff']}" in PROJECT["dependencies"]


@pytest.mark.parametrize("backend", built_in(), ids=lambda backend: backend.name)
def test_the_extras_are_what_the_manifests_need(backend: object) -> None:
    manifest = backend.manifest  # type: ignore[attr-defined]
    if manifest.environment or manifest.interpreter:
        assert manifest.name not in PROJECT["optional-dependencies"]
        return
    extra = PROJECT["optional-dependencies"][manifest.name]
    needed = {f"{name.split('|')[0]}>={least}" for name, least in manifest.packages.items()}
    assert set(extra) == needed


def test_the_licence_is_whole() -> None:
    text = (ROOT / "LICENSE").read_text("utf-8")
    assert "Apache License" in text and "END OF TERMS AND CONDITIONS" in text
    assert PROJECT["license"] == "Apache-2.0"
