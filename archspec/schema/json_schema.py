"""A JSON Schema of spec files, with which editors complete and check them.

It is made from the same models that read a spec, so that it cannot say anything else. It refuses
nothing that archspec accepts; what takes more than the one file (names of blocks, kinds of
parameters, shapes) is left to archspec.
"""

from __future__ import annotations

import inspect
from typing import Any

from pydantic import BaseModel

from archspec.operators import OPERATORS, Operator
from archspec.schema.documents import (
    BlockDocument,
    BranchDocument,
    LayerOptions,
    OutputDocument,
    ParameterDocument,
    SpecDocument,
    StageDocument,
)
from archspec.schema.initialization import Initialization
from archspec.schema.kinds import SHORT_KINDS
from archspec.schema.layers import MERGES

Schema = dict[str, Any]

ADDRESS = "https://json-schema.org/draft/2020-12/schema"
_NULL: Schema = {"type": "null"}
_CLASS = "^[A-Z][A-Za-z0-9_]*$"
_NAME = "^[a-z][a-z0-9_]*$"
_CONDITION: Schema = {"type": ["boolean", "string"]}


def spec_schema() -> Schema:
    """The JSON Schema (2020-12) of a network, a variant or a library of blocks."""
    spec = _object(SpecDocument)
    # What must be there depends on the kind of file, below.
    spec.pop("required")
    fields = spec["properties"]
    fields["params"] = _named("parameter", fields["params"], _NAME)
    fields["blocks"] = _named("block", fields["blocks"], _CLASS)
    fields["stages"] = _named("stage", fields["stages"], _NAME)
    fields["outputs"] = _named("output", fields["outputs"], _NAME)
    fields["defaults"] = _defaults(fields["defaults"])
    fields["init"] = {"$ref": "#/$defs/init", "description": fields["init"]["description"]}
    return {
        "$schema": ADDRESS,
        "title": "archspec",
        **spec,
        "anyOf": [
            {"required": ["extends"]},
            {"required": ["archspec", "name", "input", "stages"]},
            {"required": ["archspec", "blocks"], "not": {"required": ["stages"]}},
        ],
        "$defs": _definitions(),
    }


def _definitions() -> Schema:
    layers: Schema = {"type": "array", "items": {"$ref": "#/$defs/layer"}}
    block, branch, stage = _object(BlockDocument), _object(BranchDocument), _object(StageDocument)
    output, parameter = _object(OutputDocument), _object(ParameterDocument)
    for each in (block, branch, stage, output):
        each["properties"]["layers"] |= {"$ref": "#/$defs/layers"}
    for each in (branch, output):
        each["properties"]["when"] |= _CONDITION
    inner = block["properties"]
    inner["params"] = _named("parameter", inner["params"], _NAME)
    inner["branches"] = _named("branch", inner["branches"], _NAME)
    inner["merge"] = {"$ref": "#/$defs/merge", "description": inner["merge"]["description"]}
    kinds = f"^({'|'.join(SHORT_KINDS)})\\??$"
    return {
        "layers": layers,
        "layer": _layer(),
        "merge": {
            "anyOf": [
                {"enum": list(MERGES)},
                {
                    "type": "object",
                    "properties": {name: _arguments(OPERATORS[name]) for name in MERGES},
                    "additionalProperties": False,
                    "minProperties": 1,
                    "maxProperties": 1,
                },
            ]
        },
        "block": {"anyOf": [block, _NULL]},
        "branch": {"anyOf": [layers, branch, _NULL]},
        "stage": {"anyOf": [layers, stage, _NULL]},
        "output": {"anyOf": [{"type": "string"}, output, _NULL]},
        "parameter": {
            "anyOf": [
                {"type": "string", "pattern": kinds},
                {"type": ["number", "boolean", "array", "null"]},
                {**parameter, "required": ["type"]},
                {
                    "type": "object",
                    "description": "Named members of a tuple.",
                    "not": {"required": ["type"]},
                    "minProperties": 1,
                },
            ]
        },
        "init": _object(Initialization),
    }


