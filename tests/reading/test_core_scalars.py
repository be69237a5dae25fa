"""Unquoted scalars that JSON cannot express, or that are near a limit."""

from __future__ import annotations

import math

import pytest

from archspec.reading.scalars import MAX_NUMBER_LENGTH, NumberError, core_value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("+.inf", math.inf),
        (".INF", math.inf),
        ("-.Inf", -math.inf),
        ("0e-999", 0.0),
        ("9" * MAX_NUMBER_LENGTH, int("9" * MAX_NUMBER_LENGTH)),
        ("0x" + "f" * 300, int("f" * 300, 16)),
        ("1.7976931348623157e308", 1.7976931348623157e308),
        ("1\n", "1\n"),
        ("٣", "٣"),
        (".infinity", ".infinity"),
        ("-.nan", "-.nan"),
    ],
)
def test_value(text: str, value: object) -> None:
    assert core_value(text) == value
    assert type(core_value(text)) is type(value)


@pytest.mark.parametrize("text", [".nan", ".NaN", ".NAN"])
def test_not_a_number(text: str) -> None:
    value = core_value(text)
    assert isinstance(value, float) and math.isnan(value)


@pytest.mark.parametrize("text", ["0", "-0", "00", "0o0", "0x0"])
def test_zero_is_an_integer(text: str) -> None:
    value = core_value(text)
    assert value == 0
    assert type(value) is int


@pytest.mark.parametrize(
    "text",
    [
        "9" * (MAX_NUMBER_LENGTH + 1),
        "-" + "9" * 5000,
        "0x" + "f" * 5000,
        "0o" + "7" * 5000,
        "0." + "1" * 5000,
        "1e400",
        "-1e400",
        "1e-400",
        "1e" + "9" * 300,
    ],
)
def test_numbers_nothing_can_hold(text: str) -> None:
    with pytest.raises(NumberError) as caught:
        core_value(text)
    assert len(str(caught.value)) < 100
