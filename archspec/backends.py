"""Backends: folders with a manifest, templates and a runner; nothing here knows any of them.

A backend's folder holds ``backend.toml`` (read here), ``operators.jinja``, ``module.jinja``,
``support.jinja`` and ``runner.py``. See ``docs/adding-a-backend.md``.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from archspec.errors import BackendError, UnknownBackendError
from archspec.names import did_you_mean


class TensorNaming(BaseModel):
    """How a backend calls and lays out one tensor of an operator.

    Attributes:
        name: what it calls it.
        axes: the order of its axes, in the letters of the canonical ones.
        collection: the collection it is in, if not the manifest's.
        flip: whether it runs backwards along its spatial axes, as the kernel of a convolution in
            the sense of mathematics does.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    axes: str | None = None
    collection: str | None = None
    flip: bool = False


class ImportLine(BaseModel):
    """An import that generated code may need, by the name that it binds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    line: str


class Environment(BaseModel):
    """An environment of its own, for what cannot live beside other packages.

    Attributes:
        python: the version of Python that it needs, such as ``3.11``.
        requirements: what is installed into it, versions pinned.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    python: str = Field(pattern=r"^3\.\d+$")
    requirements: list[str]


class Interpreter(BaseModel):
    """The program that runs ``runner.<extension>`` of a backend that is not written in Python.

    Attributes:
        program: what it is called on PATH.
        variable: the environment variable that says where it is, if it is not on PATH.
        arguments: what it is always given, before the runner.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    program: str
    variable: str
    arguments: list[str] = []


class Manifest(BaseModel):
    """The contents of a ``backend.toml``.

    Attributes:
        name: what ``--backend`` calls it; also the folder under ``generated/``.
        title: what people call it.
        language: a name in :data:`archspec.languages.LANGUAGES`.
        extension: of generated files, without the dot.
        layout: ``channels_first`` (N, C, H, W) or ``channels_last`` (N, H, W, C).
        containers: ``modules`` where stages and branches are modules of their own, ``inline``
            where they are written out in their class, ``combinators`` where a class is an
            expression of them, ``graph`` where nothing but the layers is left.
        reversed_axes: whether its arrays have their axes in reverse, as where the first index runs
            fastest: (W, H, C, N), counted from 1.
        fuses: with ``combinators``, the operators that can apply the activation after them.
        functions: whether blocks are functions of values, called in snake_case, and the network
            is one that makes its own inputs; else they are classes.
        infers_channels: whether layers find their input channels themselves.
        field_prefix: what stands before a class's parameter inside the class.
        inside, between: what joins the parts of a path inside a class and between classes.
        numbered: what joins a repeated layer and its number; else ``inside``.
        names_layers: whether layers without tensors have names, too, that must differ from others.
        tensor_joint: what joins a module's path and the name of its tensor; else ``between``.
        collection: the collection of tensors that name none; without one, names have none.
        wrappers: what its wrappers of models put before every tensor's name.
        gradients: whether it can differentiate; if not, it is held to forward passes alone.
        packages: distributions that it needs, with the least version; ``tensorflow|tensorflow-cpu``
            is either of the two.
        install: the command that installs them.
        environment: where those packages live, if not beside archspec.
        interpreter: what runs it, if not Python.
        assemble: the script of its folder that makes the generated file of the rendered text,
            called with both; without one the text is the file.
        checkpoints: file endings its runner can read and write besides ``.safetensors``.
        checkpoints_need_module: whether ``checkpoint.py`` must be told of the generated module, as
            its last argument: a file of JSON with ``file``, ``class`` and ``arguments``.
        running_variance: how its BatchNorm counts the running variance: ``biased`` (by n) or
            ``unbiased`` (by n - 1).
        float32_decay: whether its BatchNorm keeps ``decay`` in float32, whatever the precision;
            verification corrects running statistics for it and says so.
        cancelling: operators whose variance the framework itself may compute as E[x²] - E[x]²,
            which loses digits; verification says so and cannot ask for more.
        rounds_up: whether its pools round up themselves where a spec says ``ceil``; else files
            hold the pads that this comes to.
        depthwise_axes: the numbers of spatial axes with which it has a layer for convolutions of
            each channel by itself; its tensors are those of ``depthwise_conv``, the outputs of the
            kernel parted into (in, multiplier), and its one input left out.
        extra_tensors: tensors of its state that the canonical form does not have, by operator;
            written with the value given here, ignored when read.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    language: str
    extension: str = Field(pattern=r"^[a-z]+$")
    layout: Literal["channels_first", "channels_last"]
    containers: Literal["modules", "inline", "combinators", "graph"]
    reversed_axes: bool = False
    fuses: list[str] = []
    functions: bool = False
    infers_channels: bool = False
    field_prefix: str = ""
    inside: str = "."
    between: str = "."
    numbered: str | None = None
    names_layers: bool = False
    tensor_joint: str | None = None
    collection: str | None = None
    wrappers: list[str] = []
    running_variance: Literal["biased", "unbiased"] = "biased"
    float32_decay: bool = False
    cancelling: list[str] = []
    gradients: bool = True
    packages: dict[str, str]
    install: str
    environment: Environment | None = None
    interpreter: Interpreter | None = None
    assemble: str | None = None
    checkpoints: list[str] = []
    checkpoints_need_module: bool = False
    imports: list[ImportLine] = []
    activations: dict[str, str] = {}
    tensors: dict[str, dict[str, TensorNaming]] = {}
    depthwise_axes: list[int] = []
    rounds_up: bool = False
    extra_tensors: dict[str, dict[str, int]] = {}
    defaults: dict[str, dict[str, Any]] = {}
    reserved: dict[str, list[str]] = {}


