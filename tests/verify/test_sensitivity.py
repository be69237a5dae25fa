"""Whether another input moves the outputs: where noise averages out, inputs have levels."""

from __future__ import annotations

import numpy as np
import pytest

from archspec.errors import VerificationError
from archspec.model.graph import Graph
from archspec.resolution import resolve
from archspec.schema import loads
from archspec.verification import gates, reference, request
from archspec.verification.verify import asked, verify
from archspec.weights.generator import seeded, seeded_inputs

# The mean over 128 x 128 positions, of which the biases are a large part.
SPEC = """\
archspec: 1
name: Averaged
input: [3, 128, 128]
stages:
  body: [{conv: {out: 6, kernel: 1}}, relu, {conv: {out: 5, kernel: 1}}, global_avg_pool]
"""


@pytest.fixture(scope="module")
def graph() -> Graph:
    return resolve(loads(SPEC)).graph


def _silent(who: str, what: str) -> None:
    pass


def test_noise_averages_out(graph: Graph) -> None:
    question = request.Question(seeded(graph, 0), seeded_inputs(graph, 2, 0), {})
    with pytest.raises(reference.InsensitiveError, match="agreement would mean little"):
        reference.compute(graph, question, seeded_inputs(graph, 2, 1), [], _silent)


def test_then_inputs_have_levels(graph: Graph) -> None:
    question, basis = asked(graph, seeded(graph, 0), 2, 0, [], _silent)
    assert question.leveled
    assert all(moved > 0.1 > gates.SENSITIVITY for moved in basis.sensitivity.values())
    (found,), (noise,) = question.inputs.values(), seeded_inputs(graph, 2, 0).values()
    levels = found - noise
    # One for each example and channel, all different.
    np.testing.assert_allclose(levels, levels[:, :, :1, :1] + 0 * levels, atol=1e-12)
    assert len(np.unique(levels[:, :, 0, 0].round(9))) == 6


def test_without_need_they_have_none() -> None:
    graph = resolve(loads(SPEC.replace("128", "8"))).graph
    question, _ = asked(graph, seeded(graph, 0), 2, 0, [], _silent)
    assert not question.leveled


def test_vectors_have_levels_too() -> None:
    spec = SPEC.replace("[3, 128, 128]", "[3]").replace("{conv: {out: 6, kernel: 1}}", "{dense: 6}")
    spec = spec.replace("{conv: {out: 5, kernel: 1}}, global_avg_pool", "{dense: 5}")
    graph = resolve(loads(spec)).graph
    for leveled in (False, True):
        (found,) = seeded_inputs(graph, 4, 0, leveled=leveled).values()
        assert found.shape == (4, 3)


def test_what_overflows_is_refused() -> None:
    squares = ", ".join(["{mul: , from: [previous, previous]}"] * 14)
    text = f"archspec: 1\nname: Large\ninput: [3, 4, 4]\nstages: {{a: [{squares}]}}\n"
    graph = resolve(loads(text)).graph
    question = request.Question(seeded(graph, 0), seeded_inputs(graph, 2, 0), {})
    with pytest.raises(VerificationError, match="too large for float64") as found:
        reference.compute(graph, question, seeded_inputs(graph, 2, 1), [], _silent)
    assert found.value.problems[0].path.startswith("a.mul")


def test_a_network_without_layers_is_verified() -> None:
    text = "archspec: 1\nname: Empty\ninput: [3, 8, 8]\nstages: {a: []}\n"
    result = verify(resolve(loads(text)), [], dtypes=("float64",))
    assert result.layers == 0 and not result.warnings
