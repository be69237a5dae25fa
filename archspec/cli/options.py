"""What several commands have in common: finding a spec, and setting its parameters."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archspec.errors import SpecError, UsageError

if TYPE_CHECKING:
    from archspec.resolution import Flat, Model
    from archspec.schema import Spec

SET_HELP = "Set a parameter of the network: NAME=VALUE. May be repeated."
DTYPE_HELP = "float16, bfloat16, float32 or float64."
INPUT_HELP = "Another size of an input, channels first, such as 3x128x128. Repeatable."
SPEC_HELP = "A spec, or the name of a bundled one (see `archspec list`)."

BACKEND_HELP = "A backend's name or folder, or `all`. Repeatable."
ALL = "all"


def expand(backends: list[str] | None) -> list[str] | None:
    """The backends named on the command line; None, for those that are there, for none."""
    if not backends:
        return None
    if ALL not in backends:
        return backends
    from archspec.backends import built_in

    every = [each.name for each in built_in()]
    return [*every, *(each for each in backends if each not in (*every, ALL))]


def find_spec(path: str) -> str:
    """The path of a spec: as given, or that of the bundled spec of this name.

    Raises:
        SpecError: for a name that is neither, with the one that was meant.
    """
    if not _exists(path) and Path(path).name == path:
        from archspec.backends import specs_folder

        bundled = specs_folder() / (path if path.endswith(".yaml") else f"{path}.yaml")
        if bundled.is_file():
            here = Path.cwd()
            return str(bundled.relative_to(here) if bundled.is_relative_to(here) else bundled)
        if path.isprintable() and not path.endswith((".yaml", ".yml")):
            problem = f"cannot read {path}: there is no such file"
            raise SpecError(problem, hint=_meant(path, specs_folder()))
    return path


def _meant(name: str, folder: Path) -> str:
    """The spec that a name without an ending most likely means: one here, or a bundled one."""
    from archspec.names import nearest

    here = next((each for each in (f"{name}.yaml", f"{name}.yml") if Path(each).is_file()), None)
    near = here or nearest(name.lower(), [each.stem for each in folder.glob("*.yaml")])
    return f"did you mean `{near}`?" if near else "`archspec list` shows the names of bundled specs"


def _exists(path: str) -> bool:
    try:
        return Path(path).exists()
    except (OSError, ValueError):
        # Too long for a path, or none at all: reading it says so.
        return True


def parse_settings(spec: Spec, settings: list[str]) -> dict[str, Any]:
    """The values that ``--set NAME=VALUE`` options give to parameters.

    Raises:
        UsageError: for one that is not of this form, unknown, or of the wrong kind.
    """
    from archspec.names import did_you_mean
    from archspec.resolution import parse_value

    values: dict[str, Any] = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        name = name.strip()
        if not equals or not name:
            raise UsageError(f"--set expects NAME=VALUE, received {setting!r}")
        if name not in spec.parameters:
            hint = did_you_mean(name, spec.parameters) or f"`{spec.name}` has no parameters"
            raise UsageError(f"--set: `{spec.name}` has no parameter `{name}`", hint=hint)
        if name in values:
            raise UsageError(f"--set: `{name}` is set twice")
        values[name] = parse_value(spec.parameters[name], text.strip())
    return values


def parse_inputs(spec: Spec, texts: list[str]) -> dict[str, tuple[int, ...]]:
    """The sizes that ``--input CxHxW`` or ``--input NAME=CxHxW`` options give to inputs.

    Raises:
        UsageError: for one that is not of this form, or of an input that there is not.
    """
    names = [each.name for each in spec.inputs]
    sizes: dict[str, tuple[int, ...]] = {}
    for text in texts:
        name, given = parse_sizes(text)
        if not name:
            if len(names) > 1:
                listed = ", ".join(names)
                hint = f"such as --input {names[0]}={text[:20]}"
                problem = f"--input: `{spec.name}` has several inputs, {listed}: name one"
                raise UsageError(problem, hint=hint)
            name = names[0]
        if name in sizes:
            raise UsageError(f"--input: `{name}` is given twice")
        sizes[name] = given
    return sizes


def parse_sizes(text: str) -> tuple[str, tuple[int, ...]]:
    """The name, which may be empty, and the sizes in ``NAME=CxHxW``.

    Raises:
        UsageError: if a text is not of this form.
    """
    name, _, rest = text.rpartition("=")
    if not re.fullmatch(r"[0-9]{1,10}(x[0-9]{1,10})*", rest.strip()):
        hint = "channels come first, and the batch is left out, as in 3x224x224"
        raise UsageError(f"--input expects sizes, received {text[:80]!r}", hint=hint)
    return name.strip(), tuple(map(int, rest.strip().split("x")))


def load_model(path: str, settings: list[str]) -> Model:
    """Read and resolve a spec with parameters set on the command line."""
    from archspec.resolution import resolve
    from archspec.schema import load

    spec = load(find_spec(path))
    return resolve(spec, **parse_settings(spec, settings))


def load_flat(path: str, settings: list[str], inputs: list[str]) -> Flat:
    """Read a spec and work out its flat view, parameters and inputs set on the command line."""
    from archspec.resolution import resolve_flat
    from archspec.schema import load

    spec = load(find_spec(path))
    return resolve_flat(spec, parse_inputs(spec, inputs), **parse_settings(spec, settings))