@dataclass(frozen=True)
class Backend:
    """A backend: its manifest and where it lies."""

    folder: Path
    manifest: Manifest

    @property
    def name(self) -> str:
        """What ``--backend`` calls it."""
        return self.manifest.name

    @property
    def title(self) -> str:
        """What people call it."""
        return self.manifest.title

    @property
    def reserved(self) -> dict[str, list[str]]:
        """Names that its classes, parameters and layers may not have."""
        return self.manifest.reserved

    @property
    def checkpoint(self) -> Path:
        """The script that reads and writes its own kinds of checkpoint."""
        return self.folder / "checkpoint.py"

    @property
    def runner(self) -> Path:
        """The script that runs generated modules."""
        ending = "py" if self.manifest.interpreter is None else self.manifest.extension
        return self.folder / f"runner.{ending}"

    def installed(self) -> dict[str, str | None]:
        """The version of each package it needs, None where it is missing."""
        from archspec.environments import installed

        return installed(self.manifest)

    def command(self) -> list[str]:
        """What runs a script of this backend: its interpreter, and what that is given."""
        from archspec.environments import command

        return command(self.manifest)

    @property
    def available(self) -> bool:
        """Whether everything it needs is installed here."""
        return all(self.installed().values())


def backends_folder() -> Path:
    """The folder of the backends that come with archspec."""
    return _shipped("_backends", "backends")


def specs_folder() -> Path:
    """The folder of the specs that come with archspec."""
    return _shipped("_specs", "specs")


def _shipped(packaged: str, checkout: str) -> Path:
    here = Path(__file__).resolve().parent
    return here / packaged if (here / packaged).is_dir() else here.parent / checkout


@cache
def built_in() -> tuple[Backend, ...]:
    """The backends that come with archspec, by name."""
    folders = sorted(path.parent for path in backends_folder().glob("*/backend.toml"))
    return tuple(_read(folder) for folder in folders)


def find_backend(name: str) -> Backend:
    """A backend by its name, or by the path of its folder.

    Raises:
        BackendError: if there is none, or its manifest is wrong.
    """
    for backend in built_in():
        if backend.name == name:
            return backend
    folder = Path(name)
    try:
        known = bool(name) and (folder / "backend.toml").is_file()
        exists = bool(name) and folder.is_dir()
    except (OSError, ValueError):
        # Too long for a path, or none at all.
        known = exists = False
    if known:
        return _read(folder)
    names = [backend.name for backend in built_in()]
    hint = did_you_mean(name, names)
    if exists:
        raise UnknownBackendError(f"the folder {name!r} has no backend.toml", hint=hint)
    raise UnknownBackendError(f"unknown backend {name[:80]!r}", hint=hint)


def _read(folder: Path) -> Backend:
    path = folder / "backend.toml"
    try:
        manifest = Manifest.model_validate(tomllib.loads(path.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BackendError(f"{path}: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(each) for each in first["loc"])
        raise BackendError(f"{path}: {place}: {first['msg']}") from None
    return Backend(folder, manifest)
