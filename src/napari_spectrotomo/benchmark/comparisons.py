"""The comparisons by name, as the command takes them: what is measured, written and said."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import ParameterError
from ..progress import ProgressCallback
from .table import Table

REGISTRATION_SIZE, FEW_VIEWS_SIZE = 128, 160


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a comparison came to.

    Attributes
    ----------
    tables : tuple of Table
    lines : tuple of str
        A sentence each.
    measured : str
        How much was measured, such as "40 registrations".
    stopped : bool
        Whether it was stopped before all was measured.
    """

    tables: tuple[Table, ...]
    lines: tuple[str, ...]
    measured: str
    stopped: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked of a comparison; see `compare`."""

    folder: Path
    size: int | None
    seed: int
    engines: Sequence[str] | None
    quick: bool
    scan: str | Path | None
    progress: ProgressCallback | None
    abort: threading.Event | None


def compare(
    name: str,
    folder: str | Path,
    size: int | None = None,
    seed: int = 1,
    engines: Sequence[str] | None = None,
    quick: bool = False,
    *,
    scan: str | Path | None = None,
    progress: ProgressCallback | None = None,
    abort: threading.Event | None = None,
) -> Outcome:
    """Run the comparison of a name and write its files to a folder.

    Parameters
    ----------
    name : 'registration', 'reconstruction', 'spectra' or 'end-to-end'
    folder : path
        Made where it is missing.
    size : int or None
        Edge of the volumes in voxels, whose spectra are timed, or columns of the slices; None for those of the comparison.
    seed : int
        Of particles, motions and noise.
    engines : sequence of str or None
        None for all that are installed.
    quick : bool
        Something smaller.
    scan : path or None
        What 'end-to-end' runs; None simulates a scan.
    progress, abort
        Called after each measurement; stops between them, and keeps what was measured.

    Raises
    ------
    ParameterError
        If there is no such comparison or engine, or an engine is not installed.
    Aborted
        If it was stopped before anything was measured.
    """
    if name not in COMPARISONS:
        raise ParameterError(f"{name!r} is no benchmark; there are {', '.join(COMPARISONS)}.")
    if scan is not None and name != "end-to-end":
        raise ParameterError(f"The benchmark {name} makes what it measures: only end-to-end takes a scan.")
    return COMPARISONS[name](Asked(Path(folder), size, seed, engines, quick, scan, progress, abort))


def _registration(asked: Asked) -> Outcome:
    from .registration import Study, available, table_of, write_study

    study = Study(asked.size or REGISTRATION_SIZE, asked.seed, engines=available(asked.engines))
    result = write_study(
        asked.folder, study.quick() if asked.quick else study, progress=asked.progress, abort=asked.abort
    )
    return Outcome((table_of(result.rows),), result.lines, f"{len(result.rows)} registrations", result.stopped)


def _reconstruction(asked: Asked) -> Outcome:
    from .reconstruction import QUICK_SIZES, SIZES, Study, available, write_reconstructions

    usual = QUICK_SIZES if asked.quick else SIZES
    study = Study((asked.size,) if asked.size else usual, engines=available(asked.engines) if asked.engines else ())
    few = asked.size or (QUICK_SIZES[0] if asked.quick else FEW_VIEWS_SIZE)
    result = write_reconstructions(asked.folder, study, few, asked.seed, progress=asked.progress, abort=asked.abort)
    measured = f"{len(result.rows)} engines and sizes, {len(result.few)} algorithms"
    return Outcome(result.tables, result.lines, measured, result.stopped)


def _spectra(asked: Asked) -> Outcome:
    from .spectra import SIZE, Study, available, write_spectra_study

    study = Study(asked.size or SIZE, asked.seed, engines=available(asked.engines) if asked.engines else ())
    result = write_spectra_study(
        asked.folder, study.quick() if asked.quick else study, progress=asked.progress, abort=asked.abort
    )
    measured = f"{len(result.rows)} definitions and noises, {len(result.times)} engines and jobs"
    return Outcome(result.tables, result.lines, measured, result.stopped)


def _end_to_end(asked: Asked) -> Outcome:
    from .end_to_end import write_end_to_end

    rows, table = write_end_to_end(
        asked.folder,
        asked.scan,
        asked.engines,
        quick=asked.quick,
        seed=asked.seed,
        progress=asked.progress,
        abort=asked.abort,
    )
    return Outcome((table,), (), f"{len(rows)} stages", stopped=False)


COMPARISONS = {
    "registration": _registration,
    "reconstruction": _reconstruction,
    "spectra": _spectra,
    "end-to-end": _end_to_end,
}
