"""What the code of a class does, statement by statement, with its variables named.

One ``x`` is bound again and again. A branch has a variable of its own; so has a value that is
still needed after the next layer of its chain has run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from archspec.expressions import Expr, simplify
from archspec.expressions.nodes import Logic
from archspec.model.module import Chain, Item, Module, Parallel, Step
from archspec.model.shape import Shape
from archspec.names import LONGEST


# The variable that is bound again and again.
_MAIN = "x"


@dataclass(frozen=True, slots=True)
class Member:
    """Something a class holds: a layer, or a container of layers in order.

    ``when`` makes it the identity where it is false; under ``guard`` it is not there at all.
    """

    name: str
    step: Step | None = None
    members: tuple[Member, ...] = ()
    when: Expr | None = None
    guard: Expr | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """One line of a forward pass: ``targets = what(arguments)``.

    Args:
        targets: the variables that are bound.
        arguments: variables, or statements written out in place of one.
        step: the layer that is applied; None where a container is, or a variable is copied.
        member: the name under which the class holds what is applied.
        guard: the condition of the branch that the line belongs to.
        shape: the shape of the value where it changed, for a comment.
        key: the key of the value.
    """

    targets: tuple[str, ...]
    arguments: tuple[str | Statement, ...]
    key: str
    step: Step | None = None
    member: str | None = None
    guard: Expr | None = None
    shape: Shape | None = None

    @property
    def target(self) -> str:
        """The variables on the left."""
        return ", ".join(self.targets)

    @property
    def copies(self) -> bool:
        """Whether it only gives a value another name."""
        return self.step is None and self.member is None


@dataclass(frozen=True)
class Plan:
    """A class as its template writes it.

    Args:
        module: the class.
        members: what its constructor makes.
        statements: what calling it does.
        result: the variable that holds the result, or a last statement to return.
        outputs: in the network's own class, the variable of each named output.
        heads: for each output with a condition, the statements that make it.
        shared: keys of layers that are applied more than once.
    """

    module: Module
    members: tuple[Member, ...]
    statements: tuple[Statement, ...]
    result: str | Statement
    results: tuple[str, ...]
    outputs: Mapping[str, str]
    heads: Mapping[str, tuple[Statement, ...]]
    shared: frozenset[str]


def plan(module: Module, containers: str, exports: Mapping[str, tuple[str, ...]]) -> Plan:
    """Work out the members, statements and variables of a class.

    Args:
        module: the class; with ``containers == "modules"`` after :func:`outline`.
        containers: as in the backend's manifest.
        exports: keys that classes give out beside their results.
    """
    return _Planner(module, containers == "modules", exports).plan()


@dataclass
class _Planner:
    module: Module
    modules: bool
    exports: Mapping[str, tuple[str, ...]]
    statements: list[Statement] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    lasting: set[str] = field(default_factory=set)

    def plan(self) -> Plan:
        module = self.module
        self.taken |= set(module.inputs) | {"self", "outputs", "train"}
        self.taken |= {each.name for each in module.parameters}
        self.lasting = _lasting(module, self.modules)
        self.variables = {name: name for name in module.inputs}
        if _MAIN in module.inputs and _MAIN in self.lasting:
            # The input is needed again after `x` has been bound anew.
            kept = self._unused("identity")
            self._add(Statement((kept,), (_MAIN,), _MAIN))
            self.variables[_MAIN] = kept
        heads = self._heads()
        own = [each for each in module.body.items if not self._guard(each)]
        self._chain(replace(module.body, items=tuple(own)), _MAIN)
        made = {name: self._separately(chain) for name, chain in heads.items()}
        members = tuple(self._members(module.body.items))
        exported = self.exports.get(module.name, ())
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
        return Plan(module, members, statements, result, results, outputs, made, shared)

    def _guard(self, item: Item) -> Expr | None:
        """The condition of the output that a chain is the head of."""
        found = [each.when for each in self.module.outputs if each.when is not None]
        if not found or not isinstance(item, Chain):
            return None
        return next((each.when for each in self.module.outputs if each.key == item.key), None)

    def _heads(self) -> dict[str, Chain | None]:
        """For each output with a condition the chain that makes it, if it has one."""
        chains = {each.key: each for each in self.module.body.items if isinstance(each, Chain)}
        return {each.name: chains.get(each.key) for each in self.module.outputs if each.when}

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

    def _item(self, item: Item, variable: str, within: Chain) -> None:
        if isinstance(item, Chain):
            if self.modules:
                self._container(item, variable)
            else:
                self._chain(item, variable)
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
        inputs = (chain.source,)
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
        if (alone or looped) and arguments != [target]:
            self._add(Statement((target,), tuple(arguments), step.key))
            arguments = [target]
        shape = step.shape if step.changes else None
        functional = self.modules and len(step.inputs) > 1 and not step.module
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
                or last.key in self.lasting
                or last.member is None
                or len(last.targets) > 1
                or last.targets[0] not in arguments
                or arguments.count(last.targets[0]) > 1
                or last.shape is not None
            ):
                break
            written[last.targets[0]] = self.statements.pop()
        return [written.get(each, each) if isinstance(each, str) else each for each in arguments]

    def _target(self, key: str, variable: str) -> str:
        return self._unused(key.replace(".", "_")) if key in self.lasting else variable

    def _add(self, statement: Statement) -> None:
        self.statements.append(statement)

    def _unused(self, name: str) -> str:
        chosen, number = name[:LONGEST], 2
        while chosen in self.taken:
            chosen, number = f"{name[:LONGEST]}_{number}", number + 1
        self.taken.add(chosen)
        return chosen

    def _members(self, items: tuple[Item, ...]) -> Iterator[Member]:
        for item in items:
            if isinstance(item, Parallel):
                yield from self._members(item.branches)
            elif isinstance(item, Chain):
                yield from self._container_members(item)
            elif item.share is None and (len(item.inputs) == 1 or item.module is not None):
                yield Member(item.name, item, when=item.when)

    def _container_members(self, chain: Chain) -> Iterator[Member]:
        if not chain.items:
            return
        only = chain.items[0]
        if isinstance(only, Step) and only.key == chain.key:
            yield Member(chain.name, only, when=only.when, guard=self._guard(chain))
            return
        inner = tuple(
            Member(each.name, each, when=each.when) for each in chain.items if isinstance(each, Step)
        )
        yield Member(chain.name, None, inner, chain.when, self._guard(chain))


def _both(outer: Expr, inner: Expr | None) -> Expr:
    return outer if inner is None else simplify(Logic("and", outer, inner))


def _lasting(module: Module, modules: bool) -> set[str]:
    """Keys whose value is still needed after its variable has been bound anew."""
    writes: list[tuple[str, str]] = []
    reads: dict[str, list[int]] = {}

    def read(key: str) -> None:
        reads.setdefault(key, []).append(len(writes))

    def visit(item: Item, variable: str) -> None:
        if isinstance(item, Chain):
            container = modules and item.key
            if container or item.when is not None:
                read(item.source)
                writes.append((variable, f"{item.key} source" if not container else item.key))
            if container:
                if len(item.items) == 1 and isinstance(item.items[0], Step):
                    for key in item.items[0].inputs:
                        reads.setdefault(key, []).append(len(writes) - 1)
                aliases[item.result] = item.key
                return
            for each in item.items:
                visit(each, variable)
            aliases[item.key] = item.result if item.items else item.source
        elif isinstance(item, Parallel):
            for branch in item.branches:
                visit(branch, branch.key)
            visit(item.merge, variable)
        else:
            for key in item.inputs:
                read(key)
            writes.append((variable, item.key))

    aliases: dict[str, str] = {}
    for name in module.inputs:
        writes.append((name, name))
    for item in module.body.items:
        visit(item, _MAIN)
    for output in module.outputs:
        read(output.key)
    read(module.body.result)

    def real(key: str) -> str:
        seen = set()
        while key in aliases and key not in seen and aliases[key] != key:
            seen.add(key)
            key = aliases[key]
        return key

    last_read: dict[str, int] = {}
    for key, places in reads.items():
        name = real(key)
        last_read[name] = max(last_read.get(name, 0), *places)
    lasting = set()
    for place, (variable, key) in enumerate(writes):
        later = next((i for i, (v, _) in enumerate(writes[place + 1 :], place + 1) if v == variable), None)
        if later is not None and last_read.get(real(key), -1) > later:
            lasting.add(key)
    return lasting
