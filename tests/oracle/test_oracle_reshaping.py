import numpy as np
import pytest

from tests.oracle import naive_loops
from tests.oracle.networks import compute, make


def counting(*shape):
    return np.arange(1.0, 1 + np.prod(shape)).reshape(shape)


def test_flatten_takes_channels_first_and_the_last_axis_fastest():
    y = compute(make("flatten", positions=4), counting(2, 3, 2, 2))
    np.testing.assert_array_equal(y[1], np.arange(13.0, 25.0))


def test_zero_pad_by_side():
    y = compute(make("zero_pad", padding=((1, 0), (2, 1))), counting(1, 1, 1, 2))
    np.testing.assert_array_equal(y, [[[[0, 0, 0, 0, 0], [0, 0, 1, 2, 0]]]])


@pytest.mark.parametrize(("groups", "order"), [(2, [0, 3, 1, 4, 2, 5]), (3, [0, 2, 4, 1, 3, 5])])
def test_channel_shuffle(groups, order):
    x = counting(2, 6, 2)
    np.testing.assert_array_equal(compute(make("channel_shuffle", groups=groups), x), x[:, order])


def test_channel_shuffle_as_its_definition_says():
    x, per = counting(1, 12), 3
    y = compute(make("channel_shuffle", groups=4), x)
    for g in range(4):
        for i in range(per):
            assert y[0, i * 4 + g] == x[0, g * per + i]


@pytest.mark.parametrize(
    ("axis", "start", "stop", "part"),
    [
        ("C", 1, 3, np.s_[:, 1:3]),
        ("C", 2, None, np.s_[:, 2:]),
        ("H", 0, 4, np.s_[:, :, :4]),
        ("W", 5, None, np.s_[..., 5:]),
    ],
)
def test_slices_of_a_named_axis(axis, start, stop, part):
    x = counting(2, 4, 5, 6)
    y = compute(make("slice", axis=axis, start=start, stop=stop), x)
    np.testing.assert_array_equal(y, x[part])


@pytest.mark.parametrize("scale", [(2,), (3, 1), (1, 2, 3)])
def test_nearest_repeats(scale):
    x = counting(2, 2, *range(2, 2 + len(scale)))
    y = compute(make("upsample", scale=scale, mode="nearest"), x)
    for place in np.ndindex(*y.shape[2:]):
        source = tuple(p // s for p, s in zip(place, scale, strict=True))
        np.testing.assert_array_equal(y[:, :, *place], x[:, :, *source])


@pytest.mark.parametrize("coordinates", ["half_pixel", "align_corners"])
@pytest.mark.parametrize("scale", [(2, 2), (3, 2), (1, 4), (5, 1)])
@pytest.mark.parametrize("size", [(1, 1), (3, 4), (2, 5)])
def test_bilinear_equals_loops(coordinates, scale, size):
    x = np.random.default_rng(0).normal(size=(2, 2, *size))
    y = compute(make("upsample", scale=scale, mode="bilinear", coordinates=coordinates), x)
    expected = naive_loops.bilinear(x, scale, coordinates)
    np.testing.assert_allclose(y, expected, rtol=0, atol=1e-14)


def test_bilinear_worked_out_by_hand():
    x = np.array([[[[0.0, 4.0]]]])
    y = compute(make("upsample", scale=(1, 2), mode="bilinear", coordinates="half_pixel"), x)
    np.testing.assert_array_equal(y, [[[[0, 1, 3, 4]]]])
    x = np.array([[[[0.0, 3.0]]]])
    y = compute(make("upsample", scale=(1, 2), mode="bilinear", coordinates="align_corners"), x)
    np.testing.assert_allclose(y, [[[[0, 1, 2, 3]]]], atol=1e-15)


@pytest.mark.parametrize(("axis", "number"), [("C", 1), ("H", 2), ("W", 3)])
def test_concat_along_a_named_axis(axis, number):
    x, y = counting(2, 2, 2, 2), -counting(2, 2, 2, 2)
    joined = compute(make("concat", axis=axis), x, y)
    np.testing.assert_array_equal(np.split(joined, 2, axis=number), [x, y])


def test_sums_and_products_of_several_inputs_that_stretch():
    x, y, z = counting(2, 3, 2, 2), counting(2, 3, 1, 1), counting(2, 1, 2, 1)
    added = compute(make("add", broadcast=True), x, y, z)
    product = compute(make("mul", broadcast=True), x, y, z)
    for n, c, h, w in np.ndindex(2, 3, 2, 2):
        assert added[n, c, h, w] == x[n, c, h, w] + y[n, c, 0, 0] + z[n, 0, h, 0]
        assert product[n, c, h, w] == x[n, c, h, w] * y[n, c, 0, 0] * z[n, 0, h, 0]


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("operator", [make("identity"), make("dropout", rate=0.5)])
def test_nothing_happens(operator, training):
    x = counting(2, 3, 2)
    np.testing.assert_array_equal(compute(operator, x, training=training), x)
