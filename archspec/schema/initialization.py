"""Initialisation as a spec states it: part of an architecture, with an exact distribution.

``fan_in`` and ``fan_out`` of a kernel are those of :attr:`archspec.operators.Tensor.fans`.
"""

from __future__ import annotations

from math import sqrt
from typing import Annotated, Literal, Self, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

_Scheme = Literal[
    "xavier_uniform",
    "xavier_normal",
    "he_uniform",
    "he_normal",
    "lecun_uniform",
    "lecun_normal",
    "normal",
    "truncated_normal",
    "uniform",
    "constant",
    "zeros",
    "ones",
]

_Mode = Literal["fan_in", "fan_out"]

_GAIN = {"xavier": 1.0, "he": 2.0, "lecun": 1.0}
_NEEDS = {
    "normal": "std",
    "truncated_normal": "std",
    "uniform": "bound",
    "constant": "value",
}
# Those that a mode goes with, and what each takes in the short form (`{normal: 0.01}`).
_MODAL = ("he_uniform", "he_normal", "lecun_uniform", "lecun_normal")
_ARGUMENT = {**_NEEDS, **dict.fromkeys(_MODAL, "mode")}
SHORT = frozenset(_ARGUMENT.values())
"""The keys that the short form leaves out."""

_OWN = sorted(set(_NEEDS.values()))


class Distribution(BaseModel):
    """What a tensor is drawn from.

    - ``xavier_*``: variance ``2 / (fan_in + fan_out)`` (Glorot and Bengio 2010);
    - ``he_*``: variance ``2 / fan_in`` (He et al. 2015); ``lecun_*``: variance ``1 / fan_in``; with
      ``mode="fan_out"`` it is ``2 / fan_out`` and ``1 / fan_out``;
    - ``normal``: mean 0 and ``std``; ``truncated_normal``: the same cut at two ``std``;
    - ``uniform``: between ``-bound`` and ``bound``; ``constant``: ``value``; ``zeros``, ``ones``.

    The normal kinds are true normals, not truncated ones.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", defer_build=True, strict=True, allow_inf_nan=False
    )

    scheme: _Scheme = Field(description="the name of the distribution")
    std: float | None = Field(default=None, gt=0, description="standard deviation, for normals")
    bound: float | None = Field(default=None, gt=0, description="largest value, for `uniform`")
    value: float | None = Field(default=None, description="the value, for `constant`")
    mode: _Mode | None = Field(
        default=None,
        description="`fan_out` or `fan_in`, which it is otherwise, for `he_*` and `lecun_*`",
    )

    @field_validator("mode")
    @classmethod
    def _usual(cls, value: _Mode | None, info: ValidationInfo) -> _Mode | None:
        """Said or not, ``fan_in`` is one and the same."""
        return None if value == "fan_in" and info.data.get("scheme") in _MODAL else value

    @model_validator(mode="after")
    def _check(self) -> Self:
        needed = _NEEDS.get(self.scheme)
        for name in _OWN:
            given = getattr(self, name) is not None
            if given and name != needed:
                what = {"what": f"`{self.scheme}` takes no `{name}`"}
                raise PydanticCustomError("ambiguous", "{what}", what)
            if name == needed and not given:
                problem = f"`{self.scheme}` needs `{name}`"
                context = {"what": problem, "hint": f"such as `{{{self.scheme}: 0.01}}`"}
                raise PydanticCustomError("ambiguous", "{what}", context)
        if self.mode is not None and self.scheme not in _MODAL:
            hint = "only `he_*` and `lecun_*` do"
            context = {"what": f"`{self.scheme}` takes no `mode`", "hint": hint}
            raise PydanticCustomError("ambiguous", "{what}", context)
        return self

    @property
    def family(self) -> str:
        """``xavier``, ``he`` or ``lecun``, of which there are two each; else the scheme's name."""
        return self.scheme.split("_")[0]

    @property
    def scaled(self) -> bool:
        """Whether the spread depends on the kernel's fans."""
        return self.family in _GAIN

    @property
    def uniform(self) -> bool:
        """Whether the distribution is flat between two bounds."""
        return self.scheme.endswith("uniform")

    @property
    def shape(self) -> str:
        """``uniform`` or ``normal``."""
        return "uniform" if self.uniform else "normal"

    @property
    def gain(self) -> float:
        """The variance times the fan, for kinds that are scaled by one."""
        return _GAIN.get(self.family, 0.0)

    @property
    def fan(self) -> str:
        """What the variance is scaled by: ``fan_in``, ``fan_out`` or ``fan_avg`` (their mean)."""
        return "fan_avg" if self.family == "xavier" else self.mode or "fan_in"

    @property
    def by_outputs(self) -> bool:
        """Whether ``fan_out`` alone scales the variance, which few frameworks have a name for."""
        return self.fan == "fan_out"

    @property
    def highest(self) -> float:
        """Where a truncated normal is cut, on either side of 0."""
        return 2 * (self.std or 0.0)

    def deviation(self, fan_in: int, fan_out: int) -> float:
        """The standard deviation for a kernel with these fans (before truncation)."""
        if self.scaled:
            fans = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
            return sqrt(self.gain / fans[self.fan])
        if self.scheme == "uniform":
            return (self.bound or 0.0) / sqrt(3)
        return self.std or 0.0

    @property
    def mean(self) -> float:
        """The mean of the distribution."""
        constants = {"ones": 1.0, "constant": self.value or 0.0}
        return constants.get(self.scheme, 0.0)


