"""The JSON Schema agrees with what archspec accepts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from archspec.backends import specs_folder
from archspec.reading import plain, read_file, read_yaml
from archspec.schema.json_schema import spec_schema

jsonschema = pytest.importorskip("jsonschema")

CASES = Path(__file__).parent / "cases"
VALID = sorted(specs_folder().rglob("*.yaml"))  # libraries of blocks, too
VALID += sorted(
    path
    for case in CASES.iterdir()
    if (case / "expected.json").exists()
    for path in case.rglob("*.yaml")
)


@pytest.fixture(scope="module")
def validator() -> Any:
    schema = spec_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("path", VALID, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_valid_specs_fit(validator: Any, path: Path) -> None:
    errors = list(validator.iter_errors(plain(read_file(path))))
    assert not errors, jsonschema.exceptions.best_match(errors).message


@pytest.mark.parametrize(
    "name", ["unknown_names", "wrong_types", "missing_keys", "not_a_mapping", "version",
             "inputs_and_outputs", "parameters", "init", "merge", "names"],
)  # fmt: skip
def test_wrong_specs_do_not_fit(validator: Any, name: str) -> None:
    spec = plain(read_file(CASES / f"error_{name}" / "spec.yaml"))
    assert not validator.is_valid(spec)


@pytest.mark.parametrize(
    "layer",
    [
        "{conv: {out: 3, kernel: 1, kernal: 3}}",
        "{conv: {out: 0, kernel: 1}}",
        "{conv: {out: [3], kernel: 1}}",
        "{conv: {out: 3, kernel: 1}, relu: }",
        "{relu: , Block: 3}",
        "{relu: 3}",
        "{flatten: {positions: 3}}",
        "{relu: , when: 3}",
        "{relu: , from: 3}",
        "{branches: []}",
        "{relu: , merge: add}",
        "{branches: {a: []}, merge: relu}",
        "{conv: {out: 3, kernel: 1}, init: {kernel: xavier}}",
        "{when: true}",
        "3",
        "[relu]",
        "Not a name",
    ],
)
def test_wrong_layers_do_not_fit(validator: Any, layer: str) -> None:
    text = f"{{archspec: 1, name: Net, input: [3, 8, 8], stages: {{a: [{layer}]}}}}"
    assert not validator.is_valid(plain(read_yaml(text, "spec.yaml")))


def test_everything_has_a_description() -> None:
    schema = spec_schema()
    for name, field in schema["properties"].items():
        assert field.get("description"), name
    for name, layer in schema["$defs"]["layer"]["anyOf"][1]["properties"].items():
        assert layer.get("description") or name == "merge", name
