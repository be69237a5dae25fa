"""Names that would stand for two things in the code of one class."""

from __future__ import annotations

from collections.abc import Collection

from archspec.errors import BackendError
from archspec.model.module import Module
from archspec.render.environment import Templates
from archspec.render.statements import Member


def refuse_indices(module: Module, reserved: Collection[str]) -> None:
    """Refuse a loop's index that is called as something the code uses.

    Raises:
        BackendError: located at the layer.
    """
    for step in module.steps():
        if step.repeat is not None and step.repeat.index in reserved:
            raise BackendError(
                f"the index `{step.repeat.index}` is a name that generated code uses itself",
                step.where,
                step.key,
                "another `index`, such as `i`",
            )


def refuse_namesakes(templates: Templates, members: tuple[Member, ...]) -> None:
    """Refuse a layer that is called as a part of another one is (``conv1_pad``).

    Raises:
        BackendError: located at the layer.
    """
    taken: dict[str, str] = {}
    for member in members:
        refuse_namesakes(templates, member.members)
        step = member.step
        endings = [""]
        if step is not None and step.operator is not None:
            endings = [ending for ending, _ in templates.layer(step)]
        for ending in endings:
            name = f"{member.name}{ending}"
            if name in taken:
                raise BackendError(
                    f"`{member.name}` and `{taken[name]}` would both make a `{name}`"
                    f" in {templates.backend.title}",
                    step.where if step else None,
                    hint="give one of them another name with `as`",
                )
            taken[name] = member.name
