"""Batches worked out here, on several cores, or on a cluster; the results are the same."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib import import_module
from itertools import islice
from typing import Any

from archspec.errors import ArchspecError, UsageError
from archspec.schema.spec import Spec
from archspec.sweeping.measure import Meter, Outcome
from archspec.sweeping.space import Space

SCHEDULERS = ("dask", "ray")
_SWEEP = '"archspec-nn[sweep]"'
# Batches for each worker of a cluster that must be waited for together.
_AT_A_TIME = 4


def outcomes(
    spec: Spec,
    space: Space,
    batches: Iterable[int],
    jobs: int = 1,
    scheduler: str | None = None,
) -> Iterator[tuple[int, Outcome]]:
    """The outcome of each batch, in any order.

    Args:
        spec: the network.
        space: its variants.
        batches: which batches.
        jobs: processes at once, -1 for one on each core; a cluster has its own number.
        scheduler: ``dask:ADDRESS`` or ``ray:ADDRESS`` for a cluster; ``ray`` for one of its own.

    Raises:
        UsageError: for what is not installed, or a cluster that cannot be reached.
    """
    check_workers(jobs, scheduler)
    payload = pickle.dumps((spec, space))
    if jobs == 1 and scheduler is None:
        for batch in batches:
            yield _work(payload, batch)
        return
    joblib = _installed("joblib", "several processes need", _SWEEP)
    with _cluster(joblib, scheduler):
        count = jobs if scheduler is None or jobs != 1 else -1
        run = joblib.delayed(_work)
        tasks = (run(payload, batch) for batch in batches)
        if scheduler is None or scheduler.startswith("dask"):
            way = "generator_unordered"
            yield from joblib.Parallel(n_jobs=count, return_as=way, batch_size=1)(tasks)
            return
        # Ray gives results only all together, so it is given some batches at a time.
        several = _AT_A_TIME * joblib.effective_n_jobs(count)
        while now := list(islice(tasks, several)):
            yield from joblib.Parallel(n_jobs=count, batch_size=1)(now)


def check_workers(jobs: int, scheduler: str | None) -> None:
    """Refuse a number of processes, or a scheduler, that means nothing.

    Raises:
        UsageError: saying what does.
    """
    if jobs == 0 or jobs < -1:
        raise UsageError(f"jobs: expected at least 1, or -1 for all cores, received {jobs}")
    if scheduler is not None and scheduler.partition(":")[0] not in SCHEDULERS:
        raise UsageError(
            f"scheduler: expected dask:ADDRESS or ray:ADDRESS, received {scheduler[:80]!r}",
            hint="such as dask:tcp://127.0.0.1:8786; without one, `--jobs` uses local cores",
        )


@contextmanager
def _cluster(joblib: Any, scheduler: str | None) -> Iterator[None]:
    if scheduler is None:
        yield
        return
    name, _, address = scheduler.partition(":")
    with (_dask if name == "dask" else _ray)(address), joblib.parallel_config(backend=name):
        yield


@contextmanager
def _dask(address: str) -> Iterator[None]:
    distributed = _installed("distributed", "a Dask cluster needs", '"archspec-nn[dask]"')
    if not address:
        raise UsageError("scheduler: a Dask cluster has an address, as in dask:tcp://HOST:8786")
    client = _reached(address, lambda: distributed.Client(address, timeout=10, set_as_default=True))
    try:
        yield
    finally:
        client.close()


@contextmanager
def _ray(address: str) -> Iterator[None]:
    ray = _installed("ray", "a Ray cluster needs", f"{_SWEEP} ray")
    _reached(address, lambda: ray.init(address=address or None))
    _installed("ray.util.joblib", "a Ray cluster needs", f"{_SWEEP} ray").register_ray()
    try:
        yield
    finally:
        ray.shutdown()


def _reached(address: str, connect: Callable[[], Any]) -> Any:
    try:
        return connect()
    except (OSError, ValueError, ConnectionError) as error:
        raise ArchspecError(f"no cluster answers at {address[:80]}: {error}") from None


def _installed(module: str, what: str, packages: str) -> Any:
    try:
        return import_module(module)
    except ImportError:
        raise UsageError(
            f"{what} `{module}`, which is not installed", hint=f"pip install {packages}"
        ) from None


def _work(payload: bytes, batch: int) -> tuple[int, Outcome]:
    meter, space = _opened(payload)
    return batch, meter.measure(space.columns(batch), space.size(batch))


@lru_cache(maxsize=2)
def _opened(payload: bytes) -> tuple[Meter, Space]:
    """What a process needs, kept from one batch to the next."""
    spec, space = pickle.loads(payload)
    return Meter(spec, space.names, space.inputs, space.fixed), space
