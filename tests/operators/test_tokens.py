"""Shapes, tensors and costs of the operators on tokens."""

from declared import applied, image, made, tokens


def _given(name, inputs, **arguments):
    operator, shape = applied(name, *inputs, **arguments)
    return operator.tensors(inputs), operator.multiply_adds(inputs, shape), str(shape)


def test_an_image_becomes_a_row_of_tokens() -> None:
    _, shape = applied("to_tokens", image(8, 3, 5))
    assert shape == tokens(15, 8)
    assert shape.channels == 8 and shape.tokens == 15
    assert shape.rank == 0 and shape.spatial == ()


def test_what_is_no_tokens_has_none() -> None:
    assert image(8).tokens is None and image(8, 3).tokens is None


def test_axes_are_exchanged() -> None:
    assert applied("transpose", tokens(5, 3))[1] == tokens(3, 5)


def test_a_class_token_is_one_more() -> None:
    (token,), cost, shape = _given("class_token", [tokens(5, 3)], std=0)
    assert (token.shape, token.role, cost, shape) == ((3,), "token", 0, "6x3")


def test_positions_have_a_vector_for_each_token() -> None:
    (table,), cost, shape = _given("positions", [tokens(5, 3)], std=0.02)
    assert (table.shape, cost, shape) == ((5, 3), 0, "5x3")


def test_dense_is_the_same_for_each_token() -> None:
    (weight, bias), cost, shape = _given("dense", [tokens(5, 3)], out=7)
    assert (weight.shape, bias.shape, shape) == ((7, 3), (7,), "5x7")
    assert cost == 5 * 3 * 7


def test_attention_costs_two_products() -> None:
    # Queries times keys: 5 * 6 * 4; weights times values: 5 * 6 * 8.
    inputs = [tokens(5, 4), tokens(6, 4), tokens(6, 8)]
    tensors, cost, shape = _given("attention", inputs, heads=2)
    assert (tensors, cost, shape) == ((), 5 * 6 * 4 + 5 * 6 * 8, "5x8")


def test_the_root_is_that_of_the_channels_of_a_head() -> None:
    assert made("attention", 0, heads=3).root(48) == 4


def test_one_token_or_the_mean_of_all_is_a_vector() -> None:
    assert applied("select", tokens(5, 3), index=4)[1] == image(3)
    assert applied("mean", tokens(5, 3), axis="T")[1] == image(3)


def test_tokens_are_joined_along_either_axis() -> None:
    assert applied("concat", tokens(5, 3), tokens(2, 3), axis="T")[1] == tokens(7, 3)
    assert applied("concat", tokens(5, 3), tokens(5, 2))[1] == tokens(5, 5)
