"""What is compared for one backend, row by row."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from archspec.model.graph import Graph
from archspec.operators.normalization import BatchNorm
from archspec.operators.reshaping import Dropout
from archspec.oracle.interpreter import Result
from archspec.resolution import Model
from archspec.verification import gates, request
from archspec.verification.compare import (
    Array,
    Precisions,
    relative_error,
    tensor_errors,
    worst,
)
from archspec.verification.conditioning import Conditioning
from archspec.verification.finding import ORACLE, Errors, Finding, finding, relative_errors
from archspec.verification.participant import Participant, gradients
from archspec.verification.reference import Reference, corrected, len_of
from archspec.verification.request import Question
from archspec.verification.rounded_decay import as_stated
from archspec.verification.rounding import without_inherited
from archspec.verification.traits import dropouts, shifted


@dataclass(frozen=True)
class Comparison:
    """Everything that took part in a verification.

    Args:
        model: the network.
        question: the numbers that all were given.
        reference: the oracle's results.
        participants: backends that ran, by name.
        base: the name of the backend whose gradients are the measure for the others.
        steps: of gradient descent.
    """

    model: Model
    question: Question
    reference: Reference
    participants: Mapping[str, Participant]
    base: str
    steps: int

    @property
    def graph(self) -> Graph:
        """The network's layers."""
        return self.model.graph

    def findings(self, name: str) -> Iterator[Finding]:
        """Every row for one backend, in the order of the table."""
        one = self.participants[name]
        present = one.answer.done
        yield from self._forward(one, request.EVALUATION, "")
        if request.SINGLE in present:
            yield from self._single(one)
        trains = self.reference.training is not None
        if one.training in one.answer.tasks and trains:
            yield from self._forward(one, one.training, ", training")
        if one.training in present and trains:
            yield from self._statistics(one)
        if request.GRADIENTS in present:
            yield from self._gradients(one)
        if request.STEPS in present:
            yield from self._steps(one)
        if request.SHIFTED in present:
            robust = shifted(self.graph, self.expected(one.training), one, self._apart(one))
            if robust is not None:
                yield robust
        # A compiled file of another author most often has no dropout: it is there to be run.
        silent = bool(one.source.data) and not one.dropouts(request.EVALUATION)
        if any(isinstance(node.operator, Dropout) for node in self.graph.nodes) and not silent:
            yield dropouts(self.graph, one)

    def _forward(self, one: Participant, task: str, mode: str) -> Iterator[Finding]:
        errors, seen, apart = self._compared(one, task)
        note = _widened(errors)
        yield finding(f"outputs{mode}", "float64", ORACLE, errors, len(errors), task, note)
        note = _widened(seen)
        if apart:
            note = f"{len(apart)} layers are cut differently in {one.source.shown}"
        if seen:
            of = len(self.graph.nodes)
            yield finding(f"layers{mode}", "float64", ORACLE, seen, of, task, note)

    def _compared(self, one: Participant, task: str) -> tuple[Errors, Errors, set[str]]:
        """Errors of a pass: of its outputs, of its layers, and which layers are set aside.

        Another author may well call another value `conv1`, such as that after its ReLU. Where the
        outputs are right, such a value is not the layer's, and no mistake.
        """
        result = self.expected(task)
        training = task == one.training
        wanted = [o.name for o in self.model.root.outputs if training or not o.training]
        expected = {name: result.outputs[name] for name in wanted if name in result.outputs}
        errors = relative_errors(one.outputs(task), expected, self.conditioning(task).outputs)
        seen = self.layer_errors(one, task)
        if one.source.unchanged or not worst(errors).passed:
            return errors, seen, set()
        apart = {name for name, (error, gate) in seen.items() if not error <= gate}
        return errors, {name: seen[name] for name in seen if name not in apart}, apart

    def _apart(self, one: Participant) -> set[str]:
        """The layers that are set aside in evaluation."""
        return set() if one.source.unchanged else self._compared(one, request.EVALUATION)[2]

    def _mode(self, task: str) -> str:
        trains = task in (request.GRADIENTS, request.TRAINING)
        return "training" if trains and self.reference.training else "evaluation"

    def expected(self, task: str) -> Result:
        """The oracle's values for a task."""
        training = self.reference.training if self._mode(task) == "training" else None
        return training or self.reference.evaluation

    def conditioning(self, task: str) -> Conditioning:
        """How far rounding moves the values of a task."""
        return self.reference.conditioning[self._mode(task)]

    def layer_gate(self, task: str, path: str) -> float:
        """How far the value of a layer may be from the oracle's."""
        return gates.float64(self.conditioning(task).layers[path])

    def layer_errors(self, one: Participant, task: str) -> Errors:
        """For each layer seen the error of the worst sighting, in the order of the network."""
        seen, expected = one.layers(task), self.expected(task).values
        return {
            node.path: (
                max(relative_error(each, expected[node.path]) for _, each in seen[node.path]),
                self.layer_gate(task, node.path),
            )
            for node in self.graph.nodes
            if node.path in seen
        }

    def _single(self, one: Participant) -> Iterator[Finding]:
        name = one.backend.name
        values = self._layers.single[name]
        paths = {path: path for path in self.graph.by_path}
        layers = self._rounding(name, "layers", self._layers, values, paths)
        # What a layer loses that rounds too much itself is no excuse for the outputs.
        inherited = values if layers.check.passed else {}
        yield self._rounding(name, "outputs", self._outputs, inherited, self.graph.outputs)
        if layers.errors:
            yield layers

    def _rounding(
        self,
        name: str,
        what: str,
        precisions: Precisions,
        values: Mapping[str, Array],
        paths: Mapping[str, str],
    ) -> Finding:
        far = precisions.errors(name)
        given = precisions.single[name]
        errors, count = without_inherited(self.graph, self.question, values, far, paths, given)
        against = ", ".join(each for each in precisions.single if each != name)
        note = "within 10 times the others' own distance from float64"
        if count:
            note += f"; of {count}, what their inputs had lost is left out"
        of = len(paths) if what == "layers" else len(errors)
        return finding(what, "float32", against, errors, of, request.SINGLE, note)

    @cached_property
    def _outputs(self) -> Precisions:
        """The outputs of all, the oracle among them, in both precisions."""
        return self._in_both(lambda result: result.outputs, Participant.outputs)

    @cached_property
    def _layers(self) -> Precisions:
        """The layers of all; read once, since there is much to read."""
        apart = {name: self._apart(one) for name, one in self.participants.items()}

        def seen(one: Participant, task: str) -> dict[str, Array]:
            layers = one.layers(task).items()
            left_out = apart[one.backend.name]
            return {path: each[0][1] for path, each in layers if path not in left_out}

        return self._in_both(lambda result: result.values, seen)

    def _in_both(
        self,
        of_oracle: Callable[[Result], Mapping[str, Array]],
        of_backend: Callable[[Participant, str], Mapping[str, Array]],
    ) -> Precisions:
        assert self.reference.single is not None
        single = {ORACLE: of_oracle(self.reference.single)}
        double = {ORACLE: of_oracle(self.reference.evaluation)}
        for name, one in self.participants.items():
            single[name] = of_backend(one, request.SINGLE)
            double[name] = of_backend(one, request.EVALUATION)
        return Precisions.of(single, double)

    def _statistics(self, one: Participant) -> Iterator[Finding]:
        form = one.backend.manifest.running_variance
        expected = self.reference.statistics[form]
        if not expected:
            return
        found = one.tensors(one.training, "statistic")
        if found and one.backend.manifest.float32_decay:
            found = as_stated(self.graph, self.question.tensors, [found])
        moved = self.conditioning(one.training).statistics
        errors = relative_errors(found, expected, moved)
        of = sum(not each.trainable for _, each in self.graph.tensors.values())
        note = self._statistics_note(one)
        yield finding("statistics", "float64", ORACLE, errors, of, one.training, note)

    def _statistics_note(self, one: Participant) -> str:
        manifest, notes = one.backend.manifest, []
        left = any(
            isinstance(node.operator, BatchNorm) and node.operator.running_variance == "framework"
            for node in self.graph.nodes
        )
        if left and manifest.running_variance == "unbiased":
            notes.append("keeps the unbiased running variance: corrected by n / (n - 1)")
        if manifest.float32_decay:
            notes.append("keeps the decay of BatchNorm in float32: corrected to that of the spec")
        return "; ".join(notes)

    def _running(self, one: Participant) -> Mapping[str, Array]:
        """The running statistics after all steps."""
        if not one.backend.manifest.float32_decay:
            return one.tensors(request.STEPS, f"after{self.steps}")
        numbers = range(1, self.steps + 1)
        seen = [one.tensors(request.STEPS, f"statistic{each}") for each in numbers]
        return as_stated(self.graph, self.question.tensors, seen)

    def _gradients(self, one: Participant) -> Iterator[Finding]:
        found = gradients(one, request.GRADIENTS)
        slope = self.reference.slope
        if slope is not None:
            error, gate = slope.compare(found) if found else (math.inf, 0.0)
            whole = {"along a random direction": (error, gate)}
            note = "the gate is 10 times the differences' own error"
            task = request.GRADIENTS
            yield finding("gradients", "float64", "differences", whole, 1, task, note)
        yield from self._against_base("gradients", found, one, request.GRADIENTS, None)

    def _against_base(
        self, what: str, found: Mapping[str, Array], one: Participant, task: str, step: int | None
    ) -> Iterator[Finding]:
        if len(self.participants) < 2:
            return
        base = self.participants[self.base]
        expected = gradients(base, task) if step is None else base.tensors(task, f"after{step}")
        form, theirs = (each.backend.manifest.running_variance for each in (one, base))
        if step is not None:
            kind = what.startswith("statistics")
            names = {n for n, (_, t) in self.graph.tensors.items() if t.trainable is not kind}
            if kind:
                found, expected = self._running(one), self._running(base)
            expected = {n: each for n, each in expected.items() if n in names}
            found = {n: each for n, each in found.items() if n in names}
            if kind:
                found, expected = self._both_unbiased(found, expected, form, theirs, step)
        if not expected:
            return
        errors = tensor_errors(found, expected)
        yield finding(what, "float64", self.base, errors, len(expected), task)

    def _both_unbiased(
        self,
        found: Mapping[str, Array],
        expected: Mapping[str, Array],
        form: str,
        theirs: str,
        step: int,
    ) -> tuple[Mapping[str, Array], Mapping[str, Array]]:
        """Running statistics of two backends in one form."""
        if form == theirs:
            return found, expected
        before, batch = self.question.tensors, len_of(self.question)
        if form == "biased":
            return corrected(self.graph, before, found, batch, step), expected
        return found, corrected(self.graph, before, expected, batch, step)

    def _steps(self, one: Participant) -> Iterator[Finding]:
        found = one.tensors(request.STEPS, f"after{self.steps}")
        plural = "s" if self.steps > 1 else ""
        for what in ("parameters", "statistics"):
            label = f"{what} after {self.steps} step{plural}"
            yield from self._against_base(label, found, one, request.STEPS, self.steps)


def _widened(errors: Errors) -> str:
    """A note on gates that follow how far rounding moves the values, if some do."""
    count = sum(gate > gates.FLOAT64 for _, gate in errors.values())
    factor = f"{gates.FLOAT64_FACTOR:.0f}"
    return f"the gate of {count} is {factor} times what rounding moves it by" if count else ""
