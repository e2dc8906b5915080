"""What a worker of a dask cluster does: open the project, carry out one order, stop when it is no longer wanted."""

from __future__ import annotations

import platform
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import __version__
from ..errors import ProjectError
from ..machine import peak_memory
from .executor import Made, Work, Workplace, on_threads
from .hold import writing
from .memory import give_memory_back
from .project import Project

SIGN = ".at-work"
"""A file in the project folder that holds the token of the work that is wanted; without it nothing is."""
_LOOK = 0.3
"""Seconds between two looks at the sign."""
_LOOKS = 200
"""How often a worker looks for the sign of new work: network file systems show new files up to a minute late."""
_one_at_a_time = threading.Lock()
_places: dict[str, Workplace] = {}
"""The place of the order that was last carried out, by its token: all its energies share it."""


@dataclass(frozen=True, slots=True)
class Order:
    """What to do with energies of a project; small enough to be sent with each.

    Attributes
    ----------
    path : str
        The project folder, as the run sees it.
    stage, fingerprint, memory
        As in `Workplace`.
    work : function of a module
    token : str
        What `SIGN` holds as long as the work is wanted.
    version : str
        Of the package, where the run is.
    threads : int or None
        None takes as many as the worker has.
    """

    path: str
    stage: str
    fingerprint: str
    memory: int | None
    work: Work
    token: str
    version: str
    threads: int | None

    @classmethod
    def of(cls, place: Workplace, work: Work, token: str, threads: int | None) -> Order:
        """Write an order for the energies of a stage."""
        path = str(place.project.path)
        return cls(path, place.stage, place.fingerprint, place.memory, work, token, __version__, threads)


def carry_out(order: Order, index: int, plain: tuple[Any, ...]) -> tuple[Made, int]:
    """Do one energy on a worker, and give what it told and the peak memory of the process so far, in bytes.

    A worker does one at a time, on all its threads, however many dask has given it: so its memory is that of one.

    Raises
    ------
    ProjectError
        If the worker runs another version, or does not see the project folder as the run does.
    SpectrotomoError
        Whatever the work raises.
    """
    import dask

    if order.memory is not None:
        give_memory_back()
    with _one_at_a_time:
        place = _place(order)
        with (
            _watched(place, Path(order.path) / SIGN, order.token),
            writing(place.project.path),
            on_threads(order.threads or _own_threads()),
            dask.config.set(scheduler="threads"),  # lazy arrays are computed here, and not sent to the cluster
        ):
            return order.work(place, index, *plain), peak_memory()


def _place(order: Order) -> Workplace:
    if order.token in _places:
        return _places[order.token]
    here = f"The worker on {platform.node()}"
    if order.version != __version__:
        raise ProjectError(
            f"{here} runs napari-spectrotomo {__version__}, and the run is by {order.version}: install the same version on both."
        )
    sign, looks = Path(order.path) / SIGN, 0
    while _token(sign) != order.token and looks < _LOOKS:
        time.sleep(_LOOK)
        looks += 1
    if _token(sign) != order.token:
        raise ProjectError(
            f"{here} does not see the project folder {order.path} as the run does: put it on a disk that all workers share, under "
            "one path."
        )
    place = Workplace(Project.open(order.path), order.stage, order.fingerprint, order.memory, threading.Event())
    _places.clear()
    _places[order.token] = place
    return place


def _token(sign: Path) -> str | None:
    """Read the sign; opening it anew shows what another machine did to it."""
    try:
        return sign.read_text(encoding="utf-8")
    except OSError:
        return None


@contextmanager
def _watched(place: Workplace, sign: Path, token: str) -> Iterator[None]:
    """Set the place's event once the sign is gone or another's, within a second."""
    ended, abort = threading.Event(), place.abort
    assert abort is not None

    def watch() -> None:
        missed = 0
        while not ended.wait(_LOOK):
            missed = 0 if _token(sign) == token else missed + 1
            if missed > 1:  # once may be a disk that hesitates
                abort.set()
                return

    watcher = threading.Thread(target=watch, name="spectrotomo-watch", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()


def _own_threads() -> int:
    from distributed import get_worker

    return int(get_worker().state.nthreads)


def spare() -> Any:
    """Give a plugin that keeps Ctrl-C, which a terminal sends to all processes, from the workers: the run tells them to stop."""
    import signal

    from distributed import WorkerPlugin

    class Spare(WorkerPlugin):
        name = "spectrotomo-spare"

        def setup(self, worker: Any) -> None:
            if threading.current_thread() is threading.main_thread():
                signal.signal(signal.SIGINT, signal.SIG_IGN)

    return Spare()
