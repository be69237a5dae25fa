"""What operators refuse, and why."""

import pytest
from declared import image, made, tokens

from archspec.errors import ArchspecError


@pytest.mark.parametrize(
    ("name", "inputs", "arguments", "message"),
    [
        ("conv", [image(3)], {"out": 1, "kernel": 1}, "a vector of 3"),
        ("dense", [image(3, 4, 4)], {"out": 1}, "takes a vector"),
        ("conv", [image(3, 4)], {"out": 4, "kernel": 5}, "the window spans 5"),
        ("conv", [image(3, 4)], {"out": 4, "kernel": 1, "groups": 2}, "do not divide"),
        ("add", [image(3, 4), image(3, 5)], {}, "differ in shape"),
        ("add", [image(3, 4), image(3)], {"broadcast": True}, "differ in shape"),
        ("add", [image(3, 4), image(2, 1)], {"broadcast": True}, "differ in shape"),
        ("add", [image(3, 4)], {}, "takes 2 or more inputs"),
        ("concat", [image(3, 4), image(3, 5)], {}, "more than the axis C"),
        ("concat", [image(3, 4)], {"axis": "H"}, "no axis H"),
        ("softmax", [image(3)], {"axis": "W"}, "no axis W"),
        ("slice", [image(3)], {"axis": "W"}, "no axis W"),
        ("slice", [image(3, 4)], {"start": 3}, "nothing is left from 3 on"),
        ("slice", [image(3, 4)], {"stop": 4}, "ends at 3, before 4"),
        ("slice", [image(3, 4)], {"axis": "W", "stop": 5}, "axis W of the input 3x4 ends at 4"),
        ("slice", [image(3, 4)], {"start": 2, "stop": 2}, "nothing lies between 2 and 2"),
        ("avg_pool", [image(3, 4)], {"kernel": 2, "stride": 1, "padding": 1}, "count_include_pad"),
        ("conv", [tokens(5, 3)], {"out": 1, "kernel": 1}, "takes no tokens, received 5x3"),
        ("batch_norm", [tokens(5, 3)], {"eps": 1e-3, "decay": 0.9}, "takes no tokens"),
        ("flatten", [tokens(5, 3)], {}, "takes no tokens"),
        (
            "layer_norm",
            [tokens(5, 3)],
            {"axes": ["C", "W"], "eps": 1e-3},
            r"expected the axes \[C\]",
        ),
        ("transpose", [image(3, 4, 4)], {}, "takes tokens, received the shape 3x4x4"),
        ("to_tokens", [image(3)], {}, "a vector of 3"),
        ("select", [tokens(5, 3)], {"index": 5}, "no token 5 among 5"),
        ("concat", [tokens(5, 3), tokens(4, 3)], {}, "more than the axis C"),
        ("concat", [image(3, 4)], {"axis": "T"}, "no axis T"),
        ("add", [tokens(5, 3), image(3)], {}, "differ in shape"),
        ("attention", [tokens(5, 4)], {"heads": 2}, "takes 3 inputs, received 1"),
        ("attention", [tokens(5, 4)] * 3, {"heads": 3}, "3 heads do not divide 4 channels"),
        ("attention", [tokens(5, 4), tokens(5, 6), tokens(5, 6)], {"heads": 2}, "keys 6"),
        ("attention", [tokens(5, 4), tokens(6, 4), tokens(5, 4)], {"heads": 2}, "6 keys and 5"),
        ("attention", [tokens(5, 4), tokens(5, 4), image(4)], {"heads": 2}, "must all be tokens"),
        (
            "attention",
            [tokens(5, 4), tokens(6, 4), tokens(6, 4)],
            {"heads": 2, "causal": True},
            "as many queries as keys, received 5 and 6",
        ),
    ],
)
def test_refusals(name, inputs, arguments, message):
    operator = made(name, inputs[0].rank, **arguments)
    with pytest.raises(ArchspecError, match=message):
        operator.check(inputs)
        operator.fixed(operator.pinned(inputs)).output(inputs)
