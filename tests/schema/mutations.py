"""Specs that are nearly right: valid ones with parts dropped, doubled, swapped or replaced."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import strategies as st

from archspec.backends import specs_folder
from archspec.operators import OPERATORS
from archspec.reading import plain, read_file
from archspec.schema.documents import BlockDocument, LayerOptions, ParameterDocument, SpecDocument

CASES = Path(__file__).parent / "cases"
BASES = [
    plain(read_file(path))
    for path in (*sorted(specs_folder().glob("*.yaml")), *sorted(CASES.glob("*/spec.yaml")))
    if path.parent == specs_folder() or (path.parent / "expected.json").exists()
]


def _fields(*models):
    return [field.alias or name for each in models for name, field in each.model_fields.items()]


def _words(value, found):
    if isinstance(value, dict):
        for key, each in value.items():
            found.add(key)
            _words(each, found)
    elif isinstance(value, list):
        for each in value:
            _words(each, found)
    elif isinstance(value, str):
        found.add(value)


WORDS = {*OPERATORS, *_fields(SpecDocument, BlockDocument, LayerOptions, ParameterDocument)}
WORDS |= {name for each in OPERATORS.values() for name in each.model_fields}
for _base in BASES:
    _words(_base, WORDS)
WORDS |= {"int", "int?", "block", "activation", "previous", "x", "i", "in_channels", "share"}
WORDS |= {"1 // 0", "a.b", "c[0]", "-1", "i + 1", "../x", "", " ", "none", "not x", "x.y.z"}

scalars = st.one_of(
    st.sampled_from(sorted(WORDS)),
    st.none(),
    st.booleans(),
    st.integers(-3, 12),
    st.sampled_from([10**6, 2**31, 2**53 + 1, 10**40, -(10**20), 1e-320, 1e308, 0.5, -0.0]),
    st.text(max_size=8),
)
nodes = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.one_of(st.sampled_from(sorted(WORDS)), st.text(max_size=5)), inner, max_size=4
        )
    ),
    max_leaves=8,
)


def places(value, path=()):
    """The path of every node below the root."""
    if path:
        yield path
    if isinstance(value, dict | list):
        for key, each in value.items() if isinstance(value, dict) else list(enumerate(value)):
            yield from places(each, (*path, key))


_KINDS = ["drop", "replace", "scalar", "double", "swap", "rename", *["tweak"] * 4]


def _found_words(spec):
    found = {"relu"}
    _words(spec, found)
    return found


@st.composite
def specs(draw) -> str:
    """The text of a spec that is nearly right."""
    spec = json.loads(json.dumps(draw(st.sampled_from(BASES))))
    for _ in range(draw(st.integers(1, 4))):
        # The top level is soon wrong; what lies deeper is of more interest.
        found = [path for path in places(spec) if len(path) > 2] or list(places(spec))
        if not found:
            break
        *way, last = draw(st.sampled_from(found))
        parent = spec
        for step in way:
            parent = parent[step]
        match draw(st.sampled_from(_KINDS)):
            case "tweak" if isinstance(parent[last], int):
                parent[last] = draw(st.integers(-1, 9))
            case "tweak" if isinstance(parent[last], str):
                parent[last] = draw(st.sampled_from(sorted(_found_words(spec))))
            case "drop":
                del parent[last]
            case "replace":
                parent[last] = draw(nodes)
            case "scalar":
                parent[last] = draw(scalars)
            case "double" if isinstance(parent, list):
                parent.insert(last, json.loads(json.dumps(parent[last])))
            case "double":
                parent[draw(st.sampled_from(sorted(WORDS)))] = json.loads(json.dumps(parent[last]))
            case "rename" if isinstance(parent, dict):
                parent[draw(st.sampled_from(sorted(WORDS)))] = parent.pop(last)
            case _:
                other = spec
                for step in draw(st.sampled_from(found)):
                    other = other[step] if _has(other, step) else other
                parent[last] = json.loads(json.dumps(other))
    return json.dumps(spec, ensure_ascii=False)


def _has(value, key):
    return (
        key in value
        if isinstance(value, dict)
        else isinstance(value, list) and (isinstance(key, int) and key < len(value))
    )
