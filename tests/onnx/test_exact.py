"""Numbers of a float32 file in double precision, and ONNX's own reference where it is wrong."""

from __future__ import annotations

from math import erf, sqrt
from typing import Any

import numpy as np
import pytest

from archspec import generate, loads, resolve

HEAD = "archspec: 1\nname: Net\ninput: [4, 8, 8]\n"

pytestmark = pytest.mark.parity


def _attributes(model: Any) -> dict[str, float]:
    from onnx import numpy_helper

    node = model.graph.node[0]
    tensors = [each for each in node.attribute if each.HasField("t")]
    return {each.name: float(numpy_helper.to_array(each.t)) for each in tensors}


def test_a_text_keeps_every_digit(own: Any) -> None:
    text = generate(resolve(loads(HEAD + "stages: {s: [{elu: 1.6732632423543772}]}\n")), "onnx")
    assert _attributes(own.exact.exact_text(text)) == {"alpha": 1.6732632423543772}
    printed = text.replace("alpha = ", "alpha: float = ")
    assert _attributes(own.exact.exact_text(printed)) == {"alpha": 1.6732632423543772}


@pytest.mark.parametrize(
    "number", [0.0, -1.0, 0.1, 1e-5, 1e-12, 0.75, 1 / 6, 2 / 3, 0.044715, sqrt(2), -sqrt(2 / np.pi)]
)
def test_numbers_that_a_file_has_lost_are_told(own: Any, number: float) -> None:
    assert own.exact.exact(float(np.float32(number))) == number


@pytest.mark.parametrize("number", [1.6732632423543772, 0.123456789, 1 / 67])
def test_others_are_not_guessed(own: Any, number: float) -> None:
    with pytest.raises(own.exact.Unclear):
        own.exact.exact(float(np.float32(number)))


def _own_and_theirs(own: Any, text: str, feeds: dict[str, Any]) -> tuple[Any, Any]:
    from onnx import parser
    from onnx.reference import ReferenceEvaluator

    model = parser.parse_model(f'<ir_version: 8, opset_import: ["" : 17]> {text}')
    (theirs,) = ReferenceEvaluator(model).run(None, feeds)
    return own.reference.evaluate(model, feeds)["y"], theirs


# If one of these fails, a newer onnx is right: its operator can be taken out of `reference.py`.


def test_erf_of_onnx_is_in_float32(own: Any) -> None:
    text = "G (double[2] x) => (double[2] y) { y = Erf (x) }"
    mine, theirs = _own_and_theirs(own, text, {"x": np.array([0.1, 0.7])})
    assert mine.tolist() == [erf(0.1), erf(0.7)]
    assert 0 < np.abs(mine - theirs).max() < 1e-7


def test_hard_swish_of_onnx_is_in_float32(own: Any) -> None:
    text = "G (double[1] x) => (double[1] y) { y = HardSwish (x) }"
    mine, theirs = _own_and_theirs(own, text, {"x": np.array([1.0])})
    assert mine[0] == 1 / 6 + 0.5
    assert mine[0] != theirs[0]


def test_lrn_of_onnx_leaves_channels_out(own: Any) -> None:
    text = (
        "G (double[1, 3, 1, 1] x) => (double[1, 3, 1, 1] y)"
        " { y = LRN <size = 3, alpha = 3.0, beta = 1.0, bias = 1.0> (x) }"
    )
    x = np.array([1.0, 2.0, 3.0]).reshape(1, 3, 1, 1)
    mine, theirs = _own_and_theirs(own, text, {"x": x})
    assert np.allclose(mine.ravel(), [1 / 6, 2 / 15, 3 / 14])
    assert not np.allclose(mine, theirs)


def test_global_max_pool_of_onnx_takes_images_only(own: Any) -> None:
    text = "G (double[2, 3, 4] x) => (double[2, 3, 1] y) { y = GlobalMaxPool (x) }"
    x = np.arange(24.0).reshape(2, 3, 4)
    mine, theirs = _own_and_theirs(own, text, {"x": x})
    assert mine.ravel().tolist() == [3, 7, 11, 15, 19, 23]
    assert theirs.shape != mine.shape


def test_max_pool_of_onnx_takes_the_pads_in_another_order(own: Any) -> None:
    text = (
        "G (double[1, 1, 2, 2] x) => (double[1, 1, 1, 2] y)"
        " { y = MaxPool <kernel_shape = [2, 2], pads = [0, 1, 0, 0]> (x) }"
    )
    mine, theirs = _own_and_theirs(own, text, {"x": np.arange(4.0).reshape(1, 1, 2, 2)})
    assert mine[0, 0].tolist() == [[2, 3]]
    assert theirs[0, 0].tolist() == [[3], [3]]


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize(
    "settings",
    [
        "strides = {2}",
        "strides = {2}, ceil_mode = 1",
        "strides = {3}, pads = {1, 0}, ceil_mode = 1",
        "strides = {2}, dilations = {2}, pads = {0, 1}",
        'strides = {2}, auto_pad = "SAME_UPPER"',
        'strides = {2}, auto_pad = "SAME_LOWER"',
        'auto_pad = "VALID"',
    ],
)
def test_max_pools_are_those_of_onnxruntime(own: Any, rank: int, settings: str) -> None:
    from onnx import parser

    onnxruntime = pytest.importorskip("onnxruntime")
    for each in ("2", "3", "1, 0", "0, 1"):
        numbers = [int(one) for one in each.split(", ") for _ in range(rank)]
        settings = settings.replace(f"{{{each}}}", str(numbers))
    x = np.random.default_rng(0).standard_normal((2, 3, *range(7, 7 + rank)))
    sizes = ", ".join(map(str, x.shape))
    model = parser.parse_model(
        '<ir_version: 8, opset_import: ["" : 17]>'
        f" G (float[{sizes}] x) => (float[{', '.join('abcde'[: rank + 2])}] y)"
        f" {{ y = MaxPool <kernel_shape = {[2, 3, 2][:rank]}, {settings}> (x) }}"
    )
    feeds = {"x": x.astype(np.float32)}
    (expected,) = onnxruntime.InferenceSession(model.SerializeToString()).run(None, feeds)
    assert np.array_equal(own.reference.evaluate(model, feeds)["y"], expected)


def test_grouped_conv_transpose_of_onnx_breaks_off(own: Any) -> None:
    from onnx import parser
    from onnx.reference import ReferenceEvaluator

    model = parser.parse_model(
        '<ir_version: 8, opset_import: ["" : 17]>'
        " G (double[1, 2, 2] x, double[2, 2, 1] w) => (double[1, 4, 2] y)"
        " { y = ConvTranspose <group = 2> (x, w) }"
    )
    feeds = {"x": np.array([[[1.0, 2.0], [3.0, 4.0]]]), "w": np.array([[[1.0], [10.0]]] * 2)}
    mine = own.reference.evaluate(model, feeds)["y"]
    assert mine[0].tolist() == [[1, 2], [10, 20], [3, 4], [30, 40]]
    with pytest.raises(ValueError, match=r"reshape|broadcast"):
        ReferenceEvaluator(model).run(None, feeds)
