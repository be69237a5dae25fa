"""The oracle against PyTorch in float64, where PyTorch has the operator."""

import importlib
import os

import numpy as np
import pytest

from archspec.model.shape import Shape
from archspec.oracle import directional_derivative, run
from archspec.oracle.normalization import running_statistics
from tests.oracle.networks import Builder, compute, make, random_tensors, window

pytestmark = pytest.mark.parity

SHAPES = {1: (2, 4, 11), 2: (2, 4, 9, 8), 3: (2, 4, 5, 6, 7)}


@pytest.fixture(scope="module")
def torch():
    try:
        return importlib.import_module("torch")
    except ImportError:
        if "torch" in os.environ.get("ARCHSPEC_REQUIRE_BACKENDS", ""):
            raise
        pytest.skip("PyTorch is not installed")


def agree(actual, expected):
    expected = expected.detach().numpy()
    assert actual.shape == expected.shape
    np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-12 * np.abs(expected).max())


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("groups", [1, 2, 4])
@pytest.mark.parametrize(("kernel", "stride", "pad", "dilation"), [(3, 2, 1, 1), (3, 1, 2, 2)])
def test_convolutions(torch, rank, groups, kernel, stride, pad, dilation):
    rng = np.random.default_rng(0)
    arguments = {"kernel": kernel, "stride": stride, "dilation": dilation, "groups": groups}
    arguments |= {"padding": (pad, pad), "out": 8, "bias": True}
    x, bias = rng.normal(size=SHAPES[rank]), rng.normal(size=8)
    given = {"stride": stride, "padding": pad, "dilation": dilation, "groups": groups}

    weight = rng.normal(size=(8, 4 // groups, *(kernel,) * rank))
    of_torch = getattr(torch.nn.functional, f"conv{rank}d")
    agree(
        compute(window("conv", rank, **arguments), x, weight=weight, bias=bias),
        of_torch(*map(torch.from_numpy, (x, weight, bias)), **given),
    )
    weight = rng.normal(size=(4, 8 // groups, *(kernel,) * rank))
    extra = 1 if stride > 1 else 0
    op = window("conv_transpose", rank, output_padding=extra, **arguments)
    of_torch = getattr(torch.nn.functional, f"conv_transpose{rank}d")
    agree(
        compute(op, x, weight=weight, bias=bias),
        of_torch(*map(torch.from_numpy, (x, weight, bias)), output_padding=extra, **given),
    )


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("ceil", [False, True])
@pytest.mark.parametrize(("kernel", "stride", "pad"), [(3, 2, 1), (3, 2, 0), (2, 2, 1), (3, 3, 1)])
def test_pools(torch, rank, ceil, kernel, stride, pad):
    shape = SHAPES[rank]
    x = np.random.default_rng(0).normal(size=shape)
    arguments = {"kernel": kernel, "stride": stride, "padding": (pad, pad), "ceil": ceil}

    def fixed(name, **others):
        op = window(name, rank, **arguments, **others)
        return op.fixed(op.pinned([Shape.of(*shape[1:])]))

    given = {"kernel_size": kernel, "stride": stride, "padding": pad, "ceil_mode": ceil}
    most = getattr(torch.nn.functional, f"max_pool{rank}d")
    agree(compute(fixed("max_pool"), x), most(torch.from_numpy(x), **given))
    mean = getattr(torch.nn.functional, f"avg_pool{rank}d")
    for counted in (False, True)[: 1 if ceil else 2]:
        op = fixed("avg_pool", count_include_pad=counted)
        agree(compute(op, x), mean(torch.from_numpy(x), **given, count_include_pad=counted))


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("training", [False, True])
def test_batch_norm_and_its_unbiased_running_variance(torch, rank, training):
    rng = np.random.default_rng(0)
    x = rng.normal(size=SHAPES[rank])
    tensors = {name: rng.uniform(0.5, 2, 4) for name in ("running_mean", "running_var")}
    tensors |= {name: rng.normal(size=4) for name in ("weight", "bias")}
    op = make("batch_norm", eps=1e-3, decay=0.75, running_variance="unbiased")
    y = compute(op, x, training=training, **tensors)
    new = running_statistics(op, x, tensors)
    of_torch = {name: torch.from_numpy(each.copy()) for name, each in tensors.items()}
    agree(
        y,
        torch.nn.functional.batch_norm(
            torch.from_numpy(x), **of_torch, training=training, momentum=0.25, eps=1e-3
        ),
    )
    if training:
        for name, value in new.items():
            agree(value, of_torch[name])


def test_other_normalisations(torch):
    rng = np.random.default_rng(0)
    x = rng.normal(size=SHAPES[2])
    functional, given = torch.nn.functional, torch.from_numpy(x)
    weight, bias = rng.normal(size=4), rng.normal(size=4)
    of_torch = torch.from_numpy(weight), torch.from_numpy(bias)
    op = make("group_norm", groups=2, eps=1e-3)
    y = compute(op, x, weight=weight, bias=bias)
    agree(y, functional.group_norm(given, 2, *of_torch, eps=1e-3))
    op = make("layer_norm", axes=("C",), eps=1e-3)
    y = compute(op, x, weight=weight, bias=bias)
    last = functional.layer_norm(given.movedim(1, -1), (4,), *of_torch, eps=1e-3)
    agree(y, last.movedim(-1, 1))
    shape = x.shape[1:]
    weight, bias = rng.normal(size=shape), rng.normal(size=shape)
    of_torch = torch.from_numpy(weight), torch.from_numpy(bias)
    y = compute(make("layer_norm", axes=("C", "H", "W"), eps=1e-3), x, weight=weight, bias=bias)
    agree(y, functional.layer_norm(given, shape, *of_torch, eps=1e-3))
    op = make("local_response_norm", size=3, alpha=0.5, beta=0.75, k=2.0)
    agree(compute(op, x), functional.local_response_norm(given, 3, 0.5, 0.75, 2.0))


ACTIVATIONS = {
    "relu": ({}, "relu", {}),
    "relu6": ({}, "relu6", {}),
    "leaky_relu": ({"slope": 0.2}, "leaky_relu", {"negative_slope": 0.2}),
    "elu": ({"alpha": 1.5}, "elu", {"alpha": 1.5}),
    "silu": ({}, "silu", {}),
    "hard_swish": ({}, "hardswish", {}),
    "hard_sigmoid": ({"slope": 1 / 6}, "hardsigmoid", {}),
    "sigmoid": ({}, "sigmoid", {}),
    "tanh": ({}, "tanh", {}),
    "softmax": ({"axis": "C"}, "softmax", {"dim": 1}),
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations(torch, name):
    arguments, function, given = ACTIVATIONS[name]
    x = np.random.default_rng(0).normal(0, 4, size=SHAPES[2])
    of_torch = getattr(torch.nn.functional, function)
    agree(compute(make(name, **arguments), x), of_torch(torch.from_numpy(x), **given))


@pytest.mark.parametrize("approximate", ["none", "tanh"])
def test_gelu(torch, approximate):
    x = np.random.default_rng(0).normal(0, 4, size=SHAPES[2])
    expected = torch.nn.functional.gelu(torch.from_numpy(x), approximate=approximate)
    agree(compute(make("gelu", approximate=approximate), x), expected)


@pytest.mark.parametrize("coordinates", ["half_pixel", "align_corners"])
def test_bilinear(torch, coordinates):
    x = np.random.default_rng(0).normal(size=SHAPES[2])
    op = make("upsample", scale=(2, 3), mode="bilinear", coordinates=coordinates)
    expected = torch.nn.functional.interpolate(
        torch.from_numpy(x),
        scale_factor=(2.0, 3.0),
        mode="bilinear",
        align_corners=coordinates == "align_corners",
    )
    agree(compute(op, x), expected)


def test_channel_shuffle(torch):
    x = np.random.default_rng(0).normal(size=(2, 6, 3, 3))
    expected = torch.nn.ChannelShuffle(3)(torch.from_numpy(x))
    agree(compute(make("channel_shuffle", groups=3), x), expected)


@pytest.mark.parametrize("training", [False, True])
def test_directional_derivative_equals_backpropagation(torch, training):
    rng = np.random.default_rng(0)
    graph = (
        Builder(x=(3, 12, 12))
        .add("conv1", window("conv", 2, kernel=3, padding=(1, 1), out=8, groups=1, bias=True))
        .add("norm1", make("batch_norm", eps=1e-5, decay=0.9, running_variance="framework"))
        .add("relu1", make("relu"))
        .add("pool", window("max_pool", 2, kernel=3, stride=2, padding=(1, 1)))
        .add("conv2", window("conv", 2, kernel=3, stride=2, out=12, groups=2, bias=True))
        .add("relu2", make("relu"))
        .add("flatten", make("flatten", positions=4))
        .add("fc", make("dense", out=5, bias=True))
        .graph()
    )
    tensors = random_tensors(graph, rng)
    x, cotangent = rng.normal(size=(4, 3, 12, 12)), rng.normal(size=(4, 5))
    t = {name: torch.from_numpy(each.copy()) for name, each in tensors.items()}
    t["x"] = torch.from_numpy(x)
    trained = [name for name in t if "running" not in name]
    for name in trained:
        t[name].requires_grad_()

    functional = torch.nn.functional
    y = functional.conv2d(t["x"], t["conv1.weight"], t["conv1.bias"], padding=1)
    norm = (t[f"norm1.{name}"] for name in ("running_mean", "running_var", "weight", "bias"))
    y = functional.relu(functional.batch_norm(y, *norm, training=training, momentum=0.1))
    y = functional.max_pool2d(y, 3, 2, 1)
    y = functional.conv2d(y, t["conv2.weight"], t["conv2.bias"], stride=2, groups=2)
    y = functional.linear(functional.relu(y).flatten(1), t["fc.weight"], t["fc.bias"])
    agree(run(graph, tensors, {"x": x}, training=training).outputs["y"], y)
    y.backward(torch.from_numpy(cotangent))

    for names in (trained, *([name] for name in trained)):
        direction = {name: rng.normal(size=t[name].shape) for name in names}
        value, error = directional_derivative(
            graph, tensors, {"x": x}, {"y": cotangent}, direction, training
        )
        exact = sum(np.sum(t[name].grad.numpy() * each) for name, each in direction.items())
        assert abs(value - exact) <= error < 1e-5, names
