"""Weights of another author's network, brought in by rules."""

from __future__ import annotations

import os
from pathlib import Path

from archspec.errors import WeightsError
from archspec.resolution import Model
from archspec.weights.checkpoints import require_script
from archspec.weights.convert import Conversion, write_form
from archspec.weights.files import SUFFIX
from archspec.weights.foreign import read_checkpoint
from archspec.weights.forms import ending_hint, find_form
from archspec.weights.layout import to_backend
from archspec.weights.mapping import apply
from archspec.weights.proposal import Proposal, propose
from archspec.weights.rules import Rules
from archspec.weights.rules_reading import read_rules
from archspec.weights.storage import place, require_target


def import_weights(
    model: Model,
    checkpoint: str | Path,
    rules: str | Path | Rules,
    target: str | Path,
    form: str = "safetensors",
) -> Conversion:
    """Write the weights of a foreign checkpoint as those of a network.

    Each tensor of the network comes from exactly one place of the checkpoint, each tensor of
    which is used or ignored by a rule. Upon an error nothing is written.

    Args:
        model: the network.
        checkpoint: the file; see :func:`archspec.weights.foreign.read_checkpoint`.
        rules: a file of rules, or what it says.
        target: the file to write.
        form: in which form, as for :func:`archspec.weights.convert.convert`.

    Raises:
        SpecError: with every mistake in the rules.
        WeightsError: if a file cannot be read or written, or with everything that does not fit.
        BackendError: if a framework is needed and missing.
        UsageError: if there is no such form.
    """
    found_form, source, path = find_form(form), Path(checkpoint), Path(target)
    real = require_target(path, found_form.suffixes, ending_hint(found_form, path.suffix))
    if real.exists() and source.exists() and os.path.samefile(source, real):
        raise WeightsError("source and target are the same file", path=str(path))
    if found_form.backend and path.suffix.lower() != SUFFIX:
        require_script(found_form.backend)
    if not isinstance(rules, Rules):
        rules = read_rules(rules)
    contents = read_checkpoint(source)
    mapped = apply(model.graph, rules, contents.tensors, str(source))
    tensors = to_backend(model.graph, found_form.backend, mapped.tensors, str(source))
    place(real, lambda draft: write_form(found_form, draft, tensors, model))
    notes = [
        f"line {each.where.line} of {rules.file}: no tensor is called"
        f" `{(each.targets if each.kind == 'join' else each.sources)[0].text}`"
        for each in mapped.unused
    ]
    return Conversion(
        len(mapped.tensors),
        model.graph.parameters,
        found_form.name,
        path,
        (*contents.notes, *notes),
    )


def propose_rules(model: Model, checkpoint: str | Path) -> Proposal:
    """Work out rules for a foreign checkpoint.

    Args:
        model: the network.
        checkpoint: the file; see :func:`archspec.weights.foreign.read_checkpoint`.

    Raises:
        WeightsError: if the file cannot be read, or holds no tensors.
        BackendError: if a framework is needed and missing.
    """
    contents = read_checkpoint(checkpoint)
    if not contents.tensors:
        raise WeightsError("it holds no tensors", path=str(checkpoint))
    return propose(model.graph, contents.tensors, contents.ordered)
