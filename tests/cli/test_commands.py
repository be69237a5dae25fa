"""The command line as people use it: what is printed, what is written, how it exits."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from archspec.backends import built_in, specs_folder
from archspec.cli import main
from archspec.cli.screen import excerpt_lines

ROOT = Path(__file__).parents[2]


@dataclass
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Run the command line in an empty folder that holds `specs/`."""
    shutil.copytree(ROOT / "specs", tmp_path / "specs")
    excerpt_lines.cache_clear()
    monkeypatch.chdir(tmp_path)

    def command(*arguments: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["archspec", *arguments])
        code = 0
        try:
            main()
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else 0 if stop.code is None else 1
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err + captured.out
        return Ran(code, captured.out, captured.err)

    return command


def test_generate_writes_where_the_readme_says(run: Run) -> None:
    ran = run("generate", "specs/googlenet.yaml", "--backend", "torch")
    assert (ran.code, ran.out) == (0, "wrote generated/torch/googlenet.py\n")
    text = Path("generated/torch/googlenet.py").read_text("utf-8")
    assert text == (ROOT / "generated/torch/googlenet.py").read_text("utf-8")
    assert run("generate", "specs/googlenet.yaml", "-b", "torch").out.startswith("unchanged")
    assert run("generate", "specs/googlenet.yaml", "-b", "torch", "--quiet").out == ""


def test_generate_to_standard_output_writes_nothing(run: Run) -> None:
    ran = run("generate", "specs/lenet.yaml", "-b", "flax", "--stdout")
    assert ran.code == 0
    assert "class LeNet(nn.Module):" in ran.out
    assert not Path("generated").exists()


def test_a_dash_for_a_file_prints(run: Run) -> None:
    asked = ("generate", "specs/lenet.yaml", "-b", "torch")
    assert run(*asked, "-o", "-").out == run(*asked, "--stdout").out != ""


def test_generate_several(run: Run) -> None:
    ran = run("generate", "specs/lenet.yaml", "specs/resnet18.yaml", "-b", "torch", "-b", "flax")
    assert ran.code == 0
    made = sorted(str(path) for path in Path("generated").rglob("*.py"))
    assert made == [
        f"generated/{backend}/{name}.py"
        for backend in ("flax", "torch")
        for name in ("lenet", "resnet18")
    ]


def test_output_names_a_file_or_a_folder(run: Run) -> None:
    assert run("generate", "specs/lenet.yaml", "-b", "torch", "-o", "my/net.py").code == 0
    assert Path("my/net.py").is_file()
    assert run("generate", "specs/lenet.yaml", "-b", "all", "-o", "out").code == 0
    assert Path("out/flax/lenet.py").is_file()
    assert Path("out/torch/lenet.py").is_file()


def test_settings_reach_the_code(run: Run) -> None:
    ran = run("generate", "specs/lenet.yaml", "-b", "torch", "--stdout", "--set", "num_classes=100")
    assert "num_classes: int = 100" in ran.out


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("num_clases=3", "did you mean `num_classes`?"),
        ("num_classes", "NAME=VALUE"),
        ("num_classes=ten", "`ten` is not defined"),
        ("num_classes=1.5", "expected an integer"),
        ("num_classes=1/0", "zero"),
        ("num_classes=", ""),
    ],
)
def test_wrong_settings_are_wrong_usage(run: Run, setting: str, message: str) -> None:
    ran = run("generate", "specs/lenet.yaml", "-b", "torch", "--stdout", "--set", setting)
    assert ran.code == 2
    assert message in ran.err
    assert ran.out == ""


def test_a_setting_that_does_not_fit_is_an_error_in_the_spec(run: Run) -> None:
    ran = run("generate", "specs/lenet.yaml", "-b", "torch", "--stdout", "--set", "num_classes=-1")
    assert ran.code == 1
    assert "specs/lenet.yaml:" in ran.err


