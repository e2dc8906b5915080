"""One stage at work: the project it works on, and how it is timed, logged and stopped."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..data import FloatArray
from ..progress import Progress, raise_if_aborted
from .project import Project
from .record import check_unchanged


@dataclass(frozen=True, slots=True)
class Job:
    """What the steps of a stage are given.

    Attributes
    ----------
    project : Project
    stage : str
    entry : dict
        The stage's entry in the record; what a step found is kept here, as plain values.
    fingerprint : str
        Of the stage as it is now.
    log : logging.Logger
        Writes ``run.log``.
    threads : int or None
        Threads to use; None for all cores.
    abort : threading.Event or None
    """

    project: Project
    stage: str
    entry: dict[str, Any]
    fingerprint: str
    log: logging.Logger
    threads: int | None = None
    abort: threading.Event | None = None

    def check(self) -> None:
        """Raise `Aborted` when the user asked to stop."""
        raise_if_aborted(self.abort)

    def warn(self, sentences: tuple[str, ...] | list[str], step: str = "") -> None:
        """Keep warnings of a step, in the record and in the log."""
        self.project.record.warn(self.stage, sentences, step)
        for sentence in sentences:
            self.log.warning("%s: %s", self.stage, sentence)

    def finished(self, done: int, total: int, message: str, energy: float | None = None) -> Progress:
        """Log a step that is done and give its report."""
        self.log.info("%s%s: %s", self.stage, "" if energy is None else f" {energy:.2f} eV", message)
        return Progress(self.stage, done, total, message, energy)

    def settle(self) -> None:
        """Have what was noted of a step on disk before its result counts, and refuse what was made of inputs that changed.

        Raises
        ------
        DataError
            If an input file is no longer what it was when the run began.
        """
        check_unchanged(self.project.record.content["inputs"])
        self.project.record.save()

    def each_energy(
        self, images: tuple[str, ...], energies: FloatArray, make: Callable[[int], str], *, before: int = 0
    ) -> Iterator[Progress]:
        """Make what images lack, an energy at a time.

        Parameters
        ----------
        images : tuple of str
            The images in the store that are made; an energy is done when all have its flag.
        energies : (E,), eV
        make : callable
            Writes the volume of the energy with this index, without a flag, and says what it did.
        before : int
            Steps of the stage that come before these.
        """
        total = before + len(energies)
        done = np.all([self.project.store.done(image) for image in images], axis=0)
        for e, energy in enumerate(energies):
            self.check()
            message = "found done"
            if not done[e]:
                message = make(e)
                self.settle()
                for image in reversed(images):  # readers look at the first, so it is flagged last
                    self.project.store.flag(image, e)
            yield self.finished(before + e + 1, total, message, float(energy))
