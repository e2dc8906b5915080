"""What reading comes upon besides tomograms: bad files, doubts, and which file each tomogram came from."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import ReadError
from .series import Skipped


@dataclass(slots=True)
class Found:
    """What reading has come upon besides tomograms.

    Attributes
    ----------
    skip : bool
        Whether bad files are left out.
    override : tuple of str
        Fields in which the caller's values win.
    skipped : list of (file, reason)
    doubts : list of sentences
    slots : list of int
        Which of all files, good and bad, each tomogram came from.
    total : int
        How many files there were.
    more : dict
        What else goes into the scan's metadata.
    """

    skip: bool
    override: tuple[str, ...]
    skipped: list[Skipped] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    slots: list[int] = field(default_factory=list)
    total: int = 0
    more: dict[str, Any] = field(default_factory=dict)

    def bad(self, path: Path, error: ReadError) -> None:
        """Raise the error, or note the file as skipped."""
        if not self.skip:
            raise error
        self.skipped.append((str(path), str(error)))

    def nothing(self, root: Path) -> str:
        """Say that no tomogram was found."""
        if self.skipped:
            return f"{root}: none of its files could be read. The first: {self.skipped[0][1]}"
        return f"{root} holds no projections."
