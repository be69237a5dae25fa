"""The syntax of Julia, checked without Julia."""

from __future__ import annotations

import tree_sitter_julia
from tree_sitter import Language, Node, Parser

PARSER = Parser(Language(tree_sitter_julia.language()))


def mistakes(text: str) -> list[str]:
    """What is no Julia in a text: line, column and the beginning of each such place."""
    found: list[str] = []

    def visit(node: Node) -> None:
        if node.type == "ERROR" or node.is_missing:
            line, column = node.start_point
            start = (node.text or b"").decode()[:60]
            found.append(f"{line + 1}:{column + 1}: {start or node.type}")
            return
        for child in node.children:
            visit(child)

    tree = PARSER.parse(text.encode())
    if tree.root_node.has_error:
        visit(tree.root_node)
    return found
