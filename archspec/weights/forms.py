"""The forms in which weights come: the canonical one, and one for each backend."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from archspec.backends import Backend, built_in, find_backend
from archspec.errors import UsageError
from archspec.names import nearest
from archspec.weights.files import SUFFIX

CANONICAL = "safetensors"


@dataclass(frozen=True)
class Form:
    """A way of naming, laying out and storing weights; without a backend, the canonical one."""

    backend: Backend | None

    @property
    def name(self) -> str:
        """What ``--from`` and ``--to`` call it."""
        return self.backend.name if self.backend else CANONICAL

    @property
    def suffixes(self) -> tuple[str, ...]:
        """The endings of its files."""
        return (SUFFIX, *(self.backend.manifest.checkpoints if self.backend else ()))


def find_form(name: str) -> Form:
    """A form by name: ``safetensors``, a backend, or the path of a backend's folder.

    Raises:
        UsageError: if there is none of that name.
        BackendError: if a backend's manifest is wrong.
    """
    if name == CANONICAL:
        return Form(None)
    names = [CANONICAL, *(backend.name for backend in built_in())]
    if not name or (name not in names and not Path(name).is_dir()):
        near = nearest(name, names)
        hint = f"did you mean `{near}`?" if near else f"known: {', '.join(names)}"
        raise UsageError(f"unknown form {name!r}", hint=hint)
    return Form(find_backend(name))


def ending_hint(form: Form, suffix: str) -> str:
    """What to say of a file of a form whose ending belongs to others."""
    forms = [each.name for each in map(Form, built_in()) if suffix.lower() in each.suffixes]
    theirs = f"; those of {' and '.join(f'`{each}`' for each in forms)} may be `{suffix}`"
    return f"these are the files of the form `{form.name}`{theirs if forms else ''}"
