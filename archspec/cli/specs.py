"""``archspec list``, ``init`` and ``schema``: specs to start from, and help for editors."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from archspec.cli.columns import room
from archspec.cli.screen import styled
from archspec.errors import ArchspecError, UsageError

# Where nothing limits it, a line of the list is as wide.
_WIDTH = 120


def list_specs(
    blocks: Annotated[
        bool, typer.Option("--blocks", help="Libraries of blocks, which specs import.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show the specs that come with archspec, or blocks."""
    if blocks:
        from archspec.cli.libraries import list_blocks

        list_blocks(as_json)
        return
    from archspec.backends import specs_folder

    paths = sorted(specs_folder().glob("*.yaml"))
    if as_json:
        import json

        print(json.dumps([_row(path) for path in paths], indent=2))
        return
    width = max((len(path.stem) for path in paths), default=4)
    most = room(sys.stdout) or _WIDTH
    print(
        styled(
            f"{'name':{width}}  {'parameters':>12}  {'input':>11}  what it is", "bold", sys.stdout
        )
    )
    # One after the other, as each is known: to work out all of them takes a second or two.
    for path in paths:
        row = _row(path)
        shape = "x".join(map(str, next(iter(row["input"].values()))))
        line = f"{path.stem:{width}}  {row['parameters']:>12,}  {shape:>11}  {row['doc']}"
        print(_shortened(line.replace("\n", " "), most), flush=sys.stdout.isatty())


def _row(path: Path) -> dict[str, Any]:
    """What is told of a spec."""
    from archspec.resolution import resolve_flat
    from archspec.schema import load

    spec = load(path)
    graph = resolve_flat(spec).graph
    return {
        "name": path.stem,
        "network": spec.name,
        "doc": spec.doc,
        "parameters": graph.parameters,
        "multiply_adds": graph.multiply_adds,
        "input": {name: shape.sizes for name, shape in graph.inputs.items()},
        "cite": spec.cite,
    }


def _shortened(line: str, most: int) -> str:
    return line if len(line) <= most else f"{line[: most - 4].rsplit(' ', 1)[0]} ..."


def init(
    name: Annotated[str, typer.Argument(help="The network's name, such as `MyNet` or `my_net`.")],
    output: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--output", "-o", help="The file to write; else <name>.yaml here."),
    ] = None,
) -> None:
    """Write a small commented spec to start from."""
    from archspec.generation import write_atomically
    from archspec.names import camel, is_camel, snake
    from archspec.schema import loads
    from archspec.schema.starter import starter

    given = name.removesuffix(".yaml").replace("-", "_")
    network = given if is_camel(given) else camel(given.lower())
    if not is_camel(network):
        raise UsageError(
            f"{name!r} cannot be a network's name",
            hint="letters and digits, a letter first, such as `MyNet`",
        )
    path = output or Path(f"{snake(network)}.yaml")
    text = starter(network)
    try:
        loads(text, str(path))
    except ArchspecError as error:
        raise UsageError(error.problems[0].problem, hint=error.problems[0].hint) from None
    if path.exists():
        raise ArchspecError(f"{path} exists", hint="remove it first, or name another file with -o")
    write_atomically(path, text)
    print(f"wrote {path}; next: archspec generate {path} --backend torch --stdout")


def schema(
    output: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--output", "-o", help="The file to write; else standard output."),
    ] = None,
) -> None:
    """Print the JSON Schema of specs, with which editors complete and check them."""
    import json

    from archspec.generation import write_atomically
    from archspec.schema.json_schema import spec_schema

    text = json.dumps(spec_schema(), indent=2) + "\n"
    if output is None:
        sys.stdout.write(text)
    else:
        write_atomically(output, text)
        print(f"wrote {output}")
