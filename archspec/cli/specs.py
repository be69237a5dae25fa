"""``archspec list``, ``init`` and ``schema``: specs to start from, and help for editors."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Optional

import typer

from archspec.errors import ArchspecError, UsageError


def list_specs(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show the specs that come with archspec."""
    from archspec.backends import specs_folder
    from archspec.resolution import resolve
    from archspec.schema import load

    models = {path.stem: resolve(load(path)) for path in sorted(specs_folder().glob("*.yaml"))}
    if as_json:
        import json

        rows = [
            {
                "name": stem,
                "network": model.spec.name,
                "doc": model.spec.doc,
                "parameters": model.graph.parameters,
                "multiply_adds": model.graph.multiply_adds,
                "input": {name: shape.sizes for name, shape in model.graph.inputs.items()},
                "cite": model.spec.cite,
            }
            for stem, model in models.items()
        ]
        print(json.dumps(rows, indent=2))
        return
    width = max(map(len, models), default=4)
    print(f"{'name':{width}}  {'parameters':>12}  {'input':>10}  description")
    for stem, model in models.items():
        shape = next(iter(model.graph.inputs.values()))
        doc = model.spec.doc.replace("\n", " ")
        doc = doc if len(doc) <= 70 else f"{doc[:67].rsplit(' ', 1)[0]} ..."
        print(f"{stem:{width}}  {model.graph.parameters:>12,}  {shape!s:>10}  {doc}")


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
