"""Several scans with one recipe, a project each: what fails does not stop the others, what is done is found done."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from glob import has_magic, iglob
from pathlib import Path
from typing import Any, Literal

from ..errors import Aborted, ParameterError, ProjectError, SpectrotomoError
from ..progress import Progress, raise_if_aborted
from .batch_compared import write_comparison
from .estimate import Plan, free_space, no_room, plan
from .memory import bytes_of
from .project import Project
from .recipe import STAGES, Recipe
from .run import run_steps
from .source import absolute


@dataclass(frozen=True, slots=True)
class ScanOutcome:
    """How one scan came out.

    Attributes
    ----------
    name : str
        That of its project's folder.
    source, project : Path
    status : 'done' or 'failed'
    said : str
        What went wrong, in a sentence; empty when it is done.
    """

    name: str
    source: Path
    project: Path
    status: Literal["done", "failed"]
    said: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """How several scans came out.

    Attributes
    ----------
    folder : Path
    outcomes : tuple of ScanOutcome
        In the order of the scans.
    files : tuple of Path
        The table and the page that compare them; none where no scan has an edge map.
    """

    folder: Path
    outcomes: tuple[ScanOutcome, ...]
    files: tuple[Path, ...] = ()

    @property
    def failed(self) -> tuple[ScanOutcome, ...]:
        """The scans that failed."""
        return tuple(outcome for outcome in self.outcomes if outcome.status == "failed")


Settled = Recipe | Callable[[Path], Recipe | None] | None
"""One recipe for all scans, or what gives that of a project's folder; None for each project's own, or the defaults."""


def run_batch(
    sources: Sequence[str | Path],
    output: str | Path,
    recipe: Recipe | str | Path | dict[str, Any] | Callable[[Path], Recipe | None] | None = None,
    *,
    until: str = "report",
    threads: int | None = None,
    memory: int | str | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    progress: Callable[[str, Progress], None] | None = None,
    abort: threading.Event | None = None,
) -> Batch:
    """Take several scans through the chain with one recipe, one after the other, and compare their particles.

    Each scan has a project of its own in a folder named after it. A scan that fails is told in the result and does not stop the
    others. Called again it continues: what is done is found done. Particles keep the labels of their own scan; none is looked
    for in another.

    Parameters
    ----------
    sources : sequence of paths
        Scans or stacks, compared in this order. A pattern such as ``'series/*'`` stands for all that fit it, sorted by name.
    output : path
        The folder for the projects, ``batch.csv`` and ``batch.html``.
    recipe : Recipe, path of a YAML file, dict by stage, or callable, optional
        Parameters for all scans; by default those of each project, else the defaults. A callable is given a project's folder.
    until : str
        Last stage to do.
    threads, memory, workers, scheduler
        As in `run`.
    progress : callable, optional
        Called with a scan's name after every step of its run.
    abort : threading.Event, optional
        Stops everything when set; what was finished is kept.

    Returns
    -------
    Batch

    Raises
    ------
    SpectrotomoError
        If the sources or the recipe are wrong, or the disk cannot hold what is still to be written; `Aborted` when stopped.
    """
    scans = named_scans(sources, output)
    settled = _settled(recipe)
    if until not in STAGES:
        raise ParameterError(f"There is no stage {until!r}; the stages are {', '.join(STAGES)}.")
    means: dict[str, Any] = {"threads": threads, "memory": memory, "workers": workers, "scheduler": scheduler}
    refuse_what_cannot_fit(output, plan_batch(scans, settled, until=until, **means))
    outcomes: list[ScanOutcome] = []
    for name, (source, folder) in scans.items():
        raise_if_aborted(abort)
        said = ""
        try:
            for step in _steps(folder, source, settled, until, means, abort):
                if progress is not None:
                    progress(name, step)
        except Aborted:
            raise
        except (SpectrotomoError, OSError, MemoryError) as error:
            said = _in_a_line(error)
        outcomes.append(ScanOutcome(name, source, folder, "failed" if said else "done", said))
    folder = absolute(output)
    return Batch(folder, tuple(outcomes), write_comparison(folder, [(o.name, o.project, o.said) for o in outcomes]))


def named_scans(sources: Sequence[str | Path], output: str | Path) -> dict[str, tuple[Path, Path]]:
    """Give each scan a name of its own: source and project folder by name, in order.

    Scans of one name are told apart by the folders above them, whatever order they come in.

    Raises
    ------
    ParameterError
        If there are none, a pattern fits nothing, or a scan is given twice.
    """
    paths = [path for source in sources for path in _fitting(source)]
    if not paths:
        raise ParameterError("No scan was given: name at least one.")
    twice = [str(path) for path, count in Counter(paths).items() if count > 1]
    if twice:
        raise ParameterError(f"{twice[0]} is given more than once: name each scan once.")
    depth, parts = [1] * len(paths), [_parts(path) for path in paths]
    names = [part[-1] for part in parts]
    while shared := {name for name, count in Counter(map(str.casefold, names)).items() if count > 1}:
        for k, name in enumerate(names):
            if name.casefold() in shared:
                depth[k] += 1
                names[k] = "_".join(parts[k][-depth[k] :]) if depth[k] <= len(parts[k]) else f"{name}_{k + 1}"
    folder = absolute(output)
    return {name: (path, folder / name) for name, path in zip(names, paths, strict=True)}


def plan_batch(
    scans: dict[str, tuple[Path, Path]],
    recipe: Settled,
    *,
    until: str = "report",
    threads: int | None = None,
    memory: int | str | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
) -> dict[str, Plan | str]:
    """Say what each scan will take, by name; of one that cannot be read, why, in a sentence. Nothing is written."""
    shared = workers is not None or scheduler is not None
    means: dict[str, Any] = {"threads": threads, "memory": bytes_of(memory), "workers": shared}
    found: dict[str, Plan | str] = {}
    for name, (source, folder) in scans.items():
        try:
            found[name] = plan(Project.planned(folder, source, _recipe_for(folder, recipe)), until, **means)
        except (SpectrotomoError, OSError) as error:
            found[name] = _in_a_line(error)
    return found


def written_by(plans: dict[str, Plan | str]) -> int:
    """Give the bytes that all scans together still write, at most."""
    return sum(one.written for one in plans.values() if not isinstance(one, str))


def refuse_what_cannot_fit(output: str | Path, plans: dict[str, Plan | str]) -> None:
    """Refuse scans whose results the disk cannot hold together.

    Raises
    ------
    ProjectError
    """
    folder = absolute(output)
    needed, free = written_by(plans), free_space(folder)
    if needed > free:
        raise ProjectError(no_room(folder, needed, free))


def _steps(
    folder: Path, source: Path, recipe: Settled, until: str, means: dict[str, Any], abort: threading.Event | None
) -> Iterator[Progress]:
    """Do one scan."""
    project = Project.create(folder, source, _recipe_for(folder, recipe))
    yield from run_steps(project, until, **means, abort=abort)


def _settled(recipe: Any) -> Settled:
    return recipe if callable(recipe) else Recipe.of(recipe)


def _recipe_for(folder: Path, recipe: Settled) -> Recipe | None:
    return recipe(folder) if callable(recipe) else recipe


def _fitting(source: str | Path) -> list[Path]:
    """Give the paths that a pattern fits, sorted as people count; a path itself otherwise."""
    path = absolute(source)
    if path.exists() or not has_magic(str(path)):
        return [path]
    found = sorted((Path(one) for one in iglob(str(path))), key=_as_counted)
    if not found:
        raise ParameterError(f"Nothing fits the pattern {source}: name scans that are there.")
    return found


def _as_counted(path: Path) -> list[tuple[int, int, str]]:
    """Sort scan_10 after scan_9."""
    return [(1, int(word), "") if word.isdigit() else (0, 0, word) for word in re.split(r"(\d+)", str(path)) if word]


def _parts(path: Path) -> list[str]:
    """Give the names of a path that tell it from others, the last without the suffix of a file."""
    *above, last = path.parts[1:] or (path.name,)
    return [*above, last if path.is_dir() else Path(last).stem or last]


def _in_a_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