def _layer() -> Schema:
    """A layer: a name, or a mapping from it to its arguments, with options beside it."""
    options = _object(LayerOptions)["properties"]
    options["init"] = {"$ref": "#/$defs/init", "description": options["init"]["description"]}
    options["when"] |= _CONDITION
    options["repeat"] |= {"type": ["integer", "string"]}
    heads = {name: _arguments(operator) for name, operator in OPERATORS.items()}
    heads["branches"] = _named("branch", {"description": "Layers in parallel."}, _NAME)
    heads["share"] = {"type": "string", "description": "A layer to apply again, weights shared."}
    known = [*heads, *options, "merge"]
    by_name: Schema = {
        "description": "A block, or a parameter that holds a block or an activation.",
        "not": {"propertyNames": {"enum": known}},
    }
    names = {"anyOf": [{"enum": list(OPERATORS)}, {"pattern": _CLASS}, {"pattern": _NAME}]}
    mapping = {
        "type": "object",
        "properties": {**heads, **options, "merge": {"$ref": "#/$defs/merge"}},
        "patternProperties": {
            _CLASS: {
                "description": "A block: its arguments in order, or by name.",
                "type": ["array", "object", "integer", "number", "string", "boolean", "null"],
            }
        },
        "additionalProperties": {"type": ["object", "null"]},
        "dependentRequired": {"merge": ["branches"], "index": ["repeat"]},
        "oneOf": [*({"required": [name]} for name in heads), by_name],
    }
    return {"anyOf": [{"type": "string", **names}, mapping]}


def _arguments(operator: type[Operator]) -> Schema:
    """What may follow an operator's name; what it lacks may stand in `defaults`."""
    arguments = _object(operator)
    arguments.pop("required", None)
    arguments["properties"] = {
        name: each for name, each in arguments["properties"].items() if name in operator.arguments()
    }
    accepted = [arguments, _NULL]
    if operator.primary:
        accepted.append(arguments["properties"][operator.primary])
    return {"description": text_of(operator), "anyOf": accepted}


def _defaults(field: Schema) -> Schema:
    properties = {}
    for name, operator in OPERATORS.items():
        properties[name] = {"anyOf": [_arguments(operator)["anyOf"][0], _NULL]}
    return {
        "description": field["description"],
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }


def _named(kind: str, field: Schema, pattern: str) -> Schema:
    """A mapping from names to one kind of thing."""
    return {
        "description": field["description"],
        "type": "object",
        "propertyNames": {"pattern": pattern},
        "additionalProperties": {"$ref": f"#/$defs/{kind}"},
    }


def text_of(model: type[BaseModel]) -> str:
    """A model's docstring, for readers of Markdown."""
    return inspect.cleandoc(model.__doc__ or "").replace("``", "`")


def _object(model: type[BaseModel]) -> Schema:
    """The schema of a model, written out and without the titles that pydantic makes up."""
    schema = model.model_json_schema(by_alias=True)
    definitions = schema.pop("$defs", {})
    schema.pop("title", None)
    schema["description"] = text_of(model)
    cleaned: Schema = _clean(schema, definitions)
    return cleaned


def _clean(value: Any, definitions: Schema) -> Any:
    if isinstance(value, list):
        return [_clean(each, definitions) for each in value]
    if not isinstance(value, dict):
        return value
    if "$ref" in value:
        target = definitions[value["$ref"].rpartition("/")[2]]
        value = {**target, **{k: v for k, v in value.items() if k != "$ref"}}
    # `title` is also the name of an argument, whose schema is a mapping.
    kept = {k: v for k, v in value.items() if not (k == "title" and isinstance(v, str))}
    return {key: _clean(each, definitions) for key, each in kept.items()}
