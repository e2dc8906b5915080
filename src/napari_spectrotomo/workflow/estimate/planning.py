"""What a run will take and whether it fits: a row a stage, before anything is begun."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ...errors import ProjectError
from ...machine import cores, memory_free
from ..memory import WORKER, expected, needed, too_little
from ..project import Project
from ..record import State, dependents, looks_changed
from .disk import bytes_freed, bytes_written
from .seconds import pace_of, plain_seconds
from .sizes import Sizes, shares_left


@dataclass(frozen=True, slots=True)
class StagePlan:
    """What is left to do of a stage.

    Attributes
    ----------
    stage : str
    seconds : float
        An estimate.
    memory : int
        Bytes of a process at its peak, an estimate.
    least : int
        Bytes that it cannot do with less than.
    written : int
        Bytes on disk, an upper bound.
    """

    stage: str
    seconds: float
    memory: int
    least: int
    written: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run will take, and what there is.

    Attributes
    ----------
    folder : Path
        The project.
    stages : tuple of StagePlan
        Those that are not done, in order.
    disk_free : int
        Bytes free where the project is, with what is taken away first.
    memory_free : int
        Bytes this process may still take.
    memory : int or None
        Bytes it was told to take at most.
    """

    folder: Path
    stages: tuple[StagePlan, ...]
    disk_free: int
    memory_free: int
    memory: int | None = None

    @property
    def seconds(self) -> float:
        """Of all stages together."""
        return sum(stage.seconds for stage in self.stages)

    @property
    def peak(self) -> int:
        """Bytes of memory that the hungriest stage takes."""
        return max((stage.memory for stage in self.stages), default=0)

    @property
    def written(self) -> int:
        """Bytes that all stages write at most."""
        return sum(stage.written for stage in self.stages)

    def refusals(self) -> list[str]:
        """Say what cannot be, a sentence each; nothing where all fits."""
        said = []
        if self.written > self.disk_free:
            said.append(no_room(self.folder, self.written, self.disk_free))
        needs = {stage.stage: stage.least for stage in self.stages}
        if self.memory is not None and (sentence := too_little(needs, self.memory)):
            said.append(sentence)
        return said

    def check(self) -> None:
        """Refuse what cannot be.

        Raises
        ------
        ProjectError
        """
        if refusals := self.refusals():
            raise ProjectError(" ".join(refusals))

    def warnings(self) -> list[str]:
        """Say what may not fit: estimates that are beyond what there is."""
        there = self.memory_free if self.memory is None else min(self.memory, self.memory_free)
        big = [stage for stage in self.stages if stage.memory > there]
        if not big:
            return []
        worst = max(big, key=lambda stage: stage.memory)
        return [
            f"Stage {worst.stage} should take about {in_bytes(worst.memory)} of memory, and {in_bytes(there)} are there: close "
            "other programs, bin the projections (correct.binning=2) or reconstruct a part (reconstruct.region)."
        ]


def plan(
    project: Project,
    until: str = "report",
    *,
    restart: bool = False,
    memory: int | None = None,
    threads: int | None = None,
    workers: bool = False,
    state_of: Callable[[str], State] | None = None,
) -> Plan:
    """Say what a run up to a stage will take, from the headers of the scan; nothing is read, made or written.

    Parameters
    ----------
    project : Project
        It need not be on disk yet; see `Project.planned`.
    until : str
        Last stage to do.
    restart : bool
        Whether what is done is done again.
    memory : int, optional
        Bytes that the run may take.
    threads : int, optional
        That the run may use; all cores by default.
    workers : bool
        Whether energies are worked on by dask workers, each of which takes somewhat more memory.
    state_of : callable, optional
        Gives the state of a stage; `Project.state` by default.
    """
    state_of = state_of or project.state
    restart = restart or _inputs_changed(project)
    sizes, pace = Sizes.of(project), pace_of(project, state_of)
    if threads is not None:
        pace *= cores() / min(threads, cores())
    more = WORKER if workers else 0
    stages = tuple(
        StagePlan(
            stage,
            share * pace * plain_seconds(project, stage, sizes),
            expected(project, stage, memory) + more,
            needed(project, stage) + more,
            round(share * bytes_written(project, stage, sizes)),
        )
        for stage, share in shares_left(project, until, state_of, restart).items()
    )
    freed = bytes_freed(project, _taken_away(state_of, restart))
    return Plan(project.path, stages, free_space(project.path) + freed, memory_free(), memory)


def refuse_what_cannot_fit(
    project: Project, until: str, *, restart: bool = False, memory: int | None = None, workers: bool = False
) -> None:
    """Refuse a run whose results the disk cannot hold, or whose memory cannot do, before anything is written.

    Raises
    ------
    ProjectError
    """
    plan(project, until, restart=restart, memory=memory, workers=workers).check()


def no_room(folder: Path, needed: int, free: int) -> str:
    """Say that results do not fit onto a disk."""
    return (
        f"{folder} has {in_bytes(free)} free, and up to {in_bytes(needed)} are still to be written: free some space, name a "
        "folder on another disk, or do less (--until, correct.binning, reconstruct.region)."
    )


def free_space(folder: Path) -> int:
    """Give the bytes free where a folder is, or will be."""
    there = next(path for path in (folder, *folder.parents) if path.exists())
    return shutil.disk_usage(there).free


def in_bytes(size: float) -> str:
    """Say a size in the unit that suits it."""
    power = next((k for k in range(4) if size < 999.5 * 1000**k), 4)
    return f"{size / 1000**power:.3g} {('B', 'kB', 'MB', 'GB', 'TB')[power]}"


def _inputs_changed(project: Project) -> bool:
    """Say whether files of the source are of another size or time than those that the project was made from."""
    known = project.record.content["inputs"]
    return bool(known) and looks_changed(project.input().metadata.get("files", []), known)


def _taken_away(state_of: Callable[[str], State], restart: bool) -> tuple[str, ...]:
    """Give the stages whose results are taken away before others are made."""
    if restart:
        return ("read", *dependents("read"))
    out_of_date = [stage for stage in ("read", *dependents("read")) if state_of(stage) == "outdated"]
    return tuple(dict.fromkeys(name for stage in out_of_date for name in (stage, *dependents(stage))))
