"""How long work reports and how it is stopped. The core knows no Qt: it calls a function and looks at an event."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from .errors import Aborted


@dataclass(frozen=True, slots=True)
class Progress:
    """One report of long work.

    Attributes
    ----------
    stage : str
        Stage of the chain, as in the recipe (``'reconstruct'``).
    done, total : int
        Steps finished and steps in all; a step is an energy unless `message` says otherwise.
    message : str
        What was just done, in a few words.
    energy : float or None
        Photon energy the report is about, in eV.
    """

    stage: str
    done: int
    total: int
    message: str = ""
    energy: float | None = None


ProgressCallback = Callable[[Progress], None]


def raise_if_aborted(abort: threading.Event | None) -> None:
    """Raise `Aborted` once `abort` is set."""
    if abort is not None and abort.is_set():
        raise Aborted
