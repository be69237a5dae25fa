"""From a file to a checked :class:`Spec`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from archspec.errors import Location
from archspec.expressions.types import Bool, Int, Kind
from archspec.names import did_you_mean, snake
from archspec.operators import OPERATORS
from archspec.reading import Mapping, Node, Scalar, Sequence, describe, plain, read_file, read_yaml
from archspec.schema.arguments import read_expression
from archspec.schema.blocks import check_cycles, read_blocks
from archspec.schema.documents import OutputDocument, SpecDocument, StageDocument
from archspec.schema.initialization import DEFAULT, Initialization
from archspec.schema.layers import Scope, read_layers
from archspec.schema.merging import Files, merge_files
from archspec.schema.names import check_name
from archspec.schema.parameters import read_parameters
from archspec.schema.report import Report
from archspec.schema.spec import Input, Output, Parameter, Spec, Stage


def load(path: str | Path) -> Spec:
    """Read and check a spec.

    Args:
        path: a YAML file; files it extends or imports lie in the same folder or below.

    Raises:
        SpecError: with every problem that could be found, each with file, line and column.
    """
    shown, path = str(path), Path(path)
    return _load(read_file(path, shown), path.resolve(), shown)


def loads(text: str, file: str = "spec.yaml", folder: str | Path = ".") -> Spec:
    """Read and check a spec from its text.

    Args:
        text: the YAML.
        file: what messages call it.
        folder: where files it extends or imports are looked for.

    Raises:
        SpecError: with every problem that could be found.
    """
    return _load(read_yaml(text, file), Path(folder).resolve() / Path(file).name, file)


def _load(node: Node, path: Path, shown: str) -> Spec:
    report = Report()
    files = Files(path.parent, {path: shown})
    merged = merge_files(report, files, path, node)
    report.raise_any()
    assert merged is not None
    spec = _read(report, merged, path, shown, tuple(files.shown.values()))
    report.raise_any()
    assert spec is not None
    return spec


def _read(
    report: Report, node: Mapping, path: Path, shown: str, sources: tuple[str, ...]
) -> Spec | None:
    if "blocks" in node and "stages" not in node and "name" not in node:
        report.add(
            "this is a library of blocks, not a network",
            node.where,
            hint="`import` it from a spec that has `name`, `input` and `stages`",
        )
        return None
    document = report.validate(SpecDocument, node, "")
    parameters = read_parameters(report, node.get("params"), "params")
    kinds: dict[str, Kind] = {name: each.kind for name, each in parameters.items()}
    for name, each in parameters.items():
        if each.required:
            hint = "such as `num_classes: 10`; the command line sets others with `--set`"
            report.add("a network's parameter needs a default", each.where, f"params.{name}", hint)
    defaults = _read_defaults(report, node.get("defaults"))
    blocks = read_blocks(report, node.get("blocks"), defaults)
    scope = Scope(report, kinds, blocks, defaults)
    stages = _read_stages(scope, node.get("stages"))
    outputs = _read_outputs(scope, node.get("outputs"), stages)
    inputs = _read_inputs(scope, node.get("input"))
    check_cycles(report, blocks)
    if document is None:
        return None
    at = node.entry("name")
    check_name(report, document.name, "class", at.value.where if at else node.where, "name")
    if document.name in blocks:
        report.add(
            f"the network and a block are both called `{document.name}`",
            blocks[document.name].where,
            f"blocks.{document.name}",
        )
    _check_arguments(report, node, document.arguments, parameters)
    init = document.init.over(Initialization.model_validate(DEFAULT))
    for name in ("kernel", "bias"):
        missing = getattr(init, name).missing
        if missing:
            report.add(f"`{missing}` is missing", node.where, f"init.{name}")
    stem = path.stem.replace("-", "_").replace(".", "_")
    return Spec(
        file=shown,
        stem=stem if stem.isidentifier() else snake(document.name),
        name=document.name,
        doc=document.doc.strip(),
        cite=(document.cite,) if isinstance(document.cite, str) else tuple(document.cite),
        parameters=parameters,
        arguments=tuple(document.arguments),
        inputs=inputs,
        blocks=blocks,
        stages=stages,
        outputs=outputs,
        init=init,
        where=node.where,
        sources=sources,
    )


def _read_defaults(report: Report, node: Node | None) -> dict[str, dict[str, Any]]:
    defaults: dict[str, dict[str, Any]] = {}
    for entry in node if isinstance(node, Mapping) else ():
        path = f"defaults.{entry.key}"
        if entry.key not in OPERATORS:
            hint = did_you_mean(entry.key, OPERATORS)
            report.add(f"unknown operator `{entry.key[:80]}`", entry.key_where, path, hint)
            continue
        fields = OPERATORS[entry.key].model_fields
        for each in entry.value if isinstance(entry.value, Mapping) else ():
            if each.key not in fields:
                hint = did_you_mean(each.key, fields)
                report.add(f"unknown key `{each.key}`", each.key_where, path, hint)
            elif not isinstance(each.value, Scalar) or (
                isinstance(each.value.value, str) and not each.value.quoted and "[" in each.value.text
            ):
                report.add("expected a number or a word", each.value.where, f"{path}.{each.key}")
            else:
                defaults.setdefault(entry.key, {})[each.key] = plain(each.value)
    return defaults


def _read_stages(scope: Scope, node: Node | None) -> tuple[Stage, ...]:
    stages = []
    if isinstance(node, Mapping) and not node.entries:
        scope.report.add("a network needs at least one stage", node.where, "stages")
    for entry in node if isinstance(node, Mapping) else ():
        path = f"stages.{entry.key}"
        check_name(scope.report, entry.key, "layer", entry.key_where, path)
        value: Node | None = entry.value
        if isinstance(value, Mapping):
            if scope.report.validate(StageDocument, value, path) is None:
                continue
            value = value.get("layers")
        stages.append(Stage(entry.key, read_layers(scope, value, path), entry.key_where))
    return tuple(stages)


def _read_outputs(
    scope: Scope, node: Node | None, stages: tuple[Stage, ...]
) -> tuple[Output, ...]:
    report = scope.report
    last = stages[-1].name if stages else ""
    if node is None:
        where = stages[-1].where if stages else Location("", 1, 1)
        return (Output("output", last, (), None, False, where),)
    outputs = []
    taken = {stage.name for stage in stages}
    for entry in node if isinstance(node, Mapping) else ():
        path = f"outputs.{entry.key}"
        check_name(report, entry.key, "layer", entry.key_where, path)
        value = entry.value
        if isinstance(value, Scalar) and isinstance(value.value, str):
            outputs.append(Output(entry.key, value.value, (), None, False, entry.key_where))
            continue
        document = report.validate(OutputDocument, value, path, what="a stage's name or a mapping")
        if document is None or not isinstance(value, Mapping):
            continue
        when_node, when = value.get("when"), None
        if when_node is not None:
            with report.collecting(when_node.where, path):
                when = read_expression(scope, when_node, when_node, f"{path}.when", Bool())
        if document.training and when is None:
            report.add(
                "an output for training only hangs on a parameter",
                entry.key_where,
                path,
                "such as `when: aux_heads`, with `aux_heads` among `arguments`",
            )
        layers = read_layers(scope, value.get("layers"), f"{path}.layers")
        if layers and entry.key in taken:
            report.add(f"a stage is called `{entry.key}` too", entry.key_where, path)
        source = document.from_ or last
        fields = (entry.key, source, layers, when, document.training, entry.key_where)
        outputs.append(Output(*fields, document.doc))
    if isinstance(node, Mapping) and (not outputs or all(each.when for each in outputs)):
        report.add("a network needs an output that is always there", node.where, "outputs")
    return tuple(outputs)


def _read_inputs(scope: Scope, node: Node | None) -> tuple[Input, ...]:
    named: list[tuple[str, Node]] = []
    if isinstance(node, Sequence):
        named = [("x", node)]
    elif isinstance(node, Mapping):
        for entry in node:
            check_name(scope.report, entry.key, "layer", entry.key_where, f"input.{entry.key}")
            named.append((entry.key, entry.value))
    inputs = []
    for name, value in named:
        path = "input" if len(named) == 1 else f"input.{name}"
        if not isinstance(value, Sequence) or not 1 <= len(value) <= 4:
            scope.report.add(
                "expected channels and up to three spatial sizes, received " + describe(value),
                value.where,
                path,
                "such as `[3, 224, 224]`: channels, height, width",
            )
            continue
        sizes = []
        for place, each in enumerate(value):
            with scope.report.collecting(each.where, ""):
                sizes.append(read_expression(scope, each, each, f"{path}[{place}]", Int(1)))
        inputs.append(Input(name, tuple(sizes), value.where))
    return tuple(inputs)


def _check_arguments(
    report: Report, node: Mapping, arguments: list[str], parameters: dict[str, Parameter]
) -> None:
    listed = node.get("arguments")
    for place, name in enumerate(arguments):
        where = listed[place].where if isinstance(listed, Sequence) else node.where
        path = f"arguments[{place}]"
        if name not in parameters:
            hint = did_you_mean(name, parameters)
            report.add(f"there is no parameter `{name}`", where, path, hint)
        elif name in arguments[:place]:
            report.add(f"`{name}` is listed twice", where, path)
