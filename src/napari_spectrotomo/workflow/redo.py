"""One energy of a finished registration done again by itself, everything else left as it is."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ..errors import ProjectError
from ..parameters import as_plain, checked
from ..progress import Progress, ProgressCallback, raise_if_aborted
from ..register import RegisterParameters, register_again
from .executor import Workplace
from .hold import alone, logging_to, writing
from .job import Job
from .motion import begin_redone, move_energy, note_redone, save
from .outputs import IMAGES_OF
from .project import Project

if TYPE_CHECKING:
    from ..register import Registration


def redo_energy(
    project: Project,
    index: int,
    *,
    start: Any = None,
    keep: bool = False,
    parameters: RegisterParameters | dict[str, Any] | None = None,
    progress: ProgressCallback | None = None,
    abort: threading.Event | None = None,
) -> Registration:
    """Register one energy again by itself, move its volume anew, and leave all other energies bit for bit.

    The spectra and the report, which were made from the volume before, are taken away. What was done is noted in ``run.json``
    and warned of; `run` takes it as it is, until the registration itself is out of date.

    Parameters
    ----------
    project : Project
        Its stage `register` is done.
    index : int
        Of the energy; not the fixed one.
    start : (4, 4), or None
        Where to begin, fixed -> moving, in voxels; None looks everywhere.
    keep : bool
        Whether `start` is the result itself, of the whole and of every particle.
    parameters : RegisterParameters, or dict of those that differ from the recipe's; optional
        For this energy only.
    progress : callable, optional
        Called when the energy is registered, and when its volume is moved.
    abort : threading.Event, optional
        Stops the solver; the project is as it was then.

    Returns
    -------
    Registration
        The new one.

    Raises
    ------
    ProjectError
        If the registration is not done, or another run is at work on the project.
    RegistrationError
        If the energy cannot be registered again, or the start is no transform; nothing is changed then.
    ParameterError, Aborted
    """
    with alone(project.path), logging_to(project.path) as log, writing(project.path):
        project.record.reload()
        entry = project.record.stage("register")
        if project.state("register") != "done":
            raise ProjectError("Register all energies first: one is done again only where all are up to date.")
        own = _parameters(project, parameters)
        before = project.registration()
        job = Job(Workplace(project, "register", entry["fingerprint"]), entry, log)
        after = register_again(
            before,
            project.masks(),
            index,
            start=start,
            keep=keep,
            stack=None if own["refine"] == "none" else project.stack("reconstruction"),
            abort=abort,
            **own,
        )
        index %= len(after.energies)
        energy = float(after.energies[index])
        raise_if_aborted(abort)
        note = _note(after, index, start, keep, own)
        step = job.finished(1, 2, note["words"], energy)
        if progress is not None:
            progress(step)
        _write(job, after, index, note)
        if progress is not None:
            progress(Progress("register", 2, 2, "volume moved", energy))
    return after


def _parameters(project: Project, given: RegisterParameters | dict[str, Any] | None) -> dict[str, Any]:
    """Give all parameters of the energy, those of the recipe where none are given."""
    if isinstance(given, RegisterParameters):
        return as_plain(given)
    return as_plain(checked(RegisterParameters, as_plain(project.recipe.register) | (given or {}), where="register"))


def _write(job: Job, registration: Registration, index: int, note: dict[str, Any]) -> None:
    """Put the new result in place; of a project that is torn away meanwhile, the next run moves the volume as the file says."""
    project = job.project
    project.discard("spectra")
    project.store.withdraw("registered", index)
    begin_redone(job, index, note)
    save(job, registration)
    note_redone(job, registration)
    project.note_files("register")
    project.record.save()
    move_energy(job.place, index)
    for image in reversed(IMAGES_OF["register"][:3]):
        project.store.flag(image, index)


def _note(registration: Registration, index: int, start: Any, keep: bool, own: dict[str, Any]) -> dict[str, Any]:
    """Say what was done, as plain values."""
    energy = float(registration.energies[index])
    words = f"Registered again by hand at {energy:.1f} eV"
    if keep:
        words = f"Placed by hand at {energy:.1f} eV, and not registered"
    elif start is not None:
        words += ", from a start placed by hand"
    return {
        "energy_eV": energy,
        "words": f"{words}.",
        "start": None if start is None else [[float(value) for value in row] for row in start],
        "kept": keep,
        "parameters": own,
        "when": datetime.now().astimezone().isoformat(timespec="seconds"),
    }
