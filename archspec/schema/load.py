"""From a file to a checked :class:`Spec`."""

from __future__ import annotations

import re
from pathlib import Path

from archspec.names import begin_suggestions, snake
from archspec.reading import Mapping, Node, read_file, read_yaml
from archspec.schema.blocks import check_cycles, read_blocks
from archspec.schema.defaults import read_defaults
from archspec.schema.documents import SpecDocument
from archspec.schema.files import Files
from archspec.schema.initialization import DEFAULT, Initialization
from archspec.schema.merging import merge_files
from archspec.schema.names import check_name, is_word
from archspec.schema.network import check_arguments, read_inputs, read_outputs, read_stages
from archspec.schema.parameters import kinds_of, read_parameters
from archspec.schema.report import Report
from archspec.schema.scope import Scope
from archspec.schema.spec import Spec


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
    begin_suggestions()
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
    for name, each in parameters.items():
        if each.required:
            hint = "such as `num_classes: 10`; the command line sets others with `--set`"
            report.add("a network's parameter needs a default", each.where, f"params.{name}", hint)
    defaults = read_defaults(report, node.get("defaults"))
    blocks, signatures = read_blocks(report, node.get("blocks"), defaults)
    scope = Scope(report, kinds_of(parameters), signatures, defaults)
    stages = read_stages(scope, node.get("stages"))
    outputs = read_outputs(scope, node.get("outputs"), stages)
    inputs = read_inputs(scope, node.get("input"))
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
    check_arguments(scope, node, document.arguments)
    return Spec(
        file=shown,
        stem=_stem(path, document.name),
        name=document.name,
        doc=document.doc.strip(),
        cite=(document.cite,) if isinstance(document.cite, str) else tuple(document.cite),
        parameters=parameters,
        arguments=tuple(document.arguments),
        inputs=inputs,
        blocks=blocks,
        stages=stages,
        outputs=outputs,
        init=document.init.over(Initialization.model_validate(DEFAULT)),
        where=node.where,
        sources=sources,
    )


def _stem(path: Path, name: str) -> str:
    """The name of generated files: the spec's own, where every language can import that."""
    stem = re.sub(r"[^A-Za-z0-9_]", "_", path.stem)
    if is_word(stem):
        return stem
    return snake(name) if is_word(snake(name)) else f"{snake(name)}_net"
