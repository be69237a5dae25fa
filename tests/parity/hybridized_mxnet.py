"""Says how far Gluon networks, hybridized and loaded from a file, are from themselves before."""

import json
import sys
import warnings

import numpy as np
from mxnet import autograd
from mxnet import np as mnp

sys.path.insert(0, ".")


def built(make, inputs, hybrid):
    network = make()
    network.initialize()
    # Channels that go in are known after a first pass, which is in float32.
    network(*(each.astype("float32") for each in inputs))
    network.cast("float64")
    if hybrid:
        network.hybridize()
    return network


def passed(network, inputs, training):
    """What a network gives, and the gradients of what it is made of."""
    for each in inputs:
        each.attach_grad()
    with autograd.record(train_mode=training):
        result = network(*inputs)
        several = result if isinstance(result, list | tuple) else [result]
        total = sum((each**2).sum() for each in several)
    total.backward()
    parameters = network._collect_params_with_prefix().values()
    trained = [each.grad() for each in parameters if each.grad_req != "null"]
    return [each.asnumpy() for each in (*several, *trained, *(each.grad for each in inputs))]


def distance(ones, others):
    assert len(ones) == len(others)
    scales = [max(abs(one).max(), 1e-300) for one in ones]
    pairs = zip(ones, others, scales, strict=True)
    return float(max(abs(one - other).max() / scale for one, other, scale in pairs))


def far(request):
    make = getattr(__import__(request["module"]), request["class"])
    draw = np.random.default_rng(0)
    inputs = [mnp.array(draw.standard_normal(each), dtype="float64") for each in request["shapes"]]
    eager, hybrid = built(make, inputs, False), built(make, inputs, True)
    eager.save_parameters("net.params")
    hybrid.load_parameters("net.params", cast_dtype=True)
    # With dropout no two passes in training are alike.
    modes = (False,) if request["drops"] else (False, True)
    return max(distance(passed(eager, inputs, m), passed(hybrid, inputs, m)) for m in modes)


# Of parameters without a use, such as those of an output that has a condition.
warnings.simplefilter("ignore")
print(json.dumps({each["module"]: far(each) for each in json.loads(sys.argv[1])}))
