"""From a YAML file to values that know where they stand.

The rest of archspec sees only :mod:`archspec.reading.nodes`; nothing outside this package
knows which YAML library reads the text.
"""

from archspec.reading.nodes import Entry, Mapping, Node, Scalar, Sequence, describe, plain
from archspec.reading.yaml_reader import read_file, read_yaml

__all__ = [
    "Entry",
    "Mapping",
    "Node",
    "Scalar",
    "Sequence",
    "describe",
    "plain",
    "read_file",
    "read_yaml",
]
