"""The energies of a stage worked on by the workers of a dask cluster: processes of this machine, or of others.

Volumes never go through the scheduler: a worker reads them from the project folder, which all must see, and writes shards
there. A worker that dies costs the energy it worked on, which dask gives to another. Work that is not wanted any more (the run
was stopped, or began anew) sees within a second that the run's sign is gone from the folder, and stops.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any
from uuid import uuid4

from ..errors import ParameterError, ProjectError
from ..threads import thread_count
from .executor import Executor, Here, Made, Tasks, Work, Workplace
from .worker import SIGN, Order, carry_out, spare

_HERE = "127.0.0.1"
_LOOK = 0.1
"""Seconds between two looks at whether a worker is ready or the run is to stop."""
_END = 3.0
"""Seconds that workers of others are given to stop, once they are told to."""


@contextmanager
def executor_for(
    workers: int | None, scheduler: str | None, threads: int | None, log: logging.Logger
) -> Iterator[Executor]:
    """Give what has energies worked on: this process, or workers, which are started when they are first needed.

    Raises
    ------
    ParameterError
        If both workers and a scheduler are named, or what they need is not installed.
    """
    if workers is None and scheduler is None:
        yield Here()
        return
    if workers is not None and scheduler is not None:
        raise ParameterError("Give either a number of workers of this machine, or the scheduler of others, not both.")
    if workers is not None and workers < 1:
        raise ParameterError(f"{workers} workers cannot work: give 1 or more, or none for threads in this process.")
    try:
        import distributed  # noqa: F401
    except ImportError as error:
        raise ParameterError(
            "Workers need dask.distributed: pip install 'napari-spectrotomo[cluster]', or leave workers and scheduler out."
        ) from error
    with ExitStack() as stack:
        patience = _END if workers is None else 0.0  # our own workers are ended with the run
        yield Cluster(lambda: stack.enter_context(_connected(workers, scheduler, threads)), threads, log, patience)


@contextmanager
def _connected(workers: int | None, scheduler: str | None, threads: int | None) -> Iterator[Any]:
    """Start workers of this machine, or reach those of a scheduler; gives the client."""
    from distributed import Client, LocalCluster

    with ExitStack() as stack:
        where: Any = scheduler
        if workers is not None:
            share = threads or max(1, thread_count() // workers)
            where = LocalCluster(
                n_workers=workers,
                threads_per_worker=share,
                host=_HERE,
                dashboard_address=None,
                scheduler_kwargs={
                    "dashboard_address": f"{_HERE}:0"
                },  # no dashboard, but dask serves its state, to all by default
                worker_dashboard_address=f"{_HERE}:0",
                memory_limit=0,  # a worker that dask paused for its memory would never go on: the work itself keeps to it
                silence_logs=logging.CRITICAL,
            )
            stack.callback(where.close)
            stack.callback(_end_processes, where)
        try:
            client = Client(where, set_as_default=False, timeout=20)
        except (OSError, ValueError, TimeoutError) as error:
            raise ParameterError(
                f"No dask scheduler answers at {scheduler!r} ({error}): start one (dask scheduler), and give the address it prints."
            ) from error
        stack.callback(client.close)
        if workers is not None:
            client.register_plugin(spare())
        yield client


def _end_processes(local: Any) -> None:
    """End our own workers at once: whatever they still do is not wanted."""
    import psutil

    for nanny in local.workers.values():
        nanny.auto_restart = False
        if nanny.pid is not None and psutil.pid_exists(nanny.pid):
            psutil.Process(nanny.pid).kill()


class Cluster:
    """Has energies worked on by workers, as many at a time as there are workers.

    Parameters
    ----------
    connect : callable
        Gives the client of the cluster; called when work comes first.
    threads : int or None
        Threads of each worker; None takes as many as it was started with.
    log : logging.Logger
    patience : float, s
        How long to wait for work to stop that is not wanted any more.
    """

    def __init__(
        self, connect: Callable[[], Any], threads: int | None, log: logging.Logger, patience: float = _END
    ) -> None:
        self._connect, self._threads, self._log = connect, threads, log
        self._patience = patience
        self._client: Any = None
        self._known: set[str] = set()
        self._told = threading.Event()

    def each(
        self, place: Workplace, work: Work, tasks: Tasks, after: Mapping[int, int | None] | None = None
    ) -> Iterator[tuple[int, Made]]:
        """Have every energy worked on, side by side; see `Executor.each`."""
        if not tasks:
            return
        if self._client is None:
            self._client = self._connect()
        place.project.save()  # workers read recipe and record
        sign, token = place.project.path / SIGN, uuid4().hex
        sign.write_text(token, encoding="utf-8")
        order = Order.of(place, work, token, self._threads)
        waiting, running = dict(tasks), dict[Any, int]()
        try:
            while waiting or running:
                place.check()
                for index in self._ready(waiting, running, after or {}):
                    future = self._client.submit(
                        carry_out, order, index, waiting.pop(index), pure=False, key=f"{work.__name__}-{index}-{token}"
                    )
                    future.add_done_callback(lambda _: self._told.set())
                    running[future] = index
                for future in self._finished(running):
                    yield running.pop(future), self._result(future, place)
        finally:
            sign.unlink(missing_ok=True)
            self._let_go(list(running))

    def _ready(self, waiting: Tasks, running: Mapping[Any, int], after: Mapping[int, int | None]) -> list[int]:
        """Give the energies that may begin: as many as there are idle workers, none before what it comes after."""
        free = self._workers() - len(running)
        unfinished = {*waiting, *running.values()}
        return [index for index in waiting if after.get(index) not in unfinished][: max(free, 0)]

    def _workers(self) -> int:
        """Count the workers, and note what became of them."""
        there = set(self._client.nthreads())
        for lost in self._known - there:
            self._log.warning("the worker %s was lost: what it worked on is done again by another", lost)
        if not there and self._known:
            self._log.warning("no worker is left: waiting for one")
        for new in there - self._known:
            self._log.info("the worker %s is there", new)
        self._known = there
        return len(there)

    def _finished(self, running: Mapping[Any, int]) -> list[Any]:
        """Wait a little, and give what is finished, in the order it was begun."""
        self._told.wait(_LOOK)
        self._told.clear()
        return [future for future in running if future.done()]

    def _result(self, future: Any, place: Workplace) -> Made:
        """Give what a worker told, or its error as advice."""
        from distributed.client import FutureCancelledError
        from distributed.scheduler import KilledWorker

        try:
            made, peak = future.result()
        except KilledWorker as error:
            raise ProjectError(
                f"Workers died again and again at the same energy ({place.stage}): most likely their memory is too small. Give "
                "them more, or give --memory, then the same command; what was finished is kept."
            ) from error
        except FutureCancelledError as error:
            raise ProjectError(
                "The scheduler of the workers is gone: start it again, then give the same command; what was finished is kept."
            ) from error
        except ModuleNotFoundError as error:
            raise ProjectError(
                f"A worker lacks a library ({error}): install this version of napari-spectrotomo where the workers run."
            ) from error
        entry = place.project.record.stage(place.stage)
        entry["worker_peak_memory_bytes"] = max(peak, entry.get("worker_peak_memory_bytes", 0))
        return made

    def _let_go(self, running: list[Any]) -> None:
        """Wait until work that was begun has stopped, so that nothing writes any more, and forget it."""
        for _ in range(int(self._patience / _LOOK)):
            if all(future.done() for future in running):
                break
            self._told.wait(_LOOK)
        self._client.cancel(running)
