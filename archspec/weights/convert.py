"""Weights from one framework to another, or to and from the canonical form."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from archspec.backends import built_in
from archspec.errors import ArchspecError, Problem, WeightsError
from archspec.model.graph import Graph
from archspec.resolution import Model
from archspec.weights.checkpoints import read_checkpoint, require_script, write_checkpoint
from archspec.weights.files import SUFFIX, Array, Contents, read_safetensors, write_safetensors
from archspec.weights.forms import Form, ending_hint, find_form
from archspec.weights.layout import from_backend, to_backend
from archspec.weights.naming import backend_tensors
from archspec.weights.storage import place, require_file, require_target


@dataclass(frozen=True, slots=True)
class Conversion:
    """What was written.

    Args:
        tensors: how many tensors of the network, running statistics counted.
        parameters: how many trained numbers.
        form: the form of the file.
        path: the file.
        notes: what the reader should know, a sentence each.
    """

    tensors: int
    parameters: int
    form: str
    path: Path
    notes: tuple[str, ...]


def convert(
    model: Model,
    source_form: str,
    source_path: str | Path,
    target_form: str,
    target_path: str | Path,
) -> Conversion:
    """Read weights of a network in one form and write them in another.

    Every number and its type stay what they are (bfloat16 becomes float32). A form is
    ``safetensors`` (canonical names and layouts), or a backend's name; a file that ends in
    ``.safetensors`` needs no framework. Upon an error nothing is written.

    Args:
        model: the network.
        source_form, target_form: the form to read and the one to write.
        source_path, target_path: the files.

    Raises:
        WeightsError: if a file cannot be read or written, or its tensors do not fit the network;
            each missing, unexpected, misshapen or non-finite one is named.
        BackendError: if a framework is needed and missing, or two names would collide in it.
        UsageError: if there is no such form.
    """
    source, target = find_form(source_form), find_form(target_form)
    source_path, target_path = Path(source_path), Path(target_path)
    real_target = _check_files(source, source_path, target, target_path)
    contents = _read(source, source_path, model)
    _check_stated_form(model.graph, source, source_path, contents)
    try:
        canonical = from_backend(model.graph, source.backend, contents.tensors, str(source_path))
    except WeightsError as error:
        raise _with_likely_form(error, model.graph, source, contents.tensors) from None
    tensors = to_backend(model.graph, target.backend, canonical, str(source_path))
    place(real_target, lambda draft: write_form(target, draft, tensors, model))
    return Conversion(
        len(canonical), model.graph.parameters, target.name, target_path, contents.notes
    )


def _check_files(source: Form, source_path: Path, target: Form, target_path: Path) -> Path:
    """Everything that can be known before a large file is read; the place to write to."""
    if source_path.suffix.lower() not in source.suffixes:
        problem = f"expected the ending {' or '.join(source.suffixes)}"
        hint = ending_hint(source, source_path.suffix)
        raise WeightsError(
            f"{problem}, received `{source_path.suffix}`", path=str(source_path), hint=hint
        )
    require_file(source_path)
    hint = ending_hint(target, target_path.suffix)
    real = require_target(target_path, target.suffixes, hint)
    if real.exists() and os.path.samefile(source_path, real):
        raise WeightsError("source and target are the same file", path=str(target_path))
    for form, path in ((source, source_path), (target, target_path)):
        if form.backend and path.suffix.lower() != SUFFIX:
            require_script(form.backend)
    return real


def _read(form: Form, path: Path, model: Model) -> Contents:
    if form.backend is None or path.suffix.lower() == SUFFIX:
        return read_safetensors(path)
    return read_checkpoint(form.backend, path, model)


def write_form(form: Form, path: Path, tensors: Mapping[str, Array], model: Model) -> None:
    """Write tensors that have a form's names and layouts as a file of that form."""
    if form.backend is None or path.suffix.lower() == SUFFIX:
        write_safetensors(path, tensors, form=form.name, spec=model.spec.name)
    else:
        write_checkpoint(form.backend, path, tensors, model)


def _known_forms() -> list[Form]:
    return [Form(None), *(Form(backend) for backend in built_in())]


def _check_stated_form(graph: Graph, given: Form, path: Path, contents: Contents) -> None:
    """Refuse a file that says it has another form, unless the two forms are the same thing.

    Layouts can differ where names and shapes do not, so the shapes alone would not tell.
    """
    stated = next((form for form in _known_forms() if form.name == contents.form), None)
    if stated is None or stated.name == given.name:
        return
    if backend_tensors(graph, stated.backend) != backend_tensors(graph, given.backend):
        raise WeightsError(
            f"the file says that it holds the form `{stated.name}`, not `{given.name}`",
            path=str(path),
            hint=f"use `--from {stated.name}`",
        )


def _with_likely_form(
    error: WeightsError, graph: Graph, given: Form, tensors: Mapping[str, Array]
) -> WeightsError:
    """The error, with a hint where the file fits another form."""
    for form in _known_forms():
        if form.name == given.name:
            continue
        try:
            from_backend(graph, form.backend, tensors)
        except ArchspecError:
            continue
        first, *others = error.problems
        hint = f"the file fits the form `{form.name}`: use `--from {form.name}`"
        return WeightsError([Problem(first.problem, first.where, first.path, hint), *others])
    return error
