"""From a file of YAML to rules.

Like a spec it may come from anyone: it is data, and every mistake in it is reported with its
place.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from archspec.errors import Location, Problem, SpecError
from archspec.names import did_you_mean
from archspec.operators import OPERATORS
from archspec.reading import Entry, Mapping, Node, Scalar, Sequence, describe, read_file
from archspec.weights.patterns import JOINTS, Field, Pattern, PatternError, Table, parse
from archspec.weights.rules import DEPTHWISE, Change, Kind, Rule, Rules

KEYS = ("archspec", "doc", "names", "ignore", "layouts", "rename", "split", "join", "order")
VERSION = 1
MOST_PARTS = 64
# Those with a weight whose axes a framework may have in another order.
LAID_OUT = (DEPTHWISE, "conv", "conv_transpose", "dense", "layer_norm")


def read_rules(path: str | Path) -> Rules:
    """Read a file of rules.

    Raises:
        SpecError: with every mistake in it.
    """
    return rules_of(read_file(Path(path)), str(path))


def rules_of(node: Node, file: str) -> Rules:
    """The rules that a document says.

    Raises:
        SpecError: with every mistake in it.
    """
    return Reader(file).read(node)


class Reader:
    """Reads a document of rules, and collects what is wrong with it."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.tables: dict[str, Table] = {}

    def read(self, node: Node) -> Rules:
        """The rules that a document says.

        Raises:
            SpecError: with every mistake in it.
        """
        if not isinstance(node, Mapping):
            hint = "a file of rules begins with `archspec: 1` and has `rename:`"
            raise SpecError(f"expected a mapping, received {describe(node)}", node.where, hint=hint)
        for entry in node:
            if entry.key not in KEYS:
                self._report(
                    f"unknown key `{entry.key[:80]}`",
                    entry.key_where,
                    did_you_mean(entry.key, KEYS),
                )
        self._version(node)
        self.tables = dict(self._names(node.get("names")))
        rules: list[Rule] = []
        for kind in ("rename", "split", "join"):
            for entry in self._entries(node.get(kind), f"`{kind}`"):
                rules += self._rule(kind, entry)
        ignore = [
            pattern
            for item in self._items(node.get("ignore"), "`ignore`")
            for pattern in self._pattern(item)
        ]
        layouts = dict(self._layouts(node.get("layouts")))
        order = self._flag(node.get("order"), "order")
        if not rules and not order and not self.problems:
            self._report("there are no rules in it", node.where, "write `rename:` or `order: true`")
        if self.problems:
            raise SpecError(self.problems)
        return Rules(self.file, tuple(rules), tuple(ignore), layouts, order)

    def _report(self, problem: str, where: Location, hint: str | None = None) -> None:
        self.problems.append(Problem(problem, where, hint=hint))

    def _version(self, node: Mapping) -> None:
        version = node.get("archspec")
        if version is None:
            self._report("`archspec: 1` is missing", node.where, "it says which version this is")
        elif not isinstance(version, Scalar) or version.value != VERSION:
            self._report(f"expected version {VERSION}, received {describe(version)}", version.where)

    def _names(self, node: Node | None) -> Iterator[tuple[str, Table]]:
        for entry in self._entries(node, "`names`"):
            if isinstance(entry.value, Sequence):
                texts = [self._text(each) for each in entry.value]
                yield entry.key, {str(number): text for number, text in enumerate(texts)}
                continue
            table = {}
            for each in self._entries(entry.value, f"`{entry.key[:80]}`"):
                if not each.key or any(joint in each.key for joint in JOINTS):
                    problem = f"expected one part of a name, received `{each.key[:80]}`"
                    self._report(problem, each.key_where, "a table's keys have no `.` and no `/`")
                table[each.key] = self._text(each.value)
            if not table and not self.problems:
                self._report(f"the table `{entry.key[:80]}` is empty", entry.value.where)
            yield entry.key, table

    def _rule(self, kind: Kind, entry: Entry) -> Iterator[Rule]:
        value = entry.value
        key = Scalar(entry.key, entry.key_where, entry.key, quoted=True)
        other: Node = value
        options: dict[str, Any] = {}
        word = "from" if kind == "join" else "to"
        if isinstance(value, Mapping):
            found = value.get(word)
            if found is None:
                self._report(f"`{word}` is missing", value.where)
                return
            other = found
            options = self._options(kind, value, word)
        one = list(self._pattern(key))
        items = [other] if kind == "rename" else self._items(other, f"`{word}`", least=2)
        several = [pattern for item in items for pattern in self._pattern(item)]
        if not one or not several or len(several) != len(items):
            return
        sources, targets = (several, one) if kind == "join" else (one, several)
        before = len(self.problems)
        given, filled = (targets, sources) if kind == "join" else (sources, targets)
        self._check_fields(given[0], filled, entry.key_where)
        if kind == "join" and self.tables.keys() & given[0].names:
            self._report("a rule of `join` has no use for tables", entry.key_where)
        if before == len(self.problems):
            change = {name: options[name] for name in options if name not in ("axis", "stack")}
            yield Rule(
                kind,
                tuple(sources),
                tuple(targets),
                entry.key_where,
                Change(**change),
                options.get("axis", 0),
                options.get("stack", False),
            )

    def _check_fields(self, given: Pattern, filled: list[Pattern], where: Location) -> None:
        """Refuse what cannot be filled in: the one side must have what the other asks for."""
        if any(isinstance(each, Field) and each.offset for each in given.tokens):
            self._report(f"`{given.text}`: write the sum on the other side", where)
        for pattern in filled:
            for name in sorted(pattern.names - given.names):
                self._report(f"`{pattern.text}` has `{{{name}}}`, `{given.text}` has not", where)
            if pattern.stars != given.stars and any(pattern.stars):
                problem = f"`{pattern.text}` has not as many `*` and `**` as `{given.text}`"
                self._report(problem, where)
            if any(isinstance(each, Field) and each.limits for each in pattern.tokens):
                self._report(f"`{pattern.text}`: limits belong on the other side", where)

    def _options(self, kind: Kind, node: Mapping, word: str) -> dict[str, Any]:
        known = {"rename": (), "split": ("axis",), "join": ("axis", "stack")}[kind]
        allowed = (word, "layout", "reverse", "flattened", "squeeze", *known)
        found: dict[str, Any] = {}
        for entry in node:
            value = entry.value
            if entry.key == word:
                continue
            if entry.key not in allowed:
                self._report(
                    f"unknown option `{entry.key[:80]}` of `{kind}`",
                    entry.key_where,
                    did_you_mean(entry.key, allowed),
                )
            elif entry.key == "layout":
                found["layout"] = self._letters(value)
            elif entry.key == "reverse":
                found["reverse"] = self._letters(value)
            elif entry.key == "flattened":
                found["flattened"] = self._sizes(value)
            elif entry.key == "axis":
                found["axis"] = self._axis(value)
            else:
                found[entry.key] = self._flag(value, entry.key)
        return found

    def _layouts(self, node: Node | None) -> Iterator[tuple[str, str]]:
        for entry in self._entries(node, "`layouts`"):
            if entry.key not in LAID_OUT and entry.key not in OPERATORS:
                hint = did_you_mean(entry.key, LAID_OUT)
                self._report(f"unknown kind of layer `{entry.key[:80]}`", entry.key_where, hint)
            yield entry.key, self._letters(entry.value)

    def _pattern(self, node: Node) -> Iterator[Pattern]:
        """The pattern that a text is, or nothing where it is reported instead."""
        before = len(self.problems)
        text = self._text(node)
        if before == len(self.problems):
            try:
                yield parse(text, self.tables)
            except PatternError as error:
                self._report(f"`{text[:80]}`: {error}", node.where)

    def _text(self, node: Node) -> str:
        # A name such as `0` or `null` may stand without quotes.
        if isinstance(node, Scalar) and node.text:
            return node.text
        self._report(f"expected a name, received {describe(node)}", node.where)
        return ""

    def _letters(self, node: Node) -> str:
        text = node.text if isinstance(node, Scalar) else ""
        if not text or len(text) > 8 or len(set(text)) != len(text) or set(text) - set("OICMDHW*"):
            hint = "letters of axes: O out, I in, D H W or * the spatial ones; C M if depthwise"
            problem = f"expected a layout such as HWIO, received {describe(node)}"
            self._report(problem, node.where, hint)
        return text

    def _sizes(self, node: Node) -> tuple[int, ...]:
        values = [each.value if isinstance(each, Scalar) else None for each in self._items(node)]
        sizes = tuple(each for each in values if isinstance(each, int) and 0 < each < 2**31)
        if len(sizes) != len(values) or not 2 <= len(sizes) <= 4:
            problem = "expected the sizes that were flattened, channels last, such as [7, 7, 512]"
            self._report(problem, node.where)
        return sizes

    def _axis(self, node: Node) -> int:
        value = node.value if isinstance(node, Scalar) else None
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 8:
            return value
        self._report(f"expected the number of an axis, received {describe(node)}", node.where)
        return 0

    def _flag(self, node: Node | None, name: str) -> bool:
        if node is None:
            return False
        if isinstance(node, Scalar) and isinstance(node.value, bool):
            return node.value
        problem = f"`{name}`: expected true or false, received {describe(node)}"
        self._report(problem, node.where)
        return False

    def _entries(self, node: Node | None, what: str) -> tuple[Entry, ...]:
        if node is None:
            return ()
        if isinstance(node, Mapping):
            return node.entries
        self._report(f"expected a mapping as {what}, received {describe(node)}", node.where)
        return ()

    def _items(self, node: Node | None, what: str = "it", least: int = 0) -> tuple[Node, ...]:
        if node is None:
            return ()
        if not isinstance(node, Sequence):
            self._report(f"expected a list as {what}, received {describe(node)}", node.where)
            return ()
        if len(node) < least or (least and len(node) > MOST_PARTS):
            problem = f"expected {least} to {MOST_PARTS} names, received {describe(node)}"
            self._report(problem, node.where)
            return ()
        return tuple(node)
