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


def refuse_parameters(module: Module, reserved: Collection[str]) -> None:
    """Refuse a parameter that would hide a function which the code calls.

    Raises:
        BackendError: located at the class.
    """
    for parameter in module.parameters:
        if parameter.name in reserved:
            raise BackendError(
                f"the parameter `{parameter.name}` is called as something the code uses itself",
                module.where,
                module.name,
                f"another name, such as `{parameter.name}_value`",
            )


def refuse_parts(templates: Templates, module: Module) -> None:
    """Refuse a layer that is called as a part of another one is, where each part has a name.

    Raises:
        BackendError: located at the layer.
    """
    joint = templates.manifest.inside
    for step in module.steps():
        owner = templates.parts.get(step.key.replace(".", joint))
        if owner is not None and owner != step.key:
            raise BackendError(
                f"`{step.key}` and a part of `{owner}` would have one name"
                f" in {templates.backend.title}",
                step.where,
                hint="give one of them another name with `as`",
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
