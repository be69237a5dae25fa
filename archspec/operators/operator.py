"""What every operator is: its arguments, its shape rule, its parameters and its cost.

One operator is one subclass. Its arithmetic is that of the ONNX operator named in ``onnx``;
what the numbers mean is written in the class's docstring and nowhere left to a framework.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import prod
from typing import Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict
from pydantic.fields import FieldInfo

from archspec.errors import ArchspecError
from archspec.expressions import Expr
from archspec.model.shape import Shape
from archspec.operators.fields import Kind, Leaf
from archspec.operators.scaling import Scaling


@dataclass(frozen=True, slots=True)
class Tensor:
    """One learned (or running) tensor of a layer, in the canonical layout.

    Args:
        name: ``weight``, ``bias``, ``running_mean`` or ``running_var``.
        shape: sizes in the canonical layout (kernels: out, in, spatial; dense: out, in).
        role: ``kernel``, ``bias``, ``scale``, ``shift``, ``mean``, ``variance`` or ``token`` (what
            is laid among tokens or added to them).
        axes: a letter for each axis: O and I for outputs and inputs, C for channels, T for tokens,
            ``*`` for all spatial ones.
    """

    name: str
    shape: tuple[int, ...]
    role: str
    axes: str = "C"

    @property
    def trainable(self) -> bool:
        """Running statistics are not trained; everything else is."""
        return self.role not in ("mean", "variance")

    @property
    def elements(self) -> int:
        """How many numbers the tensor holds."""
        return prod(self.shape)

    @property
    def fans(self) -> tuple[int, int]:
        """``(fan_in, fan_out)``: the second and the first size, times the kernel's positions.

        As PyTorch counts them: with groups ``fan_in`` is of one group and ``fan_out`` of all, and
        of a transposed convolution ``fan_in`` counts outputs.
        """
        receptive = prod(self.shape[2:])
        return self.shape[1] * receptive, self.shape[0] * receptive


class Operator(BaseModel):
    """The base of all operators; a subclass states its arguments as fields.

    Class attributes: ``onnx`` names the operator and version it equals; ``inputs`` is the least
    and the greatest number of inputs (None: any); ``primary`` is the argument that a bare value
    in the spec means (``dropout: 0.5``).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    onnx: ClassVar[str]
    inputs: ClassVar[tuple[int, int | None]] = (1, 1)
    primary: ClassVar[str | None] = None
    # Behaves otherwise in training than in evaluation.
    trains: ClassVar[bool] = False
    # A tensor of the shape C alone, with no spatial axes, is all it takes.
    vector_only: ClassVar[bool] = False
    # Needs at least one spatial axis.
    spatial_only: ClassVar[bool] = False
    # Works on tokens, each on its own unless it says otherwise.
    takes_tokens: ClassVar[bool] = True
    # Works on nothing else.
    tokens_only: ClassVar[bool] = False
    # When its output takes memory of its own; otherwise it is its input, called by another name.
    allocates: ClassVar[Literal["always", "training", "never"]] = "always"

    @classmethod
    def name(cls) -> str:
        """The name in specs, macros and documents: ``GlobalAvgPool`` → ``global_avg_pool``."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", cls.__name__).lower()

    @classmethod
    def kinds(cls) -> Mapping[str, Kind]:
        """The field kind of each argument that is a number."""
        return _kinds(cls)

    @classmethod
    def arguments(cls) -> dict[str, FieldInfo]:
        """What a spec may give: every field but the facts that are worked out."""
        kinds = cls.kinds()
        return {n: field for n, field in cls.model_fields.items() if type(kinds.get(n)) is not Kind}

    @classmethod
    def has_kernel(cls) -> bool:
        """Whether it learns a kernel and a bias, so that ``init`` means something."""
        return "bias" in cls.model_fields

    def replace(self, **values: Any) -> Self:
        """This operator with some arguments changed (no validation: for settled values)."""
        return self.model_copy(update=values) if values else self

    def settle(self, rank: int, leaf: Leaf) -> Self:
        """This operator with one value per axis, each expression passed through ``leaf``."""
        settled = {}
        for name, kind in self.kinds().items():
            try:
                settled[name] = kind.settle(getattr(self, name), rank, leaf)
            except ArchspecError as error:
                problem = error.problems[0]
                path = f"{name}.{problem.path}" if problem.path else name
                raise ArchspecError(problem.problem, path=path, hint=problem.hint) from None
        return self.replace(**settled)

    def expressions(self) -> dict[str, tuple[Expr, ...]]:
        """The expressions in each declared argument."""
        return {name: kind.expressions(getattr(self, name)) for name, kind in self.kinds().items()}

    def bind(self, members: Mapping[str, tuple[str, ...]]) -> Self:
        """This operator with named members of tuples (``c2.reduce``) turned into indices."""
        return self.replace(
            **{name: kind.bind(getattr(self, name), members) for name, kind in self.kinds().items()}
        )

    def check_inputs(self, inputs: Sequence[Shape]) -> None:
        """Refuse a number of inputs or of axes that the operator cannot take.

        Needs no arguments, so that it can come before they are settled for each axis.

        Raises:
            ArchspecError: with the violated fact.
        """
        least, most = self.inputs
        if not least <= len(inputs) <= (most or len(inputs)):
            count = str(least) if most == least else f"{least} or more"
            noun = "input" if count == "1" else "inputs"
            raise ArchspecError(
                f"takes {count} {noun}, received {len(inputs)}",
                hint="`from` lists what a layer takes",
            )
        tokens = inputs[0].tokens is not None
        if tokens and (self.spatial_only or not self.takes_tokens):
            raise ArchspecError(
                f"takes no tokens, received {inputs[0]} of them",
                hint="layers for tokens are `dense`, `layer_norm`, `attention`, activations and"
                " merges; `select` or `mean` makes a vector of them",
            )
        if self.tokens_only and not tokens:
            raise ArchspecError(
                f"takes tokens, received the shape {inputs[0]}",
                hint="`to_tokens` makes tokens of the positions of an image",
            )
        if self.vector_only and inputs[0].rank:
            raise ArchspecError(
                f"takes a vector or tokens, received the shape {inputs[0]}",
                hint="put `flatten`, a global pool or `to_tokens` before it",
            )
        if self.spatial_only and not inputs[0].rank:
            raise ArchspecError(
                f"takes an input with spatial axes, received a vector of {inputs[0]}",
                hint="put it before `flatten` and global pools, or let these keep the axes",
            )

    def check(self, inputs: Sequence[Shape]) -> None:
        """Refuse inputs and arguments that do not fit; arguments are settled numbers.

        Raises:
            ArchspecError: with the violated fact; its path is the argument's name.
        """
        self.check_inputs(inputs)

    def pinned(self, inputs: Sequence[Shape]) -> dict[str, Any]:
        """Arguments that follow from the inputs' sizes, such as the pads of ``same_upper``."""
        return {}

    def fixed(self, facts: Mapping[str, Any]) -> Self:
        """This operator, settled, with nothing left that depends on the input's size."""
        return self.replace(**facts)

    def channels(self, inputs: Sequence[Any]) -> Any:
        """Channels of the output from channels of the inputs; numbers or expressions alike."""
        return inputs[0]

    def spatial(self, inputs: Sequence[Shape]) -> tuple[int, ...]:
        """Spatial sizes of the output, from fixed arguments."""
        return inputs[0].spatial

    def output(self, inputs: Sequence[Shape]) -> Shape:
        """The shape of the output, from fixed arguments."""
        channels = self.channels([each.channels for each in inputs])
        if inputs[0].tokens is not None:
            return Shape.of_tokens(inputs[0].tokens, channels)
        return Shape.of(channels, *self.spatial(inputs))

    def tensors(self, inputs: Sequence[Shape]) -> tuple[Tensor, ...]:
        """The parameters and running statistics, in canonical order and layout."""
        return ()

    def multiply_adds(self, inputs: Sequence[Shape], output: Shape) -> int:
        """Products of convolutions and matrix products for one example; all else counts nothing."""
        return 0

    def along(self, axis: int) -> Scaling:
        """How a spatial axis comes out, from settled arguments.

        Pads that follow from the size of the input are worked out anew for each size.
        """
        return Scaling()

    def multiplier(self, channels: Any) -> Any:
        """How many channels come of each that goes in, where each is convolved by itself.

        None for anything else, and where it cannot be told of symbolic channels.
        """
        return None

    def needed(self, size: int, axis: int) -> int:
        """The least input size on a spatial axis that gives an output of ``size`` or more."""
        return max(self.along(axis).least(size) or 1, 1)


@cache
def _kinds(operator: type[Operator]) -> Mapping[str, Kind]:
    """Looked up for every layer of every network, so only once for each operator."""
    return {
        name: kind
        for name, field in operator.model_fields.items()
        for kind in field.metadata
        if isinstance(kind, Kind)
    }
