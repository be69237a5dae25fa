"""Small graphs by hand, and one rule at a time."""

import numpy as np

from archspec.errors import Location
from archspec.model.graph import Graph, Node
from archspec.model.shape import Shape
from archspec.operators import OPERATORS
from archspec.oracle.rules import RULES
from archspec.schema.initialization import Initialization


def make(name, **arguments):
    """An operator with settled and fixed arguments; what is left out has its default."""
    return OPERATORS[name].model_construct(**arguments)


def window(name, rank, *, kernel, stride=1, padding=(0, 0), dilation=1, **others):
    """An operator with a window; a number or pair stands for all axes."""

    def spread(value, plain):
        return (value,) * rank if isinstance(value, plain) else tuple(value)

    pads = padding if isinstance(padding[0], tuple) else (padding,) * rank
    if name != "avg_pool":
        others["dilation"] = spread(dilation, int)
    if name == "conv_transpose":
        others["output_padding"] = spread(others.get("output_padding", 0), int)
    return make(
        name, kernel=spread(kernel, int), stride=spread(stride, int), padding=pads, **others
    )


def compute(operator, *inputs, training=False, **tensors):
    """The output of one rule."""
    return RULES[operator.name()](operator, inputs, tensors, training)


class Builder:
    """A graph, layer by layer; a layer without sources takes the one before it."""

    def __init__(self, **inputs):
        self.inputs = {name: Shape.of(*sizes) for name, sizes in inputs.items()}
        self.nodes = []
        self.shapes = dict(self.inputs)
        self.last = next(iter(inputs))

    def add(self, path, operator, *sources, owner=None):
        sources = sources or (self.last,)
        shapes = tuple(self.shapes[source] for source in sources)
        shape = operator.output(shapes)
        self.nodes.append(
            Node(
                path=path,
                groups=((path,),),
                operator=operator,
                inputs=sources,
                input_shapes=shapes,
                shape=shape,
                tensors=operator.tensors(shapes),
                owner=owner or path,
                init=Initialization(),
                module="Net",
                key=path,
                index=None,
                where=Location("net.yaml", 1, 1),
            )
        )
        self.shapes[path] = shape
        self.last = path
        return self

    def graph(self, **outputs):
        return Graph(self.inputs, tuple(self.nodes), outputs or {"y": self.last}, {}, {})


def random_tensors(graph, rng):
    """Random values for every tensor; scales and variances stay positive."""
    values = {}
    for name, (_, tensor) in graph.tensors.items():
        if tensor.role in ("scale", "variance"):
            values[name] = rng.uniform(0.5, 1.5, tensor.shape)
        else:
            fan = tensor.fans[0] if tensor.role == "kernel" else 4
            values[name] = rng.normal(0, np.sqrt(2 / fan), tensor.shape)
    return values
