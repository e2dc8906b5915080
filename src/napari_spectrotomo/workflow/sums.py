"""Whether a results file is still what a stage wrote: size and time tell at once, a checksum where they differ.

A file that is not may be damaged, or changed by its user on purpose: nobody can tell, so it is neither used nor lost. It is set
aside under another name, and made again.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .record import checksum

Noted = dict[str, dict[str, Any]]
"""Size, time and SHA-256 of files, by name."""


def sums_of(folder: Path, names: Iterable[str]) -> Noted:
    """Note size, time and SHA-256 of the files that are there."""
    found = {}
    for name in names:
        if (path := folder / name).is_file():
            status = path.stat()
            found[name] = {"size": status.st_size, "modified_ns": status.st_mtime_ns, "sha256": checksum(path)}
    return found


def is_as_noted(path: Path, noted: Noted, surely: bool = False) -> bool:
    """Say whether a file is there, and what it was; one that was never noted is taken as it is.

    Parameters
    ----------
    path : path
    noted : dict
        As `sums_of` gives it. The time of a file that was copied is taken over once its checksum told that it is the same.
    surely : bool
        Whether to take the checksum even of a file whose size and time are what they were.
    """
    try:
        status = path.stat()
    except FileNotFoundError:
        return False
    known = noted.get(path.name)
    if known is None:
        return True
    if status.st_size != known["size"]:
        return False
    if (surely or status.st_mtime_ns != known["modified_ns"]) and checksum(path) != known["sha256"]:
        known["modified_ns"] = None  # the next look takes its checksum too
        return False
    known["modified_ns"] = status.st_mtime_ns
    return True


def set_aside(path: Path, noted: Noted) -> list[str]:
    """Rename a file that is not what was noted, so that it is not written over; say so, or nothing where it is as noted."""
    if not path.exists() or is_as_noted(path, noted):
        return []
    aside, count = path.with_stem(f"{path.stem}.changed"), 1
    while aside.exists():
        count += 1
        aside = path.with_stem(f"{path.stem}.changed{count}")
    path.rename(aside)
    return [
        f"{path.name} was no longer what the run had written: it was set aside as {aside.name}, and made again. "
        "Give labels or masks of your own as parameters (label.labels, binarize.masks); results that are changed are never used."
    ]
