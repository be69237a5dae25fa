"""Shapes, pads, tensors and costs of operators, at sizes that do not divide evenly."""

from __future__ import annotations

from itertools import product

import pytest
from declared import applied, image, made

from archspec.errors import ArchspecError
from archspec.model.shape import Shape
from archspec.operators import ACTIVATIONS, OPERATORS
from archspec.operators.padding import ceil_pads, same_pads


def torch_size(size, kernel, stride, low, dilation, ceil):
    """The output size of a PyTorch pool, as its source has it, by counting windows."""
    starts = []
    start = -low
    while True:
        end = start + (kernel - 1) * dilation + 1
        if end > size + low and not (ceil and end - stride < size + low and start < size):
            break
        starts.append(start)
        start += stride
    return len(starts)


@pytest.mark.parametrize("dilation", [1, 2])
@pytest.mark.parametrize("ceil", [False, True])
def test_pools_have_the_sizes_of_pytorch(ceil, dilation):
    checked = 0
    for size, kernel, stride, low in product(range(1, 16), range(1, 6), range(1, 5), range(3)):
        span = (kernel - 1) * dilation + 1
        if low > kernel // 2 or size + 2 * low < span:
            continue
        arguments = {"kernel": kernel, "stride": stride, "padding": low, "ceil": ceil}
        operator, shape = applied("max_pool", image(2, size), dilation=dilation, **arguments)
        expected = torch_size(size, kernel, stride, low, dilation, ceil)
        assert shape.spatial == (expected,), arguments
        (pads,) = operator.padding
        assert pads[0] == low
        # Every window begins inside the input or the padding on the left.
        assert (expected - 1) * stride < size + low
        checked += 1
    assert checked > 300


def test_pools_agree_with_pytorch_itself():
    torch = pytest.importorskip("torch")
    for size, kernel, stride, low in product(range(1, 16), range(1, 6), range(1, 5), range(3)):
        if low > kernel // 2 or size + 2 * low < kernel:
            continue
        window = {"kernel": kernel, "stride": stride, "padding": low, "ceil": True}
        _, shape = applied("max_pool", image(1, size), **window)
        found = torch.nn.functional.max_pool1d(
            torch.zeros(1, 1, size), kernel, stride, low, ceil_mode=True
        )
        assert shape.spatial == tuple(found.shape[2:]), (size, window)