def test_check_shows_what_is_stale(run: Run) -> None:
    command = ("generate", "specs/lenet.yaml", "-b", "torch", "--check")
    missing = run(*command)
    assert missing.code == 1
    assert "missing" in missing.out
    run("generate", "specs/lenet.yaml", "-b", "torch")
    assert run(*command).code == 0
    file = Path("generated/torch/lenet.py")
    file.write_text(file.read_text("utf-8").replace("nn.Sigmoid", "nn.ReLU"), "utf-8")
    stale = run(*command)
    assert stale.code == 1
    assert "-            sigmoid1=nn.ReLU()," in stale.out.replace("  sigmoid", "  sigmoid")
    assert "nn.ReLU" in file.read_text("utf-8")


@pytest.mark.slow
def test_all_takes_every_spec_and_backend(run: Run) -> None:
    assert run("generate", "--all").code == 0
    made = {str(path) for path in Path("generated").rglob("*.*")}
    specs = [path.stem for path in Path("specs").glob("*.yaml")]
    assert made == {
        f"generated/{each.name}/{name}.{each.manifest.extension}"
        for each in built_in()
        for name in specs
    }
    assert run("generate", "--all", "--check").code == 0


def test_a_failing_run_leaves_every_file_as_it_was(run: Run) -> None:
    run("generate", "specs/lenet.yaml", "-b", "torch")
    before = Path("generated/torch/lenet.py").read_bytes()
    spec = Path("specs/lenet.yaml")
    spec.write_text(spec.read_text("utf-8").replace("doc: LeNet", "doc: Another LeNet"), "utf-8")
    Path("specs/broken.yaml").write_text("archspec: 1\nname: Broken\n", "utf-8")
    ran = run("generate", "specs/lenet.yaml", "specs/broken.yaml", "-b", "torch")
    assert ran.code == 1
    assert Path("generated/torch/lenet.py").read_bytes() == before
    assert sorted(path.name for path in Path("generated/torch").iterdir()) == ["lenet.py"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("generate",), 2, "which spec?"),
        (("generate", "specs/lenet.yaml"), 2, "which backend?"),
        (("generate", "specs/lenet.yaml", "-b", "troch"), 2, "did you mean `torch`?"),
        (("generate", "specs/lenett.yaml", "-b", "torch"), 1, "lenet.yaml"),
        (("generate", "specs", "-b", "torch"), 1, "folder"),
        (("generate", "--all", "specs/lenet.yaml"), 2, "--all"),
        (("generate", "specs/lenet.yaml", "-b", "torch", "-b", "flax", "-o", "x", "--nope"), 2, ""),
        (("validate",), 2, ""),
        (("nonsense",), 2, ""),
    ],
)
def test_wrong_use(run: Run, arguments: tuple[str, ...], code: int, message: str) -> None:
    ran = run(*arguments)
    assert ran.code == code
    assert message in ran.err
    assert ran.out == ""


def test_two_specs_that_would_be_one_file_are_refused(run: Run) -> None:
    shutil.copy("specs/lenet.yaml", "lenet.yaml")
    ran = run("generate", "specs/lenet.yaml", "lenet.yaml", "-b", "torch")
    assert ran.code == 2
    assert "both be written" in ran.err


def test_a_bundled_spec_is_found_by_its_name(run: Run) -> None:
    shutil.rmtree("specs")
    assert "class LeNet" in run("generate", "lenet", "-b", "torch", "--stdout").out


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("googlent", "did you mean `googlenet`?"),
        ("GoogLeNet", "did you mean `googlenet`?"),
        ("mine", "did you mean `mine.yaml`?"),
        ("zzz", "`archspec list` shows the names of bundled specs"),
    ],
)
def test_a_name_that_is_no_spec_is_answered_with_one_that_is(
    run: Run, name: str, hint: str
) -> None:
    Path("mine.yaml").write_text("archspec: 1\n", "utf-8")
    ran = run("summary", name)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == f"error: cannot read {name}: there is no such file\n  hint: {hint}\n"


