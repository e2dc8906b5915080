"""That a project writes and deletes in its own folder only: what it writes through is no link to another place."""

from __future__ import annotations

import os
from pathlib import Path

from ..errors import ProjectError

_APPENDED = ("run.log", ".lock", "project.zarr")
"""What is written in place; every other file is written under a new name and put in the place of the one before."""


def require_own_places(folder: Path) -> None:
    """Raise `ProjectError` where something a run would write through is a link; the project folder itself may be one.

    Parameters
    ----------
    folder : path
        Of the project.
    """
    for name in _APPENDED:
        _refuse_link(folder, folder / name)
    waiting = [folder / "project.zarr"]
    while waiting:
        inside = waiting.pop()
        if not inside.is_dir():
            continue
        with os.scandir(inside) as entries:
            for entry in entries:
                _refuse_link(folder, Path(entry.path))
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(Path(entry.path))


def _refuse_link(folder: Path, place: Path) -> None:
    if place.is_symlink():
        raise ProjectError(
            f"{place} is a link to {os.path.realpath(place)}: a project writes and deletes only in its own folder. Move what it "
            f"leads to in its place, or make {folder.name} itself a link to a folder on the other disk."
        )
