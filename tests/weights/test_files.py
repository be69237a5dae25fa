from __future__ import annotations

import json
import os
import pickle
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from archspec.errors import WeightsError
from archspec.weights.files import LONGEST_HEADER, read_safetensors, write_safetensors
from archspec.weights.storage import place, require_file, require_target


def crafted(header: dict[str, Any] | str, body: bytes = b"") -> bytes:
    text = header if isinstance(header, str) else json.dumps(header)
    return struct.pack("<Q", len(text.encode())) + text.encode() + body


def entry(kind: str, shape: list[int], start: int, end: int) -> dict[str, Any]:
    return {"dtype": kind, "shape": shape, "data_offsets": [start, end]}


def test_arrays_come_back_bit_for_bit(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    kinds = (np.float16, np.float32, np.float64, np.int64, np.bool_)
    tensors = {kind.__name__: np.arange(6).reshape(2, 3).astype(kind) for kind in kinds}
    tensors |= {
        "scalar": np.array(1.5),
        "turned": np.arange(6.0).reshape(2, 3).T,
        "strided": np.arange(12.0)[::2],
        "big endian": np.arange(3, dtype=">f8"),
        "negative zero": np.array([-0.0]),
    }
    write_safetensors(path, tensors, form="torch", spec="Net")
    contents = read_safetensors(path)
    assert (contents.form, contents.spec, contents.notes) == ("torch", "Net", ())
    for name, array in tensors.items():
        found = contents.tensors[name]
        assert found.shape == array.shape
        assert found.dtype == array.dtype.newbyteorder("<")
        assert found.tobytes() == np.asarray(array, array.dtype.newbyteorder("<")).tobytes()


def test_the_same_weights_are_the_same_bytes(tmp_path: Path) -> None:
    paths = [tmp_path / f"{i}.safetensors" for i in range(8)]
    for path in paths:
        write_safetensors(path, {"a": np.ones(2), "b": np.ones(3)}, form="flax", spec="Net")
    assert len({path.read_bytes() for path in paths}) == 1


def test_bfloat16_is_read_as_float32(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    numbers = np.array([1.0, -2.5, 3.140625], np.float32)
    body = (numbers.view(np.uint32) >> 16).astype("<u2").tobytes()
    path.write_bytes(crafted({"a": entry("BF16", [3], 0, 6)}, body))
    contents = read_safetensors(path)
    assert contents.tensors["a"].dtype == np.float32
    assert np.array_equal(contents.tensors["a"], numbers)
    assert contents.notes == ("1 bfloat16 tensors are float32 now, with the same numbers",)


TWICE = '{"dtype":"F32","shape":[1],"data_offsets":[0,4]}'


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "shorter than its header"),
        (b"\0" * 7, "shorter than its header"),
        (struct.pack("<Q", 2**63) + b"{}", "shorter than its header"),
        (b"not a tensor in sight", "shorter than its header"),
        (crafted("[" * 100_000), "damaged"),
        (crafted('{"a":' * 100_000), "damaged"),
        (crafted("nothing"), "damaged"),
        (crafted("[]"), "damaged"),
        (crafted({"a": entry("F32", [1], 0, 4)}), "damaged"),
        (crafted({"a": entry("F32", [1], 0, 4)}, b"\0" * 8), "damaged"),
        (crafted({"a": entry("F32", [2], 0, 4)}, b"\0" * 4), "damaged"),
        (crafted({"a": entry("F32", [2**62, 4], 0, 4)}, b"\0" * 4), "damaged"),
        (crafted({"a": entry("F32", [-1], 0, 4)}, b"\0" * 4), "damaged"),
        (crafted({"__metadata__": {"archspec": 3}}), "damaged"),
        (crafted(f'{{"a":{TWICE},"a":{TWICE}}}', b"\0" * 4), "`a` stands twice"),
        (
            crafted('{"__metadata__":{"archspec":"1","archspec":"2"}}'),
            "`archspec` stands twice",
        ),
        (crafted({"a\n": entry("F8_E4M3", [4], 0, 4)}, b"\0" * 4), "the type `F8_E4M3`"),
    ],
)
def test_damaged_files(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "w.safetensors"
    path.write_bytes(data)
    with pytest.raises(WeightsError) as caught:
        read_safetensors(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert message in str(caught.value)


def test_a_huge_header_is_not_parsed(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    with path.open("wb") as file:
        file.write(struct.pack("<Q", LONGEST_HEADER + 1))
        file.truncate(LONGEST_HEADER + 100)
    with pytest.raises(WeightsError, match="too long"):
        read_safetensors(path)


def test_a_pickle_is_told_by_its_first_bytes(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    for data in (pickle.dumps({"a": 1}, 2), b"PK\x03\x04" + b"0" * 100):
        path.write_bytes(data)
        with pytest.raises(WeightsError, match="a pickle") as caught:
            read_safetensors(path)
        assert "--from torch" in (caught.value.problems[0].hint or "")


def test_a_header_may_have_the_length_that_starts_a_pickle(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    for length in (0x80, 0x280):
        text = json.dumps({"a": entry("F32", [1], 0, 4)}).ljust(length)
        path.write_bytes(crafted(text, b"\0" * 4))
        assert list(read_safetensors(path).tensors) == ["a"]


@pytest.mark.parametrize("inner", ["", "3", "[]", "{", "[" * 50_000, '{"form": 3}', "null"])
def test_foreign_metadata_means_nothing(tmp_path: Path, inner: str) -> None:
    path = tmp_path / "w.safetensors"
    path.write_bytes(crafted({"__metadata__": {"format": "pt", "archspec": inner}}))
    assert read_safetensors(path).form == ""
    path.write_bytes(crafted('{"__metadata__":null}'))
    assert read_safetensors(path).form == ""


def test_what_is_no_file_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="no such file"):
        require_file(tmp_path / "missing.safetensors")
    with pytest.raises(WeightsError, match="a folder"):
        require_file(tmp_path)
    os.mkfifo(tmp_path / "pipe.safetensors")
    with pytest.raises(WeightsError, match="not an ordinary file"):
        read_safetensors(tmp_path / "pipe.safetensors")
    with pytest.raises(WeightsError, match="not an ordinary file"):
        require_file(Path("/dev/null"))
    with pytest.raises(WeightsError):
        require_file(Path("a\0b"))
    with pytest.raises(WeightsError):
        require_file(tmp_path / ("x" * 5000))


ENDINGS = (".safetensors", ".pt")


def test_targets(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    assert require_target(path, ENDINGS) == path.resolve()
    for name in ("w", "w.bin", ".safetensors", "w.safetensors.bak"):
        with pytest.raises(WeightsError, match=r"expected the ending \.safetensors or \.pt"):
            require_target(tmp_path / name, ENDINGS)
    with pytest.raises(WeightsError, match="no folder"):
        require_target(tmp_path / "missing" / "w.pt", ENDINGS)
    (tmp_path / "folder.pt").mkdir()
    with pytest.raises(WeightsError, match="a folder"):
        require_target(tmp_path / "folder.pt", ENDINGS)
    (tmp_path / "device.pt").symlink_to("/dev/null")
    with pytest.raises(WeightsError, match="not an ordinary file"):
        require_target(tmp_path / "device.pt", ENDINGS)
    (tmp_path / "loop.pt").symlink_to(tmp_path / "loop.pt")
    with pytest.raises(WeightsError):
        require_target(tmp_path / "loop.pt", ENDINGS)
    with pytest.raises(WeightsError):
        require_target(tmp_path / "a\0b.pt", ENDINGS)


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.pt").write_text("old")
    (tmp_path / "link.pt").symlink_to("real.pt")
    place(require_target(tmp_path / "link.pt", ENDINGS), lambda draft: draft.write_text("new"))
    assert (tmp_path / "link.pt").is_symlink()
    assert (tmp_path / "real.pt").read_text() == "new"


def test_a_file_is_placed_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "w.pt"
    path.write_text("old")
    path.chmod(0o640)

    def failing(draft: Path) -> None:
        draft.write_text("half")
        raise WeightsError("no")

    with pytest.raises(WeightsError):
        place(path, failing)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
    place(path, lambda draft: draft.write_text("new"))
    assert path.read_text() == "new"
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_a_new_file_has_the_usual_rights(tmp_path: Path) -> None:
    place(tmp_path / "w.pt", lambda draft: write_safetensors(draft, {"a": np.ones(1)}))
    (tmp_path / "usual").touch()
    assert (tmp_path / "w.pt").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_a_file_system_that_refuses(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="cannot be written"):
        place(tmp_path / "missing" / "w.pt", lambda draft: None)


@pytest.mark.parametrize(
    ("shape", "body"), [([1] * 100, bytes(4)), ([2**62, 0], b""), ([0, 2**62, 4], b"")]
)
def test_shapes_that_no_array_has(tmp_path: Path, shape: list[int], body: bytes) -> None:
    path = tmp_path / "w.safetensors"
    path.write_bytes(crafted({"a": entry("F32", shape, 0, len(body))}, body))
    with pytest.raises(WeightsError, match="not a safetensors file, or a damaged one"):
        read_safetensors(path)


def test_a_file_larger_than_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def too_large(_: Path) -> bytes:
        raise MemoryError

    monkeypatch.setattr(Path, "read_bytes", too_large)
    (tmp_path / "w.safetensors").touch()
    with pytest.raises(WeightsError, match="does not fit into memory"):
        read_safetensors(tmp_path / "w.safetensors")
