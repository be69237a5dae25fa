"""The parts of a spec file as pydantic models: the source of the JSON Schema and the reference.

What they leave as ``Any`` (layers, parameter declarations) is read in its own module, where a
message can say more than a type can.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from archspec.schema.initialization import Initialization

# One input's shape: channels and up to three spatial sizes, numbers or expressions.
_SHAPE = {"type": "array", "items": {"type": ["integer", "string"]}, "minItems": 1, "maxItems": 4}
Shapes = Annotated[
    Any,
    WithJsonSchema({"anyOf": [_SHAPE, {"type": "object", "additionalProperties": _SHAPE}]}),
]


class Document(BaseModel):
    """A mapping of known keys."""

    model_config = ConfigDict(extra="forbid", defer_build=True, frozen=True, strict=True)


class SpecDocument(Document):
    """A network: what it is called, what it takes, its blocks, its stages, its outputs."""

    archspec: Literal[1] = Field(
        description="The version of the language; this is version 1.", examples=["1"]
    )
    name: str = Field(
        description="The network's name; the generated class is called so.", examples=["LeNet"]
    )
    doc: str = Field(default="", description="What the network is, in a sentence or two.")
    cite: str | list[str] = Field(
        default_factory=list, description="Where it is described: an address, or several."
    )
    extends: str | None = Field(
        default=None,
        description="A spec in the same folder tree, or the name of a bundled one, of which this"
        " one is a variant. Entries of"
        " `params`, `defaults`, `blocks`, `stages` and `outputs` replace those of the same name,"
        " `null` deletes one; other keys replace as a whole.",
    )
    import_: list[str] | str = Field(
        default_factory=list,
        alias="import",
        description="Files, or names of bundled ones (`blocks/residual`), whose"
        " blocks this spec may use.",
    )
    params: dict[str, Any] = Field(
        default_factory=dict,
        description="Parameters of the network with their defaults, set by `--set`.",
    )
    arguments: list[str] = Field(
        default_factory=list,
        description="Parameters that stay constructor arguments of the generated class;"
        " all others are folded into numbers.",
    )
    input: Shapes = Field(
        description="The input's shape, channels first, `[channels, height, width]`; or several"
        " by name.",
        examples=["[3, 224, 224]"],
    )
    defaults: dict[str, dict[str, Any]] = Field(
        default_factory=dict,
        description="Arguments for every use of an operator, such as"
        " `batch_norm: {eps: 1e-5, decay: 0.9}`.",
    )
    init: Initialization = Field(
        default_factory=Initialization,
        description="How kernels and biases start; `he_normal` and `zeros` where nothing is said.",
    )
    blocks: dict[str, Any] = Field(
        default_factory=dict, description="Parameterised parts; each becomes a class."
    )
    stages: dict[str, Any] = Field(
        description="The trunk: stages in order, each a list of layers.",
        examples=["{head: [global_avg_pool, {dense: 10}]}"],
    )
    outputs: dict[str, Any] = Field(
        default_factory=dict,
        description="Named outputs; without them the last stage is the only one.",
    )


class LibraryDocument(Document):
    """A file of blocks to import."""

    archspec: Literal[1] = Field(description="The version of the language.", examples=["1"])
    doc: str = Field(default="", description="What the blocks are for.")
    import_: list[str] | str = Field(
        default_factory=list, alias="import", description="Other libraries that these blocks use."
    )
    blocks: dict[str, Any] = Field(description="The blocks.")


class BlockDocument(Document):
    """A block: parameters, and either a list of layers or branches with a merge."""

    doc: str = Field(default="", description="What the block does; becomes the class's docstring.")
    params: dict[str, Any] = Field(
        default_factory=dict,
        description="Parameters: a kind (`int`), several (`[int, int]`), named members"
        " (`{reduce: int, out: int}`), or a default (`1`).",
    )
    inputs: list[str] = Field(
        default_factory=lambda: ["x"], description="Names of the inputs, where there are several."
    )
    layers: list[Any] | None = Field(default=None, description="Layers in order.")
    branches: dict[str, Any] | None = Field(
        default=None, description="Sequences that run in parallel over one input."
    )
    merge: Any = Field(
        default=None, description="How branches join: `concat` (the default), `add` or `mul`."
    )


class ParameterDocument(Document):
    """A parameter in the long form."""

    type: Any = Field(
        description="int, float, bool, activation, block, a list of kinds (a tuple), a mapping of"
        " kinds (a tuple with named members), `list` or `enum`; `int?` may be null."
    )
    default: Any = Field(default=None, description="The value where none is given.")
    of: Any = Field(default=None, description="For `list`: the kind of its items.")
    values: list[str] | None = Field(default=None, description="For `enum`: the allowed values.")
    min: int | float | None = Field(default=None, description="The least number.")
    max: int | float | None = Field(default=None, description="The greatest number.")
    doc: str = Field(default="", description="What it is.")


class BranchDocument(Document):
    """A branch in the long form."""

    when: Any = Field(default=None, description="The branch is the identity where this is false.")
    layers: list[Any] = Field(description="Layers in order.")


class StageDocument(Document):
    """A stage in the long form, for variants."""

    after: str | None = Field(
        default=None, description="In a variant: the stage that a new stage follows."
    )
    layers: list[Any] = Field(description="Layers in order.")


class OutputDocument(Document):
    """An output in the long form."""

    from_: str | None = Field(
        default=None, alias="from", description="The stage or layer it is taken from."
    )
    layers: list[Any] = Field(default_factory=list, description="Layers that follow there.")
    when: Any = Field(default=None, description="Whether a built network has this output.")
    training: bool = Field(default=False, description="Whether only training uses it.")
    doc: str = Field(default="", description="What it is for.")


class LayerOptions(Document):
    """What may stand beside a layer's operator."""

    as_: str | None = Field(default=None, alias="as", description="The layer's name.")
    from_: str | list[str] | None = Field(
        default=None,
        alias="from",
        description="What it takes instead of the previous layer: names of earlier layers, stages"
        " or inputs; `previous` is the layer before.",
    )
    when: Any = Field(default=None, description="The identity where this is false.")
    repeat: Any = Field(default=None, description="How many times, one after the other.")
    index: str = Field(default="i", description="The name of the repetition's index, from 0.")
    init: Initialization | None = Field(default=None, description="How this layer's tensors start.")
