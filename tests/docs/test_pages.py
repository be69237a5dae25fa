"""Documents are carried out: specs resolved, commands run, shown output compared."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from archspec.operators import OPERATORS
from archspec.verification import gates
from tests.docs.blocks import blocks
from tests.docs.excerpts import ROOT, pages, refreshed
from tests.docs.session import Session

# `weights.md` has tests of its own, `language.md` is generated.
ELSEWHERE = {"weights.md", "CHANGELOG.md"}
PAGES = [page for page in pages() if page.name not in ELSEWHERE]
CHECKOUT = "<!-- carried out in a copy of the checkout -->"


def _id(page: Path) -> str:
    return page.name


def _slowly(page: Path) -> bool:
    return any(block.slow for block in blocks(page))


# Many commands, one after the other: only the slow tests carry these out.
LONG = {"tutorial", "adding-a-backend", "adding-an-operator", "upstream"}


@pytest.mark.parametrize(
    "page",
    [pytest.param(p, marks=pytest.mark.slow if p.stem in LONG else ()) for p in PAGES],
    ids=_id,
)
def test_a_page_can_be_carried_out(
    page: Path, tmp_path: Path, require_backend: Callable[[str], None]
) -> None:
    _carry_out(page, tmp_path, require_backend, slowly=False)


@pytest.mark.slow
@pytest.mark.parametrize("page", [each for each in PAGES if _slowly(each)], ids=_id)
def test_a_page_can_be_carried_out_whole(
    page: Path, tmp_path: Path, require_backend: Callable[[str], None]
) -> None:
    _carry_out(page, tmp_path, require_backend, slowly=True)


def _carry_out(
    page: Path, folder: Path, require_backend: Callable[[str], None], slowly: bool
) -> None:
    session = Session(folder, CHECKOUT in page.read_text("utf-8"))
    skipped: list[str] = []
    for block in blocks(page):
        if block.untested or "excerpt" in block.notes or (block.slow and not slowly):
            continue
        try:
            for name in block.needs:
                require_backend(name)
        except pytest.skip.Exception as reason:
            skipped.append(f"line {block.line}: {reason}")
            continue
        try:
            session.carry_out(block)
        except Exception as error:
            kind = "" if isinstance(error, AssertionError) else f"{type(error).__name__}: "
            message = f"{page.name}:{block.line}: {kind}{error}"
            raise pytest.fail.Exception(message, pytrace=False) from None
    if skipped:
        pytest.skip("; ".join(skipped))


@pytest.mark.parametrize("page", PAGES, ids=_id)
def test_excerpts_are_current(page: Path) -> None:
    text = page.read_text("utf-8")
    assert refreshed(text) == text, "python tests/docs/excerpts.py brings them up to date"
    for block in blocks(page):
        path, _, name = block.notes.get("excerpt", "").partition(" ")
        if path and not name:
            assert block.text in (ROOT / path).read_text("utf-8"), f"{page.name}:{block.line}"


def _anchor(heading: str) -> str:
    kept = re.sub(r"[^\w\- ]", "", re.sub(r"[`*]", "", heading).lower())
    return kept.strip().replace(" ", "-")


@pytest.mark.parametrize("page", pages(), ids=_id)
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.M | re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(("http:", "https:")):
            continue
        name, _, anchor = target.partition("#")
        linked = (page.parent / name).resolve() if name else page
        assert linked.exists(), f"{page.name}: {target}"
        if anchor:
            headings = re.findall(r"^#+ (.*)$", linked.read_text("utf-8"), re.M)
            assert anchor in {_anchor(each) for each in headings}, f"{page.name}: {target}"


def test_the_table_of_figures_is_true() -> None:
    import archspec

    text = (ROOT / "docs" / "semantics.md").read_text("utf-8")
    rows = re.findall(
        r"^\| `(\w+)`(?:, `(\w+)=true`)? \| ([\d,]+) \| ([\d,]*) \| (\S+) \|$", text, re.M
    )
    assert len(rows) >= 7
    for name, setting, parameters, multiply_adds, size in rows:
        spec = archspec.load(ROOT / "specs" / f"{name}.yaml")
        model = archspec.resolve(spec, **({setting: True} if setting else {}))
        assert f"{model.graph.parameters:,}" == parameters, name
        assert f"{model.graph.multiply_adds:,}" == multiply_adds, name
        assert str(next(iter(model.graph.inputs.values()))) == size, name


def test_the_gates_are_those_that_hold() -> None:
    text = (ROOT / "docs" / "verification.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `([a-z ]+)`[^|]*\|[^|]*\| (\d+e-\d+)", text, re.M))
    expected = {"outputs": gates.FLOAT64, "gradients": gates.GRADIENT}
    expected |= {"shifted norms": gates.SHIFTED}
    assert {name: float(rows[name]) for name in expected} == expected


def test_the_number_of_operators_in_the_changelog() -> None:
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert f"- {len(OPERATORS)} operators" in text
