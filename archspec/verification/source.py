"""The module that a backend runs: the generated one, or a file in its place."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from archspec.backends import Backend
from archspec.errors import BackendError, UsageError
from archspec.render import render
from archspec.render.source_map import Rendered, Span
from archspec.resolution import Model
from archspec.verification.alignment import Alignment


@dataclass(frozen=True)
class Source:
    """The module that a backend runs.

    Args:
        shown: what to call the file.
        file: the file that was given; None where the generated text is run.
        text: what is in it.
        name: of its class.
        generated: the generated text; equal to ``text`` unless a file was given.
        spans: which of the generated lines hold which layer.
        compiled: whether the file is made of the text, so that lines have no numbers in it.
        data: what a file that was given holds, where that is no text; ``text`` is empty then.
    """

    shown: str
    file: Path | None
    text: str
    name: str
    generated: str
    spans: Sequence[Span]
    compiled: bool = False
    data: bytes = b""

    @property
    def unchanged(self) -> bool:
        """Whether it is what archspec generates."""
        return self.text == self.generated

    @cached_property
    def alignment(self) -> Alignment:
        """Which lines stand for which."""
        return Alignment(self.text, self.generated)

    def line(self, number: int) -> str:
        """The text of a line, counted from 1."""
        lines = self.text.splitlines()
        return lines[number - 1].strip() if 0 < number <= len(lines) else ""

    @property
    def sha256(self) -> str:
        """Of the text, or of the file that is none."""
        return sha256(self.data or self.text.encode()).hexdigest()


def read_source(model: Model, backend: Backend, given: str | None) -> Source:
    """The module to run.

    Args:
        model: the network.
        backend: for which.
        given: a file, ``FILE`` or ``FILE:CLASS``; None for what archspec generates.

    Raises:
        UsageError: if the file cannot be read.
        BackendError: if the backend cannot honour something in the network.
    """
    if given is None:
        rendered = render(model, backend)
        name = f"{model.spec.stem}.{backend.manifest.extension}"
        shown = f"generated/{backend.name}/{name}"
        compiled = backend.manifest.assemble is not None
        texts = (rendered.text, model.spec.name, rendered.text)
        return Source(shown, None, *texts, rendered.spans, compiled)
    path, name = Path(given), model.spec.name
    if not path.exists() and ":" in given:
        file, _, name = given.rpartition(":")
        path = Path(file)
    try:
        data = path.read_bytes()
        compiled = backend.manifest.assemble is not None and _is_binary(data)
        text = "" if compiled else path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read the module {path}: {error}") from None
    rendered = Rendered(text, ())
    if (backend.folder / "module.jinja").exists():
        # A person may well write what archspec cannot.
        with suppress(BackendError):
            rendered = render(model, backend)
    spans = (rendered.text, rendered.spans)
    return Source(str(path), path, text, name, *spans, compiled, data if compiled else b"")


def _is_binary(data: bytes) -> bool:
    """Whether a file is no text: it has bytes that no text has."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return True
    return any(character < " " and character not in "\t\n\r\f" for character in text)
