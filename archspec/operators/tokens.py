"""Operators on tokens: vectors in a row, as transformers and mixers have them."""

# What the methods do is documented in `Operator`.
# ruff: noqa: D102

from __future__ import annotations

from collections.abc import Sequence
from math import prod, sqrt
from typing import Any, ClassVar, Literal

from archspec.errors import ArchspecError
from archspec.expressions import as_expr, evaluate
from archspec.model.shape import Shape
from archspec.operators.fields import Count, Fact, Flag, Place, Positive
from archspec.operators.operator import Operator, Tensor


class ToTokens(Operator):
    """A token for each position of an image, row by row; ONNX Reshape-21 and Transpose-21.

    A convolution whose stride is its kernel, and this, embed the patches of an image
    (Dosovitskiy et al. 2021).
    """

    onnx: ClassVar[str] = "Transpose-21"
    spatial_only: ClassVar[bool] = True

    def spatial(self, inputs: Sequence[Shape]) -> tuple[int, ...]:
        return ()

    def output(self, inputs: Sequence[Shape]) -> Shape:
        return Shape.of_tokens(prod(inputs[0].spatial), inputs[0].channels)

    def needed(self, size: int, axis: int) -> int:
        return 1


class Transpose(Operator):
    """The axes T and C exchanged: what was a channel is now a token; ONNX Transpose-21.

    Between two of these, a ``dense`` layer mixes tokens (Tolstikhin et al. 2021).
    """

    onnx: ClassVar[str] = "Transpose-21"
    tokens_only: ClassVar[bool] = True

    tokens: Fact = None

    def pinned(self, inputs: Sequence[Shape]) -> dict[str, Any]:
        return {"tokens": inputs[0].tokens}

    def channels(self, inputs: Sequence[Any]) -> Any:
        return self.tokens

    def output(self, inputs: Sequence[Shape]) -> Shape:
        return Shape.of_tokens(inputs[0].channels, inputs[0].tokens or 0)


class ClassToken(Operator):
    """A learned token before all others (Devlin et al. 2019); ONNX Concat-13.

    It starts normal with the standard deviation ``std``, which may be 0.
    """

    onnx: ClassVar[str] = "Concat-13"
    primary: ClassVar[str | None] = "std"
    tokens_only: ClassVar[bool] = True

    std: Positive

    def tensors(self, inputs: Sequence[Shape]) -> tuple[Tensor, ...]:
        return (Tensor("weight", (inputs[0].channels,), "token"),)

    def output(self, inputs: Sequence[Shape]) -> Shape:
        return Shape.of_tokens((inputs[0].tokens or 0) + 1, inputs[0].channels)


class Positions(Operator):
    """A learned vector added to each token, by its place; ONNX Add-14.

    The vectors start normal with the standard deviation ``std``. They fix the number of tokens.
    """

    onnx: ClassVar[str] = "Add-14"
    primary: ClassVar[str | None] = "std"
    tokens_only: ClassVar[bool] = True

    std: Positive
    tokens: Fact = None

    def pinned(self, inputs: Sequence[Shape]) -> dict[str, Any]:
        return {"tokens": inputs[0].tokens}

    def tensors(self, inputs: Sequence[Shape]) -> tuple[Tensor, ...]:
        return (Tensor("weight", inputs[0].sizes, "token", "TC"),)


class Attention(Operator):
    """Scaled dot-product attention of queries to keys and values; ONNX Attention-23.

    Takes three inputs: queries, keys and values, each tokens. Channels are dealt to ``heads`` in
    order; each head weighs the values by the softmax of the products of its queries and keys over
    the root of its channels (Vaswani et al. 2017). With ``causal`` no token attends to a later
    one. It learns nothing: the projections are ``dense`` layers before and after it.
    """

    onnx: ClassVar[str] = "Attention-23"
    inputs: ClassVar[tuple[int, int | None]] = (3, 3)
    primary: ClassVar[str | None] = "heads"
    tokens_only: ClassVar[bool] = True

    heads: Count
    causal: Flag = False

    def check(self, inputs: Sequence[Shape]) -> None:
        super().check(inputs)
        queries, keys, values = inputs
        if len({each.axes for each in inputs}) > 1:
            raise ArchspecError(
                "queries, keys and values must all be tokens, received "
                + ", ".join(str(each) for each in inputs)
            )
        if queries.channels != keys.channels:
            raise ArchspecError(
                f"queries have {queries.channels} channels and keys {keys.channels}"
            )
        if keys.tokens != values.tokens:
            raise ArchspecError(f"there are {keys.tokens} keys and {values.tokens} values")
        for each in (queries, values):
            if each.channels % self.heads:
                raise ArchspecError(
                    f"{self.heads} heads do not divide {each.channels} channels evenly",
                    path="heads",
                )
        if self.causal and queries.tokens != keys.tokens:
            raise ArchspecError(
                f"`causal` needs as many queries as keys, received {queries.tokens}"
                f" and {keys.tokens}",
                path="causal",
            )

    def channels(self, inputs: Sequence[Any]) -> Any:
        return inputs[2]

    def root(self, channels: Any) -> float:
        """What products of queries and keys are divided by, from the channels of all queries."""
        return sqrt(int(evaluate(as_expr(channels), {})) // int(self.heads))  # type: ignore[arg-type]

    def multiply_adds(self, inputs: Sequence[Shape], output: Shape) -> int:
        queries, keys, values = inputs
        return queries.elements * (keys.tokens or 0) + output.elements * (values.tokens or 0)


class Select(Operator):
    """One token, the one at ``index`` from 0, as a vector; ONNX Gather-13."""

    onnx: ClassVar[str] = "Gather-13"
    primary: ClassVar[str | None] = "index"
    tokens_only: ClassVar[bool] = True

    index: Place

    @property
    def ordinal(self) -> Any:
        """The index counted from 1."""
        return as_expr(self.index) + as_expr(1)

    def check(self, inputs: Sequence[Shape]) -> None:
        super().check(inputs)
        if self.index >= (inputs[0].tokens or 0):
            raise ArchspecError(
                f"there is no token {self.index} among {inputs[0].tokens}, counted from 0",
                path="index",
            )

    def output(self, inputs: Sequence[Shape]) -> Shape:
        return Shape.of(inputs[0].channels)


class Mean(Operator):
    """The mean over all tokens, as a vector; ONNX ReduceMean-18."""

    onnx: ClassVar[str] = "ReduceMean-18"
    primary: ClassVar[str | None] = "axis"
    tokens_only: ClassVar[bool] = True

    axis: Literal["T"]

    def output(self, inputs: Sequence[Shape]) -> Shape:
        return Shape.of(inputs[0].channels)
