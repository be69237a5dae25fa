"""Which values must outlive the variable that is bound again and again."""

from __future__ import annotations

from archspec.model.module import Chain, Item, Module, ModuleOutput, Parallel, Step

# The variable that is bound again and again.
MAIN = "x"


def is_head(item: Item, output: ModuleOutput) -> bool:
    """Whether a chain holds the layers that an output has of its own."""
    return output.own and isinstance(item, Chain) and item.key == output.key


def does_nothing(step: Step) -> bool:
    """Whether a layer is the identity, once and always."""
    if step.operator is None or step.when is not None or step.repeat is not None:
        return False
    return step.operator.name() == "identity"


def lasting(module: Module, modules: bool, exported: tuple[str, ...]) -> set[str]:
    """Keys whose value is still needed after its variable has been bound anew."""
    writes: list[tuple[str, str]] = []
    reads: dict[str, list[int]] = {}

    def read(key: str) -> None:
        reads.setdefault(key, []).append(len(writes))

    def visit(item: Item, variable: str) -> None:
        if isinstance(item, Chain):
            if not item.items:
                # The identity: another name for what goes in.
                aliases[item.key] = item.source
                return
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
            aliases[item.key] = item.result
        elif isinstance(item, Parallel):
            for branch in item.branches:
                visit(branch, branch.key)
            visit(item.merge, variable)
        elif not modules and does_nothing(item):
            aliases[item.key] = item.inputs[0]
        else:
            for key in item.inputs:
                read(key)
            writes.append((variable, item.key))

    aliases: dict[str, str] = {}
    for name in module.inputs:
        writes.append((name, name))
    for item in module.body.items:
        conditional = [each for each in module.outputs if each.when and is_head(item, each)]
        visit(item, conditional[0].name if conditional else MAIN)
    for output in module.outputs:
        read(output.key)
    for key in (*exported, module.body.result):
        read(key)

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
    lasting: set[str] = set()
    # Backwards: a later value that lasts has a variable of its own, and binds no other anew.
    bound: dict[str, int] = {}
    for place, (variable, key) in reversed(list(enumerate(writes))):
        if variable in bound and last_read.get(real(key), -1) > bound[variable]:
            lasting.add(key)
        else:
            bound[variable] = place
    return lasting
