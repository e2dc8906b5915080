"""Whether a zarr folder is what it seems, before zarr opens it: no link that leads away, no pipe, something written in it."""

from __future__ import annotations

import os
from pathlib import Path

from ...errors import ReadError

_METADATA = ("zarr.json", ".zarray", ".zgroup", ".zattrs", ".zmetadata")
_MOST_METADATA = 64 * 2**20


def require_sound_store(path: Path, follow_links: bool = False) -> None:
    """Raise `ReadError` where a zarr folder must not be opened.

    Parameters
    ----------
    path : Path
        Of the folder.
    follow_links : bool
        Whether links in it may lead out of the folder that holds it.

    Raises
    ------
    ReadError
        If a link in it leads elsewhere, something in it is neither file nor folder, its metadata are longer than any, or
        it holds metadata and nothing else: zarr would give the fill value for all of it.
    """
    homes = (path.absolute().parent.resolve(), path.resolve().parent)
    waiting, seen, pieces = [path], set(), 0
    while waiting:
        folder = waiting.pop()
        for entry in _entries(folder):
            place = Path(entry.path)
            if entry.is_symlink():
                place = place.resolve()
                if not follow_links and not any(place.is_relative_to(home) for home in homes):
                    raise ReadError(
                        f"{path}: {place} is where {entry.name} in it leads, outside the folder of the stack: put it there, or, if "
                        "you trust where the stack comes from, allow it (follow_links=True, --set read.follow_links=true)."
                    )
            if entry.is_dir():
                if place not in seen:
                    seen.add(place)
                    waiting.append(place)
            elif not entry.is_file():
                raise ReadError(f"{path}: {entry.name} in it is neither a file nor a folder, or leads nowhere.")
            elif entry.name in _METADATA and entry.stat().st_size > _MOST_METADATA:
                raise ReadError(f"{path}: {entry.name} in it is longer than any metadata: it is damaged.")
            else:
                pieces += entry.name not in _METADATA
    if not pieces:
        raise ReadError(
            f"{path} holds metadata and no data: nothing was ever written in it, or only its frame was copied."
        )


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError as error:
        raise ReadError(f"{folder} cannot be listed: {error.strerror or error}.") from error