def test_a_variant_of_a_bundled_spec_from_elsewhere(run: Run) -> None:
    shutil.rmtree("specs")
    text = "archspec: 1\nname: Mine\nextends: {}\nparams: {{num_classes: 7}}\n"
    # What it imports itself lies beside it.
    Path("mine.yaml").write_text(text.format("resnet50"), "utf-8")
    assert "mine.yaml: ok: Mine" in run("validate", "mine.yaml").out
    assert "class Mine(" in run("generate", "mine.yaml", "-b", "torch", "--stdout").out
    # A file in the folder comes first.
    Path("resnet50").write_text(text.format("lenet"), "utf-8")
    assert "12 layers" in run("validate", "mine.yaml").out


def test_a_bundled_library_from_elsewhere(run: Run) -> None:
    Path("mine.yaml").write_text(
        "archspec: 1\nname: Mine\ninput: [8, 9, 9]\nimport: blocks/residual\n"
        "defaults: {batch_norm: {eps: 1e-5, decay: 0.9}}\n"
        "stages: {a: [BasicBlock: {out: 8}]}\n",
        "utf-8",
    )
    ran = run("validate", "mine.yaml")
    assert ran.code == 0, ran.err


@pytest.mark.parametrize("name", ["../lenet", "blocks/../../specs/lenet", "blocks/absent"])
def test_a_name_does_not_leave_what_is_bundled(run: Run, name: str) -> None:
    Path("mine.yaml").write_text(f"archspec: 1\nname: Mine\nextends: {name}\n", "utf-8")
    assert run("validate", "mine.yaml").code == 1


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("other", "did you mean `other.yaml`?"),
        ("googlent", "did you mean `googlenet`?"),
        ("a" * 300, "`archspec list` shows the names of bundled specs"),
    ],
)
def test_a_name_that_nothing_has_is_answered_with_one(run: Run, name: str, hint: str) -> None:
    Path("other.yaml").write_text("archspec: 1\n", "utf-8")
    Path("mine.yaml").write_text(f"archspec: 1\nname: Mine\nextends: {name}\n", "utf-8")
    ran = run("validate", "mine.yaml")
    assert ran.err.startswith("mine.yaml:3:10: extends: ")
    assert ran.err.endswith(f"  hint: {hint}\n")


def test_a_folder_hides_no_bundled_spec(run: Run) -> None:
    Path("lenet").mkdir()
    Path("mine.yaml").write_text("archspec: 1\nname: Mine\nextends: lenet\n", "utf-8")
    assert "12 layers" in run("validate", "mine.yaml").out


def test_the_file_of_a_bundled_spec_is_not_in_the_folder(run: Run) -> None:
    Path("mine.yaml").write_text("archspec: 1\nname: Mine\nextends: lenet.yaml\n", "utf-8")
    hint = "without `.yaml`, `lenet` is the one that comes with archspec"
    assert run("validate", "mine.yaml").err.endswith(f"  hint: {hint}\n")


def test_validate_says_what_is_right_and_everything_that_is_wrong(run: Run) -> None:
    Path("bad.yaml").write_text(
        "archspec: 1\nname: Bad\ninput: [1, 8, 8]\nstages:\n  a:\n    - cnov: {out: 3}\n"
        "    - conv: {out: 3, kernel: 0}\n  b:\n    - dense: {units: 3}\n",
        "utf-8",
    )
    ran = run("validate", "specs/googlenet.yaml", "bad.yaml", "missing.yaml")
    assert ran.code == 1
    assert ran.out.startswith("specs/googlenet.yaml: ok: GoogLeNet")
    assert "5,977,530 parameters" in ran.out
    assert "bad.yaml:6:7: stages.a[0]: unknown operator or block `cnov`" in ran.err
    assert "did you mean `conv`?" in ran.err
    assert "bad.yaml:7:30: stages.a[1].conv.kernel: expected" in ran.err
    assert "bad.yaml:9:15:" in ran.err
    assert "missing.yaml" in ran.err
    assert "\x1b" not in ran.err


