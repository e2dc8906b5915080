"""Before and while a run works: what killed runs left is cleared away, what is damaged is found, and made again."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

from ..atomic import is_temporary
from ..errors import ProjectError
from .checked import DamagedError
from .holder import NOTE
from .outputs import FILES, UNFINISHED
from .project import Project
from .record import MENDED
from .sums import is_as_noted


def clear_away(project: Project) -> None:
    """Remove the hidden files and folders that a killed run was writing; those of the user's own are left alone."""
    names = ("run.json", "recipe.yaml", NOTE, *(n for some in (*FILES.values(), *UNFINISHED.values()) for n in some))
    own = {f".{Path(name).stem}." for name in names}
    left = [file for file in project.path.iterdir() if is_temporary(file) and file.name.startswith(tuple(own))]
    left += [file for file in project.store.path.rglob(".*") if is_temporary(file)]
    for file in left:
        if file.is_dir():
            shutil.rmtree(file)
        else:
            file.unlink(missing_ok=True)


def check_descriptions(project: Project, log: logging.Logger) -> None:
    """Take away images whose description is damaged: they are made again."""
    for image in project.store.repair():
        _tell(project, log, f"The description of the image {image} was damaged: the image is made again.")


def check_all(project: Project, log: logging.Logger, verify: bool) -> None:
    """Look at all that counts as done, and read it to verify it; what is damaged or gone no longer counts."""
    for image, index, reason in project.store.damages(verify):
        mend(project, log, image, index, reason)
    for words in changed_files(project) if verify else []:
        log.warning(words)  # the stage that makes the file sets it aside, and keeps that


def damages(project: Project) -> list[str]:
    """Read all that counts as done and say what is damaged, a sentence each; nothing is changed."""
    found = [
        f"The image {image} is damaged at {_energy(project, image, index):.2f} eV ({reason})."
        for image, index, reason in project.store.damages()
    ]
    return found + changed_files(project)


def changed_files(project: Project) -> list[str]:
    """Name the results files that are not what was written, by their checksums."""
    noted = {stage: entry.get("files", {}) for stage, entry in project.record.content["stages"].items()}
    return [
        f"{name} is no longer what the {stage} stage wrote."
        for stage, files in noted.items()
        for name in files
        if not is_as_noted(project.path / name, files, surely=True)
    ]


def mend_found(project: Project, log: logging.Logger, found: DamagedError, before: set[tuple[str, int]]) -> None:
    """Let what a stage could not read be made again; once, since a disk that loses what was just written is not to be trusted."""
    what = found.image, found.index
    if what in before:
        raise ProjectError(
            f"{found} It was made again a moment ago, and is damaged again: the disk of {project.path} cannot be trusted."
        ) from found
    before.add(what)
    mend(project, log, *what, "found as it was read")


def mend(project: Project, log: logging.Logger, image: str, index: int, reason: str) -> None:
    """Let an energy of an image be made again, and keep that it was."""
    energy = _energy(project, image, index)
    project.store.withdraw(image, index)
    _tell(project, log, f"The image {image} was damaged on disk at {energy:.2f} eV ({reason}): it is made again.")


def _energy(project: Project, image: str, index: int) -> float:
    return float((project.store.attributes(image) or {})["energies_eV"][index])


def _tell(project: Project, log: logging.Logger, sentence: str) -> None:
    project.record.content.setdefault(MENDED, []).append(sentence)
    project.record.save()
    log.warning(sentence)
