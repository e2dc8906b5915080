"""A scan that is dropped while a project is open, or that cannot be read as it is: the Load step takes its path up."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any
from weakref import ref

from qtpy.QtCore import QTimer

from .docks import open_panel
from .state import plain_viewer, state_of


def offer(viewer: Any, source: Path, error: str = "") -> None:
    """Put a path into the Load step when what is under way has ended; `error` says why it cannot be read as it is."""
    QTimer.singleShot(0, partial(_offer, ref(plain_viewer(viewer)), source, error))


def _offer(viewer_ref: Any, source: Path, error: str) -> None:
    viewer = viewer_ref()
    if viewer is None:
        return
    job = state_of(viewer).job
    if job is None:
        open_panel(viewer, "Load").offer(source, error)
    else:
        job.released.connect(partial(_offer, viewer_ref, source, error))
