"""Where the energies of a stage are worked on: in this process, or by the workers of a dask cluster (`cluster`).

The work on one energy is a function of a module: it takes a `Workplace`, the energy's index and plain values, reads its input
from the project, writes its shards there, and gives back `Made`. Nothing large goes from process to process, and one process
alone, that of the run, writes flags, record and log. So both executors call the same functions and make the same bytes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from ..progress import raise_if_aborted
from .project import Project

Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class Made:
    """What the work on one energy tells when its result is on disk; plain values only.

    Attributes
    ----------
    message : str
        What was done, in a few words.
    kept : dict
        Values by name, for the stage's entry in the record, where each name has one value an energy.
    warnings : tuple of str or None
        None where nothing was looked at.
    found : object
        What else the stage needs to know, as plain values.
    """

    message: str
    kept: dict[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] | None = None
    found: Any = None


@dataclass(frozen=True, slots=True)
class Workplace:
    """What the work on one energy is given.

    Attributes
    ----------
    project : Project
        Read for its recipe, its source and its results; the work writes shards of images, and nothing else.
    stage : str
    fingerprint : str
        Of the stage as it is now.
    memory : int or None, bytes
        What arrays may take together where work can be cut into parts; None cuts nothing for memory.
    abort : threading.Event or None
    """

    project: Project
    stage: str
    fingerprint: str
    memory: int | None = None
    abort: threading.Event | None = None
    _kept: dict[str, Any] = field(default_factory=dict)

    def keep(self, name: str, make: Callable[[], Thing]) -> Thing:
        """Give what all energies of a stage share, made once in each process."""
        if name not in self._kept:
            self._kept[name] = make()
        return self._kept[name]

    def forget(self, name: str) -> None:
        """Let go of what was kept."""
        self._kept.pop(name, None)

    def check(self) -> None:
        """Raise `Aborted` when the user asked to stop."""
        raise_if_aborted(self.abort)


Work = Callable[..., Made]
Tasks = Mapping[int, tuple[Any, ...]]
"""The energies to work on, by index and in order, each with the plain values that its work takes."""


class Executor(Protocol):
    """What has the energies of a stage worked on."""

    def each(
        self, place: Workplace, work: Work, tasks: Tasks, after: Mapping[int, int | None] | None = None
    ) -> Iterator[tuple[int, Made]]:
        """Have every energy worked on, and give what each made, as they are finished.

        Parameters
        ----------
        place : Workplace
        work : function of a module
        tasks : mapping of index to plain values
        after : mapping of index to index or None
            Which energy must be finished, and what was done with it noted, before another begins; it comes before it in `tasks`.

        Raises
        ------
        Aborted
            Once ``place.abort`` is set.
        """


class Here:
    """Works in this process, one energy after the other, on its threads."""

    def each(
        self, place: Workplace, work: Work, tasks: Tasks, after: Mapping[int, int | None] | None = None
    ) -> Iterator[tuple[int, Made]]:
        """Work on every energy in order; see `Executor.each`."""
        for index, plain in tasks.items():
            place.check()
            yield index, work(place, index, *plain)


@contextmanager
def on_threads(threads: int | None) -> Iterator[None]:
    """Hold the libraries that have threads of their own to so many (None: as they are), and linear algebra to one.

    Sums of linear algebra differ in their last bits with the number of its threads; what is large is done on threads of our own.
    """
    import dask
    import scipy.linalg  # noqa: F401 -- a library that is loaded later would not be held
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, user_api="blas"):
        if threads is None:
            yield
            return
        import SimpleITK

        before = SimpleITK.ProcessObject.GetGlobalDefaultNumberOfThreads()
        SimpleITK.ProcessObject.SetGlobalDefaultNumberOfThreads(threads)
        try:
            with dask.config.set(num_workers=threads):
                yield
        finally:
            SimpleITK.ProcessObject.SetGlobalDefaultNumberOfThreads(before)
