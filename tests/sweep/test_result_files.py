"""Files of results: the same however they came about, and only ever of one question."""

from __future__ import annotations

import csv
import json
import os
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from archspec.errors import ArchspecError, UsageError
from archspec.schema import Spec, loads
from archspec.sweeping import Sweep, sweep
from archspec.sweeping.distribution import outcomes
from archspec.sweeping.sweep import OBJECTIVES

NET = (
    "{archspec: 1, name: Net, params: {n: 4, groups: 1, deep: true, width: 1.0},"
    " input: [3, 8, 8], stages: {s: [{conv: {out: floor(n * width), kernel: 3}},"
    " {conv: {out: 12, kernel: 1, groups: groups}, when: deep}]}}"
)
ASKED = {"n": "1:40", "groups": "1:8", "deep": "true,false", "width": "0.5:2:0.5"}


@pytest.fixture(scope="module")
def spec() -> Spec:
    return loads(NET)


@pytest.fixture(scope="module")
def asked(spec: Spec) -> Sweep:
    return sweep(spec, ASKED)


def rows_of(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".csv":
        with path.open(newline="") as file:
            return list(csv.DictReader(file))
    parquet = pytest.importorskip("pyarrow.parquet")
    found: list[dict[str, Any]] = parquet.read_table(path).to_pylist()
    return found


def test_rows(asked: Sweep, tmp_path: Path) -> None:
    rows = list(asked)
    assert len(rows) == len(asked) == 40 * 8 * 2 * 4
    assert [row["variant"] for row in rows] == list(range(2560))
    assert rows[2] == {
        "variant": 2, "n": 1, "groups": 1, "deep": True, "width": 1.5, "parameters": 52,
        "multiply_adds": 36 * 39, "activation_bytes": 36 * 13 * 4, "reason": None,
    }  # fmt: skip
    assert rows[0]["parameters"] is None
    problem = "expected an integer of at least 1, received the integer 0 (in s.conv1)"
    assert rows[0]["reason"].endswith(f"stages.s[0].conv.out: {problem}")
    found = asked.write(tmp_path / "a.csv")
    assert (found.variants, found.fresh, found.objectives) == (2560, 2560, ())
    assert found.invalid == sum(row["reason"] is not None for row in rows) > 500
    texts = rows_of(found.path)
    assert list(texts[0]) == list(rows[0])
    assert texts[2]["deep"] == "true" and texts[2]["width"] == "1.5" and texts[2]["reason"] == ""
    assert [row["parameters"] for row in texts] == [str(r["parameters"] or "") for r in rows]


def test_parquet_holds_the_same(asked: Sweep, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    asked.write(tmp_path / "a.parquet")
    assert rows_of(tmp_path / "a.parquet") == list(asked)
    asked.write(tmp_path / "a.csv", OBJECTIVES)
    marked = asked.write(tmp_path / "a.parquet", OBJECTIVES)
    assert marked.fresh == 0 and marked.front > 3
    plain, rows = rows_of(tmp_path / "a.csv"), rows_of(tmp_path / "a.parquet")
    assert [row["pareto"] == "true" for row in plain] == [row["pareto"] for row in rows]
    assert sum(row["pareto"] for row in rows) == marked.front


def test_a_stopped_sweep_goes_on(asked: Sweep, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"

    def stop(count: int) -> None:
        raise KeyboardInterrupt

    for batch in range(2):
        with pytest.raises(KeyboardInterrupt):
            asked.write(path, tell=stop if batch == 0 else counted(1, stop))
        assert not path.exists()
        assert len(list((tmp_path / "a.csv.partial").glob("0*.json"))) == batch + 1
    told: list[int] = []
    found = asked.write(path, tell=told.append)
    assert found.fresh == 512 and sum(told) == 2560
    whole = asked.write(tmp_path / "b.csv")
    assert whole.fresh == 2560 and path.read_bytes() == (tmp_path / "b.csv").read_bytes()
    assert sorted(os.listdir(tmp_path)) == ["a.csv", "a.csv.json", "b.csv", "b.csv.json"]


def counted(before: int, then: Any) -> Any:
    """Does nothing so many times, then something."""
    left = [before]

    def tell(count: int) -> None:
        left[0] -= 1
        if left[0] < 0:
            then(count)

    return tell


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_finished_sweep_does_nothing(asked: Sweep, tmp_path: Path, suffix: str) -> None:
    if suffix == ".parquet":
        pytest.importorskip("pyarrow")
    path = tmp_path / f"a{suffix}"
    asked.write(path, ["parameters"])
    before = path.stat().st_mtime_ns, path.read_bytes()
    again = asked.write(path)
    assert (again.fresh, again.variants, again.objectives) == (0, 2560, ("parameters",))
    assert (path.stat().st_mtime_ns, path.read_bytes()) == before
    other = asked.write(path, ["max:width", "multiply_adds"])
    assert other.fresh == 0 and other.objectives == ("max:width", "multiply_adds")
    # The least costly at each of two widths, whatever the number of groups of what is not there.
    assert other.front == 16


@pytest.mark.parametrize("stopped", [False, True])
def test_another_question_is_refused(
    spec: Spec, asked: Sweep, tmp_path: Path, stopped: bool
) -> None:
    path = tmp_path / "a.csv"
    if stopped:
        with pytest.raises(ZeroDivisionError):
            asked.write(path, tell=lambda count: count // 0)
    else:
        asked.write(path)
    others = {
        "set": sweep(spec, {**ASKED, "n": "1:41"}),
        "draws": sweep(spec, ASKED, draws=2560),
        "spec": sweep(loads(NET.replace("kernel: 3", "kernel: 1")), ASKED),
    }
    before = sorted(os.listdir(tmp_path))
    for differs, other in others.items():
        with pytest.raises(UsageError, match=f"of another question; it differs in: .*{differs}"):
            other.write(path)
    assert sorted(os.listdir(tmp_path)) == before
    assert asked.write(path).variants == 2560


def test_another_seed_is_another_question(spec: Spec, tmp_path: Path) -> None:
    sweep(spec, ASKED, draws=10, seed=1).write(tmp_path / "a.csv")
    with pytest.raises(UsageError, match="differs in: seed"):
        sweep(spec, ASKED, draws=10, seed=2).write(tmp_path / "a.csv")


def test_a_file_of_something_else_is_left_alone(asked: Sweep, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("dear diary\n")
    with pytest.raises(UsageError, match="is there already, and no sweep says so"):
        asked.write(path)
    assert path.read_text() == "dear diary\n"
    path.with_name("a.csv.json").write_text("{")
    with pytest.raises(ArchspecError, match="cannot be read"):
        asked.write(path)
    with pytest.raises(UsageError, match=r"ends in \.csv or \.parquet"):
        asked.write(tmp_path / "a.xlsx")
    (tmp_path / "file").write_text("")
    with pytest.raises(ArchspecError, match="cannot write"):
        asked.write(tmp_path / "file" / "a.csv")


def edited(path: Path, **changes: Any) -> str:
    """A record beside finished results, with something in it that no sweep writes."""
    return json.dumps(json.loads(path.read_text()) | changes)


def test_a_record_that_was_edited_is_refused(asked: Sweep, tmp_path: Path) -> None:
    path, record = tmp_path / "a.csv", tmp_path / "a.csv.json"
    asked.write(path)
    whole = record.read_text()
    bad = ["[]", '"text"', "1", "null", "[" * 100_000]
    for name in ("variants", "invalid", "front", "objectives"):
        bad += [edited(record, **{name: value}) for value in ("\x1b[31m", None, [1], float("nan"))]
    for text in bad:
        record.write_text(text)
        with pytest.raises(ArchspecError, match=r"cannot be read|no sweep says so"):
            asked.write(path)
    record.write_text(whole)
    assert asked.write(path).fresh == 0


def test_results_that_were_edited_are_refused(asked: Sweep, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    asked.write(path)
    whole = path.read_text()
    first, *lines = whole.splitlines(keepends=True)
    cells = lines[2].split(",")
    bad = ["", first, whole + lines[2], first + "".join(lines[:-1]), first + "x" * 200_000]
    for figure in ("", "-1", "x", "1e3", str(2**63), "9" * 400):
        cells[5] = figure
        bad.append(first + "".join([*lines[:2], ",".join(cells), *lines[3:]]))
    for text in bad:
        path.write_text(text)
        with pytest.raises(UsageError, match=r"does not hold what|cannot be read as the results"):
            asked.write(path, OBJECTIVES)
        assert path.read_text() == text and len(os.listdir(tmp_path)) == 2


def test_batches_that_were_edited_are_refused(asked: Sweep, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with pytest.raises(ZeroDivisionError):
        asked.write(path, tell=lambda count: count // 0)
    batch = tmp_path / "a.csv.partial" / "00000000.json"
    data = json.loads(batch.read_text())
    figures = data["costs"]["parameters"]
    bad: list[Any] = [[], 5, {}, {"costs": 5, "reasons": 5}, {**data, "reasons": [None] * 5}]
    bad += [{**data, "more": 1}, {**data, "costs": {}}, {**data, "reasons": [{}] * 1024}]
    for change in (5, figures[1:], [None] * 1024, ["x"] * 1024, [10**400] * 1024, [1.5] * 1024):
        bad.append({**data, "costs": {**data["costs"], "parameters": change}})
    for each in bad:
        batch.write_text(json.dumps(each))
        with pytest.raises(ArchspecError, match=r"00000000\.json cannot be read"):
            asked.write(path, OBJECTIVES)
    batch.write_text(json.dumps(data))
    # What no sweep puts there is passed over.
    for name in ("0001x.json", "0².json", "00000099.json", "1.json"):
        batch.with_name(name).write_text("")
    assert asked.write(path).variants == 2560


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes of this kind")
def test_pipes_are_not_waited_for(asked: Sweep, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("")
    os.mkfifo(tmp_path / "a.csv.json")
    with pytest.raises(ArchspecError, match="not an ordinary file"):
        asked.write(path)
    (tmp_path / "a.csv.partial").mkdir()
    os.mkfifo(tmp_path / "a.csv.partial" / "question.json")
    with pytest.raises(ArchspecError, match="not an ordinary file"):
        asked.write(path)


@pytest.mark.skipif(os.name == "nt", reason="no locks of this kind")
def test_two_sweeps_into_one_file(asked: Sweep, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"

    def again(count: int) -> None:
        with pytest.raises(UsageError, match="another process is working on this sweep"):
            asked.write(path)

    assert asked.write(path, tell=again).fresh == 2560
    assert sorted(os.listdir(tmp_path)) == ["a.csv", "a.csv.json"]


def test_files_of_another_folder_answer_the_same(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "net.yaml").write_text(NET)
    from archspec import load

    questions = [
        sweep(load(tmp_path / name / "net.yaml"), ASKED).question() for name in ("one", "two")
    ]
    assert questions[0] == questions[1]
    assert json.loads(json.dumps(questions[0])) == questions[0]


def test_the_same_on_two_processes(spec: Spec, asked: Sweep, tmp_path: Path) -> None:
    pytest.importorskip("joblib")
    asked.write(tmp_path / "a.csv")
    sweep(spec, ASKED, jobs=2).write(tmp_path / "b.csv")
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


@pytest.mark.slow
def test_the_same_on_a_dask_cluster(spec: Spec, asked: Sweep, tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    asked.write(tmp_path / "a.csv")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
    ) as cluster:
        address = f"dask:{cluster.scheduler_address}"
        sweep(spec, ASKED, scheduler=address).write(tmp_path / "b.csv")
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


@pytest.mark.slow
def test_the_same_on_a_ray_cluster(spec: Spec, asked: Sweep, tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="ray is large, and not installed for the tests")
    asked.write(tmp_path / "a.csv")
    sweep(spec, ASKED, scheduler="ray").write(tmp_path / "b.csv")
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


@pytest.mark.slow
def test_a_cluster_that_is_not_there(spec: Spec) -> None:
    pytest.importorskip("distributed")
    with pytest.raises(ArchspecError, match=r"no cluster answers at tcp://127\.0\.0\.1:1"):
        list(sweep(spec, {"n": "1:4"}, scheduler="dask:tcp://127.0.0.1:1"))


def test_schedulers_and_jobs_that_make_no_sense(spec: Spec, asked: Sweep, tmp_path: Path) -> None:
    for scheduler in ("slurm", "", "127.0.0.1:8786"):
        with pytest.raises(UsageError, match="expected dask:ADDRESS or ray:ADDRESS"):
            sweep(spec, ASKED, scheduler=scheduler).write(tmp_path / "a.csv")
    with pytest.raises(UsageError, match="has an address"):
        list(sweep(spec, ASKED, scheduler="dask"))
    for jobs in (0, -2):
        with pytest.raises(UsageError, match="jobs: expected at least 1"):
            sweep(spec, ASKED, jobs=jobs).write(tmp_path / "a.csv")
    assert os.listdir(tmp_path) == []


def test_what_is_not_installed_is_named(
    spec: Spec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("joblib", "pyarrow", "pandas"):
        monkeypatch.setitem(__import__("sys").modules, name, None)
    with pytest.raises(UsageError) as caught:
        sweep(spec, ASKED).write(tmp_path / "a.parquet")
    assert caught.value.problems[0].hint == 'pip install "archspec-nn[sweep]", or write a .csv file'
    with pytest.raises(UsageError) as caught:
        list(sweep(spec, ASKED, jobs=2))
    assert caught.value.problems[0].hint == 'pip install "archspec-nn[sweep]"'
    with pytest.raises(UsageError, match="needs pandas"):
        sweep(spec, ASKED).frame()


def test_a_data_frame(asked: Sweep) -> None:
    pytest.importorskip("pandas")
    frame = asked.frame()
    assert len(frame) == 2560 and list(frame.columns) == list(asked.columns())


def test_batches_come_alone(spec: Spec, asked: Sweep) -> None:
    (one,) = outcomes(spec, asked.space, [1])
    rows = list(asked)[1024:2048]
    assert one[0] == 1 and one[1].reasons == [row["reason"] for row in rows]


@pytest.mark.slow
def test_memory_stays(spec: Spec, tmp_path: Path) -> None:
    peaks = []
    for draws in (4, 40):
        tracemalloc.start()
        sweep(spec, {"n": "1:999", "width": "0.5:9"}, draws=draws * 1024).write(
            tmp_path / f"{draws}.csv", ["multiply_adds", "max:parameters"]
        )
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # Ten times as many rows would be ten megabytes and more; the front is a few points longer.
    assert peaks[1] < peaks[0] + 3_000_000, peaks
