"""What the code of a class does, statement by statement, with its variables named.

One ``x`` is bound again and again. A branch has a variable of its own; so has a value that is
still needed after the next layer of its chain has run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from archspec.expressions import Expr, simplify
from archspec.expressions.nodes import Logic
from archspec.model.module import Chain, Item, Module, Parallel, Step, chains_of
from archspec.names import LONGEST
from archspec.render.lasting import MAIN, does_nothing, is_head, lasting
from archspec.render.members import guard, members_of
from archspec.render.statements import Plan, Statement


def plan(
    module: Module,
    containers: str,
    exports: Mapping[str, tuple[str, ...]],
    reserved: Iterable[str] = (),
    makes_inputs: bool = False,
    nests: Callable[[Step], bool] | None = None,
) -> Plan:
    """Work out the members, statements and variables of a class.

    Args:
        module: the class; with ``containers == "modules"`` after :func:`outline`.
        containers: as in the backend's manifest.
        exports: keys that classes give out beside their results.
        reserved: names that no variable may have.
        makes_inputs: whether its code makes its inputs, and needs them to the end.
        nests: whether a layer may be applied inside the arguments of another; by default each may.
    """
    modules = containers == "modules"
    return _Planner(module, modules, exports, makes_inputs, nests, taken=set(reserved)).plan()


@dataclass
class _Planner:
    module: Module
    modules: bool
    exports: Mapping[str, tuple[str, ...]]
    makes_inputs: bool = False
    nests: Callable[[Step], bool] | None = None
    statements: list[Statement] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    lasting: set[str] = field(default_factory=set)
    called: dict[str, str] = field(default_factory=dict)

    def plan(self) -> Plan:
        module = self.module
        self.taken |= set(module.inputs) | {"self", "outputs", "train"}
        self.taken |= {each.name for each in module.parameters}
        self.taken |= {step.repeat.index for step in module.steps() if step.repeat}
        self.taken |= {step.share.replace(".", "_") for step in module.steps() if step.share}
        exported = self.exports.get(module.name, ())
        self.lasting = lasting(module, self.modules, exported)
        self.variables = {name: name for name in module.inputs}
        if self.makes_inputs and MAIN in module.inputs:
            alone = len(module.inputs) == 1
            self.variables[MAIN] = self._unused("inputs" if alone else f"{MAIN}_input")
        inputs = tuple(self.variables.values())
        if MAIN in inputs and MAIN in self.lasting:
            # The input is needed again after `x` has been bound anew.
            kept = self._unused("identity")
            self._add(Statement((kept,), (MAIN,), MAIN))
            self.variables[MAIN] = kept
        heads = self._heads()
        own = [each for each in module.body.items if not guard(module, each)]
        self._chain(replace(module.body, items=tuple(own)), MAIN)
        made = {name: self._separately(chain) for name, chain in heads.items()}
        members = tuple(members_of(module, module.body.items))
        outputs = {each.name: self.variables[each.key] for each in module.outputs}
        result: str | Statement = self.variables[""]
        results = (self.variables[""], *(self.variables[key] for key in exported))
        last = self.statements[-1] if self.statements else None
        single = not exported and len(outputs) <= 1
        if single and last and last.guard is None and last.targets == (result,) and not last.copies:
            bare = last.step is None or (last.step.repeat is None and last.step.when is None)
            if self.modules or bare:
                result = self.statements.pop()
        shared = frozenset(each.share for each in module.steps() if each.share)
        statements = tuple(self.statements)
        return Plan(module, members, statements, result, results, outputs, made, shared, inputs)

    def _heads(self) -> dict[str, Chain | None]:
        """For each output with a condition the chain that makes it, if it has one."""
        chains = [each for each in self.module.body.items if isinstance(each, Chain)]
        return {
            output.name: next((chain for chain in chains if is_head(chain, output)), None)
            for output in self.module.outputs
            if output.when is not None
        }

    def _separately(self, chain: Chain | None) -> tuple[Statement, ...]:
        """The statements of a head that are not always run."""
        if chain is None:
            return ()
        before = len(self.statements)
        self._item(chain, self._unused(chain.name), chain)
        made = tuple(self.statements[before:])
        del self.statements[before:]
        return made

    def _chain(self, chain: Chain, variable: str) -> None:
        before = len(self.statements)
        source = self.variables[chain.source]
        if chain.when is not None:
            self._add(Statement((variable,), (source,), chain.key))
            self.variables[f"{chain.key} source"] = variable
        for item in chain.items:
            self._item(item, variable, chain)
        result = self.variables[chain.result]
        if chain.when is not None:
            inner = self.statements[before + 1 :]
            guarded = [replace(each, guard=_both(chain.when, each.guard)) for each in inner]
            self.statements[before + 1 :] = guarded
        self.variables[chain.key] = result

    def _stage(self, stage: Chain, variable: str) -> None:
        """A stage of the network written out: its name stands above its first statement."""
        before = len(self.statements)
        # A value that lasts and is what a stage gives is called after the stage.
        self.called[stage.result] = stage.key
        self._chain(stage, variable)
        if len(self.statements) > before:
            self.statements[before] = replace(self.statements[before], heading=stage)

    def _item(self, item: Item, variable: str, within: Chain) -> None:
        if isinstance(item, Chain):
            if self.modules:
                self._container(item, variable)
            else:
                self._stage(item, variable)
        elif isinstance(item, Parallel):
            for branch in item.branches:
                self._branch(branch)
            self._step(item.merge, variable, within)
        else:
            self._step(item, variable, within)

    def _branch(self, branch: Chain) -> None:
        if not branch.items:
            self.variables[branch.key] = self.variables[branch.source]
            return
        name = self._unused(branch.key.replace(".", "_"))
        if self.modules:
            self._container(branch, name)
        else:
            self._chain(branch, name)

    def _container(self, chain: Chain, variable: str) -> None:
        """A container that is a module: one call."""
        if not chain.items:
            self.variables[chain.key] = self.variables[chain.source]
            return
        only = chain.items[0] if len(chain.items) == 1 else None
        called = isinstance(only, Step) and only.key == chain.key
        step = only if called and isinstance(only, Step) else None
        target = self._target(chain.key, variable)
        targets = [target]
        inputs: tuple[str, ...] = (chain.source,)
        if step is not None:
            inputs = step.inputs
            for key in self.exports.get(step.module or "", ()):
                whole = f"{chain.key}.{key}"
                self.variables[whole] = self._unused(whole.replace(".", "_"))
                targets.append(self.variables[whole])
        arguments = tuple(self.variables[key] for key in inputs)
        self._add(
            Statement(
                tuple(targets),
                arguments,
                chain.key,
                step,
                chain.key,
                None,
                chain.shape if chain.changes else None,
            )
        )
        self.variables[chain.key] = target
        self.variables[chain.result] = target

    def _step(self, step: Step, variable: str, within: Chain) -> None:
        sources = [
            f"{within.key} source" if within.when is not None and key == within.source else key
            for key in step.inputs
        ]
        arguments: list[str | Statement] = [self.variables[key] for key in sources]
        target = self._target(step.key, variable)
        if len(step.inputs) > 1:
            arguments = self._written_out(step, arguments)
        alone = step.when is not None and not self.modules
        looped = step.repeat is not None and not self.modules
        if not self.modules and does_nothing(step):
            self.variables[step.key] = str(arguments[0])
            return
        if (alone or looped) and arguments != [target]:
            self._add(Statement((target,), tuple(arguments), step.key))
            arguments = [target]
        # Written out, a stage says its shape in its heading.
        shape = step.shape if step.changes and self.modules else None
        functional = self.modules and step.merges
        member = None if functional else step.share or step.key
        self._add(Statement((target,), tuple(arguments), step.key, step, member, None, shape))
        self.variables[step.key] = target

    def _written_out(self, step: Step, arguments: list[str | Statement]) -> list[str | Statement]:
        """Calls of containers that only this layer takes, written in place of their variables."""
        if not self.modules:
            return arguments
        written: dict[str, Statement] = {}
        while self.statements:
            last = self.statements[-1]
            if (
                last.key not in step.inputs
                or self._readers(last.key) > 1
                or last.member is None
                or len(last.targets) > 1
                or last.targets[0] not in arguments
                or arguments.count(last.targets[0]) > 1
                or last.shape is not None
                or (last.step is not None and self.nests and not self.nests(last.step))
            ):
                break
            written[last.targets[0]] = self.statements.pop()
        return [written.get(each, each) if isinstance(each, str) else each for each in arguments]

    def _readers(self, key: str) -> int:
        """How many layers, chains and results take a value, by its key or by its container's."""
        chains = [each for each in chains_of(self.module.body) if each.key]
        keys = {key, *(each.result for each in chains if each.key == key)}
        taken = [each for step in self.module.steps() for each in {*step.inputs}]
        taken += [each.source for each in chains]
        taken += [each.key for each in self.module.outputs]
        taken += self.exports.get(self.module.name, ())
        return sum(each in keys for each in taken)

    def _target(self, key: str, variable: str) -> str:
        if key not in self.lasting:
            return variable
        return self._unused(self.called.get(key, key).replace(".", "_"))

    def _add(self, statement: Statement) -> None:
        self.statements.append(statement)

    def _unused(self, name: str) -> str:
        chosen, number = name[:LONGEST], 2
        while chosen in self.taken:
            chosen, number = f"{name[:LONGEST]}_{number}", number + 1
        self.taken.add(chosen)
        return chosen


def _both(outer: Expr, inner: Expr | None) -> Expr:
    return outer if inner is None else simplify(Logic("and", outer, inner))
