"""The text of a file, or why there is none: bytes, encodings, characters, missing files."""

from __future__ import annotations

import codecs
import difflib
import os
import re
import stat
from itertools import islice
from pathlib import Path

from archspec.errors import Location, SpecError
from archspec.reading.nodes import shown

MAX_BYTES = 1 << 20
"""Size of a spec: a large network takes some tens of kilobytes."""

_SAVE_AS_UTF8 = "save the file as UTF-8"
_LINE_BREAK = re.compile(r"\r\n|\r|\n")
_REFUSED = re.compile(
    # YAML's printable characters, less what libyaml takes for a line break and editors do not
    # (U+0085, U+2028, U+2029: the line numbers would disagree) and less stray byte order marks.
    "[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_WIDE_MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
_NEIGHBOURS = 1000
"""Names of a folder that are compared with a missing file's name."""


def bytes_of(path: Path, file: str) -> bytes:
    """The bytes of a regular file, at most one more than :data:`MAX_BYTES`.

    Args:
        path: the file.
        file: its name in messages.

    Raises:
        SpecError: the file is missing, not a regular file, or cannot be read.
    """
    name = shown_path(file)
    # Opening a named pipe would wait for a writer for ever; nonblocking, it returns at once.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        if path.is_dir():  # Windows refuses to open a folder with a misleading reason
            raise SpecError(f"cannot read {name}: it is a folder", hint=_contents_hint(path))
        with open(os.open(path, flags), "rb") as stream:
            if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                raise SpecError(f"cannot read {name}: it is not a regular file")
            return stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise SpecError(
            f"cannot read {name}: there is no such file", hint=_near_hint(path)
        ) from None
    except (OSError, ValueError) as error:  # ValueError: a NUL character in the path
        reason = getattr(error, "strerror", None) or str(error)
        raise SpecError(f"cannot read {name}: {reason}") from None


def shown_path(file: str) -> str:
    """A path for a message: as it is, unless it holds what cannot be printed."""
    return file if file.isprintable() else shown(file)


def text_of(data: bytes | str, file: str) -> str:
    """The characters of a file, without a byte order mark.

    Args:
        data: the content; bytes are UTF-8.
        file: the name for messages.

    Raises:
        SpecError: the content is too large, not UTF-8, or holds characters that no spec needs
            (control characters, NUL, line separators).
    """
    if isinstance(data, bytes):
        _check_size(len(data), file)
        text = _decode(data, file)
    else:
        _check_size(len(data), file)
        text = data
    text = text.removeprefix("\ufeff")
    if isinstance(data, str) and not text.isascii():
        _check_size(len(text.encode("utf-8", "surrogatepass")), file)
    refused = _REFUSED.search(text)
    if refused is not None:
        raise SpecError(
            f"the character U+{ord(refused[0]):04X} is not allowed here",
            place_of(text, refused.start(), file),
            hint=_character_hint(refused[0]),
        )
    return text


def place_of(text: str, index: int, file: str) -> Location:
    """The line and column of ``text[index]``."""
    line, start = 1, 0
    for line_break in _LINE_BREAK.finditer(text, 0, index):
        line, start = line + 1, line_break.end()
    return Location(file, line, index - start + 1)


def _check_size(size: int, file: str) -> None:
    if size > MAX_BYTES:
        raise SpecError(
            f"the file is larger than {MAX_BYTES} bytes, the most that is read",
            Location(file, 1, 1),
            hint="repeat layers with blocks and `repeat`, and keep weights out of the spec",
        )


def _decode(data: bytes, file: str) -> str:
    wide = next((name for mark, name in _WIDE_MARKS if data.startswith(mark)), None)
    if wide is None and 0 in data[:2] and data[:2] != b"\0\0":  # one wide ASCII character
        wide = "UTF-16"
    if wide is not None:
        raise SpecError(
            f"the file is encoded in {wide}; expected UTF-8",
            Location(file, 1, 1),
            hint=_SAVE_AS_UTF8,
        )
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8").removeprefix("\ufeff")
        raise SpecError(
            f"the byte 0x{data[error.start]:02x} at offset {error.start} is not UTF-8",
            place_of(before, len(before), file),
            hint=f"{_SAVE_AS_UTF8}, if it is a text at all",
        ) from None


def _character_hint(character: str) -> str:
    if character == "\0":
        return "this looks like a binary file, not a spec"
    if "\ud800" <= character <= "\udfff":
        return "a surrogate is half a character; write the whole character"
    if character == "\ufeff":
        return "delete this invisible character (a byte order mark)"
    return f'delete it, or write "\\u{ord(character):04X}" in a double quoted string'


def _near_hint(path: Path) -> str | None:
    try:
        with os.scandir(path.parent) as found:
            names = sorted(each.name for each in islice(found, _NEIGHBOURS) if each.is_file())
    except (OSError, ValueError):
        return f"there is no folder {shown_path(str(path.parent))} either"
    near = difflib.get_close_matches(path.name, names, n=3, cutoff=0.75)
    return f"did you mean {' or '.join(shown(name) for name in near)}?" if near else None


def _contents_hint(path: Path) -> str | None:
    try:
        with os.scandir(path) as found:
            names = sorted(each.name for each in islice(found, _NEIGHBOURS))
    except OSError:
        return None
    specs = [name for name in names if name.endswith((".yaml", ".yml"))][:3]
    return f"did you mean {' or '.join(shown(name) for name in specs)} in it?" if specs else None
