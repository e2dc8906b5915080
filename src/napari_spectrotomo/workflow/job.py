"""One stage at work: the project it works on, who does the work, and how it is recorded, logged and stopped."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..data import FloatArray
from ..progress import Progress
from .executor import Executor, Here, Made, Tasks, Work, Workplace
from .project import Project
from .record import check_unchanged


@dataclass(frozen=True, slots=True)
class Job:
    """What the steps of a stage are given.

    Attributes
    ----------
    place : Workplace
    entry : dict
        The stage's entry in the record; what a step found is kept here, as plain values.
    log : logging.Logger
        Writes ``run.log``.
    executor : Executor
        Has the energies worked on.
    """

    place: Workplace
    entry: dict[str, Any]
    log: logging.Logger
    executor: Executor = field(default_factory=Here)

    @property
    def project(self) -> Project:
        """The project."""
        return self.place.project

    @property
    def stage(self) -> str:
        """Name of the stage."""
        return self.place.stage

    @property
    def fingerprint(self) -> str:
        """Fingerprint of the stage as it is now."""
        return self.place.fingerprint

    @property
    def abort(self) -> threading.Event | None:
        """Set when the user asked to stop."""
        return self.place.abort

    def check(self) -> None:
        """Raise `Aborted` when the user asked to stop."""
        self.place.check()

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

    def each(
        self, work: Work, tasks: Tasks, energies: FloatArray, after: Mapping[int, int | None] | None = None
    ) -> Iterator[tuple[int, Made]]:
        """Have energies worked on; give each as it is finished, what it told being in the record already.

        The record is in order of the energies, whichever is finished first.
        """
        said = self.entry["warnings"]
        for index in sorted(tasks):
            said.setdefault(_step(energies[index]), [])
        for index, made in self.executor.each(self.place, work, tasks, after):
            if made.warnings is not None:
                self.warn(made.warnings, _step(energies[index]))
            for name, value in made.kept.items():
                values = self.entry.get(name, {}) | {f"{energies[index]:.2f}": value}
                self.entry[name] = dict(sorted(values.items(), key=lambda item: float(item[0])))
            yield index, made

    def each_energy(
        self, images: tuple[str, ...], energies: FloatArray, work: Work, *plain: Any, before: int = 0
    ) -> Iterator[Progress]:
        """Make what images lack, an energy at a time.

        Parameters
        ----------
        images : tuple of str
            The images in the store that the work writes; an energy is done when all have its flag.
        energies : (E,), eV
        work : function of a module
            Writes the volumes of the energy with this index, without flags.
        *plain
            Plain values that it takes besides.
        before : int
            Steps of the stage that come before these.
        """
        total, store = before + len(energies), self.project.store
        flags = np.all([store.done(image) for image in images], axis=0)
        done = [index for index, flag in enumerate(flags) if flag]
        for count, index in enumerate(done, 1):
            yield self.finished(before + count, total, "found done", float(energies[index]))
        tasks = {index: plain for index in range(len(energies)) if index not in done}
        for count, (index, made) in enumerate(self.each(work, tasks, energies), 1 + len(done)):
            self.settle()
            for image in reversed(images):  # readers look at the first, so it is flagged last
                store.flag(image, index)
            yield self.finished(before + count, total, made.message, float(energies[index]))


def _step(energy: float) -> str:
    return f"{energy:.2f} eV"