def _read(value: object) -> object:
    if isinstance(value, str):
        return {"scheme": value}
    if isinstance(value, int | float) and not isinstance(value, bool):
        return {"scheme": "constant", "value": value}
    if isinstance(value, dict) and "scheme" not in value and len(value) == 1:
        ((scheme, argument),) = value.items()
        if scheme in _ARGUMENT:
            return {"scheme": scheme, _ARGUMENT[scheme]: argument}
    if not isinstance(value, dict | Distribution):
        what = {"what": "the name of a distribution, a number or a mapping"}
        raise PydanticCustomError("expected", "{what}", what)
    return value


_SCHEMA = {
    "anyOf": [
        {"enum": list(get_args(_Scheme))},
        {"type": "number", "description": "a constant"},
        {
            "type": "object",
            "properties": {
                **{name: {"type": "number"} for name in _NEEDS},
                **{name: {"enum": list(get_args(_Mode))} for name in _MODAL},
            },
            "additionalProperties": False,
            "minProperties": 1,
            "maxProperties": 1,
        },
        {
            "type": "object",
            "properties": {
                "scheme": {"enum": list(get_args(_Scheme))},
                **{name: {"type": "number"} for name in _OWN},
                "mode": {"enum": list(get_args(_Mode))},
            },
            "required": ["scheme"],
            "additionalProperties": False,
        },
    ]
}
InitialValue = Annotated[Distribution, BeforeValidator(_read), WithJsonSchema(_SCHEMA)]


class Initialization(BaseModel):
    """Distributions of kernels and biases; what a layer does not state the network does."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    kernel: InitialValue | None = Field(
        default=None,
        description="kernels of convolutions and dense layers, such as `xavier_uniform` or"
        " `{normal: 0.01}`",
    )
    bias: InitialValue | None = Field(default=None, description="biases, such as `zeros` or `0.1`")

    @field_validator("bias")
    @classmethod
    def _without_fans(cls, value: Distribution | None) -> Distribution | None:
        if value is not None and value.scaled:
            what = {
                "what": "a spread of its own, as a bias has no fans: `zeros`, `0.1` or"
                " `{normal: 0.01}`"
            }
            raise PydanticCustomError("expected", "{what}", what)
        return value

    def over(self, other: Initialization) -> Initialization:
        """This one where it speaks, else ``other``."""
        return Initialization(
            kernel=self.kernel or other.kernel,
            bias=self.bias or other.bias,
        )


# What a spec means that says nothing: He for kernels, zeros for biases.
DEFAULT = {"kernel": "he_normal", "bias": "zeros"}
