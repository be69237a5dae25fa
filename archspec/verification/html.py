"""A result as a page of its own, without scripts and without anything fetched."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from archspec.verification import memory, summary
from archspec.verification.details import against, label, rows
from archspec.verification.figures import figure, plain, seconds
from archspec.verification.result import Result


def html(result: Result) -> str:
    """The page; every value in it is escaped."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = environment.get_template("report.html.jinja")
    return template.render(
        result=result,
        rows=rows(result),
        label=label,
        against=against,
        figure=figure,
        seconds=seconds,
        size=memory.shown,
        plain=plain,
        summary=summary,
    )
