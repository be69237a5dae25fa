"""Verification with a backend in NumPy: no framework is needed for any of this."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from archspec.cli.verify import verify as command
from archspec.errors import UsageError, VerificationError
from archspec.resolution import Model, resolve
from archspec.schema import load
from archspec.verification import process
from archspec.verification.html import html
from archspec.verification.result import BackendResult, Result
from archspec.verification.verify import verify

FAKE = Path(__file__).parent / "fake_backend"
NETWORK = (FAKE / "two_dense.py").read_text("utf-8")


@pytest.fixture(scope="module")
def model() -> Model:
    return resolve(load(FAKE / "two_dense.yaml"))


def run(model: Model, text: str, folder: Path, **options: object) -> Result:
    file = folder / "network.py"
    file.write_text(text, "utf-8")
    return verify(model, [str(FAKE)], {str(FAKE): str(file)}, **options)  # type: ignore[arg-type]


def part_of(result: Result) -> BackendResult:
    (part,) = result.backends
    return part


def edited(old: str, new: str) -> str:
    assert NETWORK.count(old) == 1
    return NETWORK.replace(old, new)


def test_honest_network_agrees(model: Model, tmp_path: Path) -> None:
    result = run(model, NETWORK, tmp_path)
    part = part_of(result)
    assert result.agrees, (part.problem, part.log, part.checks)
    rows = {(each.quantity, each.dtype, each.against) for each in part.checks}
    assert rows == {
        ("outputs", "float64", "oracle"),
        ("layers", "float64", "oracle"),
        ("outputs", "float32", "oracle"),
        ("layers", "float32", "oracle"),
        ("gradients", "float64", "differences"),
    }
    layers = next(each for each in part.checks if each.quantity == "layers")
    assert (layers.compared, layers.of) == (3, 3)
    assert part.versions == {"fake": "1.0", "device": "cpu"}
    assert math.log2(result.rate or 0).is_integer()
    assert 0 < result.conditioning["evaluation"] < 1e-13
    json.dumps(result.to_json(), allow_nan=False)


def test_wrong_layer_is_named(model: Model, tmp_path: Path) -> None:
    result = run(model, edited("np.maximum(x, 0)", "np.maximum(x, 1e-9)"), tmp_path)
    first = part_of(result).divergences[0]
    assert not result.agrees
    assert first.path == "body.relu1"
    assert first.after == ("body.dense1",)
    assert first.spec == model.graph.by_path["body.relu1"].where


def test_unseen_layer_is_put_between_its_neighbours(model: Model, tmp_path: Path) -> None:
    text = edited("        x = np.maximum(x, 0)\n", "")
    text = text.replace('        recorder.module("body.relu1", "Relu", x)\n', "")
    first = part_of(run(model, text, tmp_path)).divergences[0]
    assert first.path == "body.dense2"
    assert first.between == ("body.relu1",)
    assert first.after == ("body.dense1",)


def test_wrong_gradient_is_named_by_bisection(model: Model, tmp_path: Path) -> None:
    text = edited('"body.dense1.bias": through.sum(0)', '"body.dense1.bias": 2 * through.sum(0)')
    part = part_of(run(model, text, tmp_path))
    assert {each.quantity for each in part.checks if not each.passed} == {"gradients"}
    assert part.divergences[0].found.startswith("`body.dense1.bias`")


def test_float32_that_loses_digits_is_caught(model: Model, tmp_path: Path) -> None:
    sloppy = 'x = inputs["x"].astype("f2" if inputs["x"].itemsize == 4 else "f8")\n'
    part = part_of(run(model, edited('x = inputs["x"]\n', sloppy), tmp_path))
    failed = {(each.quantity, each.dtype) for each in part.checks if not each.passed}
    assert failed == {("outputs", "float32"), ("layers", "float32")}
    assert part.divergences[0].path == "body.dense1"


@pytest.mark.parametrize("value", ["np.nan", "np.inf"])
def test_no_number_never_agrees(model: Model, tmp_path: Path, value: str) -> None:
    text = edited('return {"output": x}', f'return {{"output": x * {value}}}')
    part = part_of(run(model, text, tmp_path))
    assert part.status == "disagrees"
    assert "output" in part.divergences[0].found


def test_missing_output_never_agrees(model: Model, tmp_path: Path) -> None:
    part = part_of(run(model, edited('return {"output": x}', 'return {"other": x}'), tmp_path))
    assert part.status != "agrees"
    assert part.divergences[0].found.startswith("there is no output `output`")


def test_other_names_are_listed(model: Model, tmp_path: Path) -> None:
    text = NETWORK.replace("body.dense2.kernel", "body.last.kernel")
    part = part_of(run(model, text, tmp_path))
    assert part.status == "failed"
    assert "missing: body.dense2.kernel" in part.problem
    assert "unexpected: body.last.kernel" in part.problem


def test_other_shapes_are_listed_with_the_layer(model: Model, tmp_path: Path) -> None:
    part = part_of(
        run(model, edited('"body.dense2.bias": (3,)', '"body.dense2.bias": (4,)'), tmp_path)
    )
    assert "body.dense2.bias should be 3, not 4 (body.dense2" in part.problem


def test_exception_is_told_with_its_line(model: Model, tmp_path: Path) -> None:
    part = part_of(run(model, edited("x = np.maximum(x, 0)", "x = undefined"), tmp_path))
    assert part.status == "failed"
    assert part.problem.startswith("NameError in the task `evaluation`")
    assert "run it again by hand: " in part.hint
    assert "NameError" in part.log


def test_crash_costs_its_own_row(model: Model, tmp_path: Path) -> None:
    text = "import os\nprint('on the brink')\nos._exit(3)\n" + NETWORK
    part = part_of(run(model, text, tmp_path))
    assert part.status == "failed"
    assert "exit status 3" in part.problem
    assert "on the brink" in part.log


def test_endless_module_is_stopped(model: Model, tmp_path: Path) -> None:
    part = part_of(run(model, "while True: pass\n", tmp_path, timeout=2.0))
    assert part.status == "failed"
    assert "still running after 2 s" in part.problem


def test_output_of_a_module_is_no_event(capsys: pytest.CaptureFixture[str]) -> None:
    assert process._event('{"archspec": 1, "task": "a", "state": "begins"}')
    assert process._event('{"archspec": broken') is None
    assert process._event('{"archspec": 1}') is None
    assert process._event("hello") is None


def test_refuses_what_will_not_fit(model: Model, tmp_path: Path) -> None:
    with pytest.raises(VerificationError, match=r"needs about .* more than 1 MiB"):
        run(model, NETWORK, tmp_path, max_memory=2**20)


@pytest.mark.parametrize(
    "options", [{"dtypes": ("float16",)}, {"device": "tpu"}, {"steps": -1}, {"batch": 0}]
)
def test_refuses_arguments_without_sense(
    model: Model, tmp_path: Path, options: dict[str, object]
) -> None:
    with pytest.raises(UsageError):
        run(model, NETWORK, tmp_path, **options)


def test_flat_network_proves_nothing(tmp_path: Path) -> None:
    spec = tmp_path / "flat.yaml"
    text = (FAKE / "two_dense.yaml").read_text("utf-8")
    spec.write_text(text + "    - softmax\n    - batch_norm: {eps: 1e6, decay: 0.9}\n", "utf-8")
    with pytest.raises(VerificationError, match="agreement would mean little"):
        run(resolve(load(spec)), NETWORK, tmp_path)


def test_missing_backend_never_passes(
    model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "absent"
    folder.mkdir()
    manifest = (FAKE / "backend.toml").read_text("utf-8")
    (folder / "backend.toml").write_text(manifest.replace("numpy =", "nosuchpackage ="), "utf-8")
    result = verify(model, [str(folder)])
    part = part_of(result)
    assert (part.status, part.hint) == ("missing", "pip install numpy")
    assert not result.agrees


def test_page_is_escaped(model: Model, tmp_path: Path) -> None:
    text = edited("np.maximum(x, 0)", 'np.maximum(x, 1e-3)  # <script>alert("x")</script>')
    text = text.replace("class TwoDense:", "print('</pre><b>bold</b>')\n\nclass TwoDense:")
    broken = text.replace("x = np.maximum", 'raise ValueError("<i>&")\n        x = np.maximum')
    for each in (text, broken):
        page = html(run(model, each, tmp_path))
        assert "<script>" not in page
        assert "<i>&" not in page
        assert "<b>bold" not in page
        assert page.startswith("<!doctype html>")


def test_command_writes_and_exits(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import typer

    file = tmp_path / "network.py"
    file.write_text(NETWORK, "utf-8")
    options = {"backend": [str(FAKE)], "module": [f"{FAKE}={file}"], "steps": 1}
    spec = str(FAKE / "two_dense.yaml")
    page, record = tmp_path / "out.html", tmp_path / "out.json"
    command(spec, **options, report=page, as_json=record)
    shown = capsys.readouterr()
    assert "compute" in shown.out
    assert shown.err == ""
    assert json.loads(record.read_text("utf-8"))["agrees"] is True
    assert "TwoDense" in page.read_text("utf-8")
    command(spec, **options, as_json=Path("-"))
    assert json.loads(capsys.readouterr().out)["network"] == "TwoDense"
    command(spec, **options, quiet=True)
    assert capsys.readouterr() == ("", "")
    file.write_text(edited("np.maximum(x, 0)", "np.maximum(x, 1)"), "utf-8")
    with pytest.raises(typer.Exit) as stopped:
        command(spec, **options)
    assert stopped.value.exit_code == 1
    assert "diverges at body.relu1" in capsys.readouterr().out