def test_the_excerpt_points_at_the_place(run: Run) -> None:
    Path("bad.yaml").write_text(
        "archspec: 1\nname: lower\ninput: [1]\nstages: {a: [relu]}\n", "utf-8"
    )
    lines = run("validate", "bad.yaml").err.splitlines()
    assert lines[1] == "    2 | name: lower"
    assert lines[2] == "      |       ^"


def test_messages_cannot_steer_a_terminal(run: Run) -> None:
    Path("bad.yaml").write_text(
        'archspec: 1\nname: "\\e[31mred\\a"\ninput: [1]\nstages: {a: [relu]}\n', "utf-8"
    )
    ran = run("validate", "bad.yaml")
    assert ran.code == 1
    assert "\x1b" not in ran.err
    assert "\x07" not in ran.err


def test_list_init_schema_backends(run: Run) -> None:
    listed = run("list")
    assert "googlenet " in listed.out
    assert "5,977,530" in listed.out
    rows = json.loads(run("list", "--json").out)
    assert {"googlenet", "resnet18", "lenet"} <= {row["name"] for row in rows}
    made = run("init", "MyNet")
    assert made.code == 0
    assert run("validate", "my_net.yaml").code == 0
    again = run("init", "MyNet")
    assert again.code == 1
    assert "exists" in again.err
    assert run("init", "2fast").code == 2
    assert run("init", "my-other-net").code == 0
    assert json.loads(run("schema").out)["$schema"]
    known = json.loads(run("backends", "--json").out)
    assert {"torch", "flax", "nnx", "keras", "mxnet", "flux", "onnx"} <= {
        row["name"] for row in known
    }
    assert "PyTorch" in run("backends").out


def test_the_list_is_as_wide_as_the_terminal(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = run("list").out.splitlines()
    names = [path.stem for path in sorted(specs_folder().glob("*.yaml"))]
    assert [line.split()[0] for line in lines[1:]] == names
    assert max(map(len, lines)) <= 80 and any(line.endswith(" ...") for line in lines)


def test_the_list_of_blocks(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "75")
    lines = run("list", "--blocks").out.splitlines()
    at = lines.index("import: blocks/residual")
    assert lines[at + 1] == "  BasicBlock(out, stride=1)"
    assert max(map(len, lines)) <= 75
    assert "  SelfAttention(heads, causal=false)" in lines
    monkeypatch.setenv("COLUMNS", "3")
    assert run("list", "--blocks").code == 0
    rows = json.loads(run("list", "--blocks", "--json").out)
    files = sorted((specs_folder() / "blocks").glob("*.yaml"))
    assert [row["name"] for row in rows] == [f"blocks/{path.stem}" for path in files]
    assert all(row["blocks"] and all(each["doc"] for each in row["blocks"]) for row in rows)


def test_version_and_help(run: Run) -> None:
    assert run("--version").out.startswith("archspec 0.")
    for command in ("generate", "validate", "verify", "backends", "list", "init", "schema"):
        ran = run(command, "--help")
        assert ran.code == 0
        assert "Usage" in ran.out


def test_the_namesake_is_explained(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("site/archspec-0.2.5.dist-info").mkdir(parents=True)
    monkeypatch.syspath_prepend("site")
    ran = run("list")
    assert ran.code == 1
    assert "0.2.5, about processor architectures" in ran.err


def test_a_mistake_of_ours_is_no_traceback(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(path: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.delenv("ARCHSPEC_TRACEBACK", raising=False)
    monkeypatch.setattr("archspec.schema.load", fails)
    ran = run("validate", "specs/lenet.yaml")
    assert ran.code == 1
    assert "a mistake in archspec: ZeroDivisionError: oops" in ran.err
