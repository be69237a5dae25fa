"""Makes the ``.onnx`` file of a text in ONNX's textual syntax: ``assemble.py TEXT FILE``.

The shape of every value is inferred and held against what the text states, and the whole model is
checked. Exits with 3 after one line on standard output, problem and hint parted by a tab, where
the text is no valid model.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NoReturn

from onnx import ModelProto, checker, parser, shape_inference


def assembled(text: str) -> ModelProto:
    """The model that a text describes, checked, with the shapes of all values.

    Raises:
        ValueError: if it is no valid model.
    """
    try:
        model = parser.parse_model(text)
        # Strict: a shape that is stated and one that follows must be the same.
        model = shape_inference.infer_shapes(
            model, check_type=True, strict_mode=True, data_prop=True
        )
        checker.check_model(model, full_check=True)
    except Exception as error:
        # The libraries' own classes have no common base but this.
        raise ValueError(" ".join(str(error).split())) from error
    return model


def serialized(model: ModelProto) -> bytes:
    """A model as bytes, the same ones each time."""
    return model.SerializeToString(deterministic=True)


def refuse(problem: str) -> NoReturn:
    """End with what is wrong."""
    print(f"{problem[:500]}\tthis is a mistake in the backend's templates")
    sys.exit(3)


def main(text: str, file: str) -> None:
    """Assemble a file."""
    try:
        model = assembled(Path(text).read_text("utf-8"))
    except ValueError as error:
        refuse(str(error))
    Path(file).write_bytes(serialized(model))


if __name__ == "__main__":
    main(*sys.argv[1:])