def test_same_pads_keep_the_size_over_the_stride():
    for size, kernel, stride, dilation in product(range(1, 20), range(1, 6), range(1, 5), (1, 2)):
        for mode in ("same_upper", "same_lower"):
            ((low, high),) = same_pads(mode, (size,), (kernel,), (stride,), (dilation,))
            assert abs(low - high) <= 1
            assert (low <= high) if mode == "same_upper" else (low >= high)
            arguments = {"kernel": kernel, "stride": stride, "dilation": dilation}
            _, shape = applied("conv", image(1, size), out=1, padding=mode, **arguments)
            assert shape.spatial == (-(-size // stride),)


def test_ceil_pads_grow_only_the_far_side_and_never_shrink():
    for size, kernel, stride in product(range(3, 30), (2, 3), (1, 2, 3)):
        ((low, high),) = ceil_pads(((0, 0),), (size,), (kernel,), (stride,), (1,))
        assert low == 0 and 0 <= high < stride


@pytest.mark.parametrize(
    ("name", "arguments", "size", "expected"),
    [
        ("conv", {"out": 5, "kernel": 7, "stride": 2, "padding": 3}, (224, 224), (112, 112)),
        ("conv", {"out": 5, "kernel": 3, "padding": "symmetric"}, (7, 6), (7, 6)),
        ("conv", {"out": 5, "kernel": [1, 3], "dilation": [1, 2]}, (7, 9), (7, 5)),
        ("conv", {"out": 5, "kernel": 2, "padding": {"top": 1, "right": 2}}, (4, 4), (4, 5)),
        ("conv", {"out": 5, "kernel": 3, "padding": [[0, 1], 1]}, (4, 4), (3, 4)),
        ("max_pool", {"kernel": 3, "stride": 2, "ceil": True}, (112, 13), (56, 6)),
        ("zero_pad", {"padding": [[1, 2], 3]}, (4, 4), (7, 10)),
        ("upsample", {"scale": [2, 3]}, (4, 5), (8, 15)),
        ("slice", {"axis": "H", "start": 1}, (4, 5), (3, 5)),
        ("slice", {"axis": "W", "start": 1, "stop": 3}, (4, 5), (4, 2)),
        ("slice", {"start": 0}, (4, 5), (4, 5)),
        ("global_avg_pool", {}, (4, 5), ()),
        ("global_max_pool", {"keep_axes": True}, (4, 5), (1, 1)),
        ("flatten", {}, (4, 5), ()),
    ],
)
def test_spatial_sizes(name, arguments, size, expected):
    _, shape = applied(name, image(3, *size), **arguments)
    assert shape.spatial == expected
    assert shape.axes == Shape.of(1, *expected).axes
    assert shape.channels == {"conv": 5, "flatten": 60}.get(name, 3)


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_transposed_convolution_undoes_the_size_of_a_convolution(rank):
    for size, kernel, stride, pad, extra in product(
        range(3, 9), (1, 2, 3), (1, 2, 3), (0, 1), (0, 1)
    ):
        if extra >= stride or pad >= kernel:
            continue
        window = {"out": 4, "kernel": kernel, "stride": stride, "padding": pad}
        start = image(2, *(size,) * rank)
        up, shape = applied("conv_transpose", start, output_padding=extra, **window)
        assert shape.spatial == ((size - 1) * stride - 2 * pad + kernel + extra,) * rank
        if min(shape.spatial) + 2 * pad >= kernel:
            _, back = applied("conv", shape, **window)
            assert back.spatial == start.spatial
        # An ordinary convolution of the stride-dilated input gives the same.
        for low, high in up.full_padding:
            assert (size - 1) * stride + 1 + low + high - kernel + 1 == shape.spatial[0]


@pytest.mark.parametrize(
    ("name", "inputs", "arguments", "tensors", "multiply_adds"),
    [
        ("conv", image(6, 8, 7), {"out": 4, "kernel": [3, 2], "groups": 2},
         {"weight": (4, 3, 3, 2), "bias": (4,)}, 4 * 6 * 6 * 3 * 6),
        ("conv", image(3, 8), {"out": 4, "kernel": 3, "bias": False}, {"weight": (4, 3, 3)}, 216),
        ("conv_transpose", image(6, 4, 5), {"out": 4, "kernel": 3, "stride": 2, "groups": 2},
         {"weight": (6, 2, 3, 3), "bias": (4,)}, 6 * 20 * 2 * 9),
        ("dense", image(7), {"out": 5}, {"weight": (5, 7), "bias": (5,)}, 35),
        ("dense", image(7), {"out": 5, "bias": False}, {"weight": (5, 7)}, 35),
        ("batch_norm", image(7, 2, 2), {"eps": 1e-5, "decay": 0.9},
         {"weight": (7,), "bias": (7,), "running_mean": (7,), "running_var": (7,)}, 0),
        ("layer_norm", image(7, 2, 3), {"axes": ["C"], "eps": 1e-5},
         {"weight": (7,), "bias": (7,)}, 0),
        ("layer_norm", image(7, 2, 3), {"axes": ["C", "H", "W"], "eps": 1e-5},
         {"weight": (7, 2, 3), "bias": (7, 2, 3)}, 0),
        ("group_norm", image(6, 2, 3), {"groups": 3, "eps": 1e-5},
         {"weight": (6,), "bias": (6,)}, 0),
        ("scale", image(6, 2, 3), {}, {"weight": (6,)}, 0),
        ("max_pool", image(6, 4, 4), {"kernel": 2, "stride": 2}, {}, 0),
    ],
)  # fmt: skip
def test_tensors_and_costs(name, inputs, arguments, tensors, multiply_adds):
    operator, shape = applied(name, inputs, **arguments)
    found = operator.tensors([inputs])
    assert {each.name: each.shape for each in found} == tensors
    assert operator.multiply_adds([inputs], shape) == multiply_adds
    for each in found:
        assert each.trainable == (not each.name.startswith("running"))


def test_fans_count_the_positions_of_the_kernel():
    operator, _ = applied("conv", image(6, 8, 8), out=4, kernel=3, groups=2)
    assert operator.tensors([image(6, 8, 8)])[0].fans == (27, 36)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("conv", {"out": 1, "kernel": 3, "stride": 2, "padding": 1}),
        ("conv", {"out": 1, "kernel": 3, "dilation": 3, "padding": [[0, 4]]}),
        ("conv", {"out": 1, "kernel": 1, "stride": 4}),
        ("max_pool", {"kernel": 3, "stride": 3}),
        ("conv_transpose", {"out": 1, "kernel": 3, "stride": 2, "padding": 1}),
        ("conv_transpose", {"out": 1, "kernel": 2, "stride": 3, "output_padding": 2}),
        ("zero_pad", {"padding": [[2, 1]]}),
        ("upsample", {"scale": 3}),
        ("slice", {"axis": "W", "start": 2}),
        ("slice", {"start": 0, "stop": 1}),
        ("global_avg_pool", {"keep_axes": True}),
        ("relu", {}),
    ],
)
def test_needed_is_the_least_input(name, arguments):
    operator = made(name, 1, **arguments)
    operator = operator.fixed({})

    def size(n):
        try:
            return operator.spatial([image(1, n)])[0]
        except ArchspecError:
            return 0

    for wanted in range(1, 9):
        if name == "global_avg_pool" and wanted > 1:
            continue
        least = next(n for n in range(1, 100) if size(n) >= wanted)
        assert operator.needed(wanted, 0) == least, wanted


def test_merges():
    add, shape = applied("add", image(3, 1, 5), image(1, 4, 5), broadcast=True)
    assert shape == image(3, 4, 5)
    assert add.channels([1, 3]) == 3
    _, shape = applied("concat", image(3, 4, 5), image(3, 2, 5), axis="H")
    assert shape == image(3, 6, 5)
    _, shape = applied("concat", image(3, 4), image(2, 4), image(1, 4))
    assert shape == image(6, 4)


def test_activations_take_one_input_and_need_no_argument():
    for name in ACTIVATIONS:
        _, shape = applied(name, image(3, 4, 4))
        assert shape == image(3, 4, 4)


@pytest.mark.parametrize("name", OPERATORS)
def test_every_operator_says_what_it_is(name):
    operator = OPERATORS[name]
    assert operator.name() == name
    assert operator.__doc__ and operator.onnx
    kind, _, version = operator.onnx.rpartition("-")
    assert kind and version.isdigit()
    if operator.primary:
        assert operator.primary in operator.arguments()
    assert operator.model_json_schema()


def test_only_a_sixth_is_a_sixth():
    assert made("hard_sigmoid", 2, slope="1 / 6").is_sixth
    assert not made("hard_sigmoid", 2, slope=0.2).is_sixth
