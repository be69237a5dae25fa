"""Rules carried out: the tensors of a foreign checkpoint as those of a network."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from archspec.errors import Location, Problem, WeightsError
from archspec.model.graph import Graph
from archspec.names import begin_suggestions, nearest
from archspec.weights.check import MOST_PROBLEMS, check, shown
from archspec.weights.layouts import MisfitError
from archspec.weights.moving import Move, arrays
from archspec.weights.patterns import Found, Pattern, UnfilledError
from archspec.weights.rules import Rule, Rules

Array = npt.NDArray[Any]

# Patterns times names: a few seconds.
MOST_MATCHES = 20_000_000


@dataclass(frozen=True, slots=True)
class Mapped:
    """What came of a checkpoint.

    Args:
        tensors: arrays by canonical name, in canonical layouts.
        moves: where each comes from.
        ignored: names of foreign tensors that take no part.
        unused: rules that no tensor asked for.
    """

    tensors: Mapping[str, Array]
    moves: tuple[Move, ...]
    ignored: tuple[str, ...]
    unused: tuple[Rule, ...]


def apply(graph: Graph, rules: Rules, found: Mapping[str, Array], source: str = "") -> Mapped:
    """The tensors of a network, made of those of a foreign checkpoint.

    Each tensor of the network comes from exactly one place, each of the checkpoint is used or
    ignored, and all shapes fit.

    Args:
        graph: the network.
        rules: which is which.
        found: the foreign arrays by name, in the order of the file.
        source: what they were read from, for the messages.

    Raises:
        WeightsError: with everything that does not fit, and with what is not a finite number.
    """
    return _Mapping(graph, rules, found, source).carried_out()


class _Mapping:
    def __init__(self, graph: Graph, rules: Rules, found: Mapping[str, Array], source: str) -> None:
        self.graph, self.rules, self.found, self.source = graph, rules, found, source
        self.problems: list[Problem] = []
        self.moves: list[Move] = []
        # By name: who takes a foreign tensor, who makes one of the network.
        self.taken: dict[str, Move] = {}
        self.made: dict[str, Move] = {}
        # Foreign tensors about which something has been said already.
        self.misled: set[str] = set()
        self.ignored: dict[str, None] = {}

    def carried_out(self) -> Mapped:
        begin_suggestions()
        literal: dict[str, list[Rule]] = defaultdict(list)
        open_: list[Rule] = []
        for rule in self.rules.rules:
            if rule.kind != "join":
                name = rule.sources[0].literal
                (open_ if name is None else literal[name]).append(rule)
        ignore = [each for each in self.rules.ignore if each.literal is None]
        ignored = {each.literal for each in self.rules.ignore}
        joins = [each for each in self.rules.rules if each.kind == "join"]
        self._refuse_too_many(len(open_) + len(ignore) + len(joins))
        for rule in joins:
            self._join(rule)
        # A name in full goes before what is ignored, and that before patterns.
        for name in self.found:
            if name in literal:
                self._rename(name, literal[name])
            elif name in ignored or any(each.match(name) for each in ignore):
                self.ignored[name] = None
            elif name not in self.taken:
                self._rename(name, open_)
        settled = {*self.taken, *self.misled, *self.ignored}
        left = [name for name in self.found if name not in settled]
        if self.rules.order:
            left = self._in_order(left)
        tensors = self._moved()
        self._leftover(left)
        if self.problems:
            raise WeightsError(_listed(self.problems))
        check({name: t.shape for name, (_, t) in self.graph.tensors.items()}, tensors, self.source)
        used = {id(each.rule) for each in self.moves}
        unused = [each for each in self.rules.rules if id(each) not in used]
        return Mapped(
            {name: np.asarray(tensors[name], order="C") for name in self.graph.tensors},
            tuple(self.moves),
            tuple(self.ignored),
            tuple(unused),
        )

    def _refuse_too_many(self, patterns: int) -> None:
        names = len(self.found) + len(self.graph.tensors)
        if patterns * names > MOST_MATCHES:
            problem = f"{patterns} patterns for {names} names are too many to try"
            raise WeightsError(problem, path=self.rules.file)

    def _report(self, problem: str, where: Location | None = None, hint: str | None = None) -> None:
        path = "" if where else self.source
        self.problems.append(Problem(problem, where, path, hint))

    def _rename(self, name: str, rules: list[Rule]) -> None:
        matches = [
            (rule, found) for rule in rules if (found := rule.sources[0].match(name)) is not None
        ]
        if len(matches) > 1:
            self.misled.add(name)
            first, second = (each for each, _ in matches[:2])
            other = f"`{first.sources[0].text}` in line {first.where.line}"
            problem = f"{shown(name)} is matched by `{second.sources[0].text}` and by {other}"
            self._report(problem, second.where, "give one of them limits, such as {i=0..3}")
        elif matches:
            rule, found = matches[0]
            self._add(rule, (name,), self._filled(rule.targets, found, rule, {name}))

    def _join(self, rule: Rule) -> None:
        for target in self.graph.tensors:
            found = rule.targets[0].match(target)
            if found is None:
                continue
            sources = self._filled(rule.sources, found, rule, set())
            absent = [each for each in sources if each not in self.found]
            for each in absent:
                near = nearest(each, [name for name in self.found if name not in self.taken])
                hint = f"there is {shown(near)}: is that it?" if near else None
                self._report(f"there is no {shown(each)} to join into `{target}`", rule.where, hint)
            if sources and not absent:
                self._add(rule, sources, (target,))

    def _filled(
        self, patterns: tuple[Pattern, ...], found: Found, rule: Rule, names: set[str]
    ) -> tuple[str, ...]:
        try:
            return tuple(each.fill(found) for each in patterns)
        except UnfilledError as error:
            self.misled |= names
            self._report(f"{' '.join(map(shown, names))}: {error}".lstrip(": "), rule.where)
            return ()

    def _add(self, rule: Rule, sources: tuple[str, ...], targets: tuple[str, ...]) -> None:
        if not targets:
            return
        before = len(self.problems)
        for target in targets:
            if target not in self.graph.tensors:
                free = [name for name in self.graph.tensors if name not in self.made]
                near = nearest(target, free) or nearest(target, self.graph.tensors)
                hint = f"did you mean {shown(near)}?" if near else None
                problem = f"{shown(sources[0])} shall be {shown(target)}, which the network has not"
                self._report(problem, rule.where, hint)
            elif target in self.made:
                other = shown(self.made[target].sources[0])
                problem = f"both {other} and {shown(sources[0])} shall be `{target}`"
                self._report(problem, rule.where)
        for name in sources:
            if name in self.taken:
                self._report(f"{shown(name)} is taken twice", rule.where)
        if len(set(targets)) < len(targets) or len(set(sources)) < len(sources):
            self._report(f"{shown(sources[0])}: one name stands twice", rule.where)
        if before < len(self.problems):
            self.misled |= set(sources)
            return
        self._move(Move(sources, targets, rule.change, rule.axis, rule.stack, rule))

    def _move(self, move: Move) -> None:
        self.moves.append(move)
        self.taken |= dict.fromkeys(move.sources, move)
        self.made |= dict.fromkeys(move.targets, move)

    def _in_order(self, left: list[str]) -> list[str]:
        """Pair what is left on both sides, the first with the first."""
        open_ = [name for name in self.graph.tensors if name not in self.made]
        for name, target in zip(left, open_, strict=False):
            self._move(Move((name,), (target,)))
        return left[len(open_) :]

    def _moved(self) -> dict[str, Array]:
        tensors: dict[str, Array] = {}
        for move in self.moves:
            try:
                tensors |= arrays(self.graph, move, self.found, self.rules.layouts)
            except MisfitError as error:
                names = ", ".join(map(shown, move.sources))
                hint = "`layouts` says in which order the axes of a kernel are"
                self._report(f"{names} → `{move.targets[0]}`: {error}", move.where, hint)
                if move.rule is None:
                    # What comes after is out of step.
                    break
        return tensors

    def _leftover(self, left: list[str]) -> None:
        """What was not used, and what did not come."""
        missing = [name for name in self.graph.tensors if name not in self.made and not self.misled]
        for count, name in enumerate(left):
            near = nearest(name, missing) if count < MOST_PROBLEMS else None
            hint = f"is it {shown(near)}? else `ignore` it" if near else None
            problem = f"{shown(name)} is neither used nor ignored (shape {self.found[name].shape})"
            self._report(problem, hint=hint)
        for count, name in enumerate(missing):
            shape = self.graph.tensors[name][1].shape
            fitting = [each for each in (*left, *self.ignored) if self.found[each].shape == shape]
            near = nearest(name, fitting) if count < MOST_PROBLEMS else None
            near = near or (fitting[0] if fitting else None)
            so = "ignored" if near in self.ignored else "not used"
            hint = f"{shown(near)} has its shape and is {so}" if near else None
            self._report(f"`{name}` is missing: no rule gives it (shape {shape})", hint=hint)


def _listed(problems: list[Problem]) -> list[Problem]:
    more = len(problems) - MOST_PROBLEMS
    return [*problems[:MOST_PROBLEMS], Problem(f"and {more} more")] if more > 0 else problems
