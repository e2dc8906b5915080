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
    if name == "end-to-end":
        return _end_to_end(Path(folder), scan, seed, engines, quick, progress, abort)
    if name not in COMPARISONS:
        raise ParameterError(f"{name!r} is no benchmark; there are {', '.join(COMPARISONS)} and end-to-end.")
    if scan is not None:
        raise ParameterError(f"The benchmark {name} makes what it measures: only end-to-end takes a scan.")
    return COMPARISONS[name](Path(folder), size, seed, engines, quick, progress, abort)


def _registration(
    folder: Path,
    size: int | None,
    seed: int,
    engines: Sequence[str] | None,
    quick: bool,
    progress: ProgressCallback | None,
    abort: threading.Event | None,
) -> Outcome:
    from .registration import Study, available, table_of, write_study

    study = Study(size or REGISTRATION_SIZE, seed, engines=available(engines))
    result = write_study(folder, study.quick() if quick else study, progress=progress, abort=abort)
    return Outcome((table_of(result.rows),), result.lines, f"{len(result.rows)} registrations", result.stopped)


def _reconstruction(
    folder: Path,
    size: int | None,
    seed: int,
    engines: Sequence[str] | None,
    quick: bool,
    progress: ProgressCallback | None,
    abort: threading.Event | None,
) -> Outcome:
    from .reconstruction import QUICK_SIZES, SIZES, Study, available, write_reconstructions

    usual = QUICK_SIZES if quick else SIZES
    study = Study((size,) if size else usual, engines=available(engines) if engines else ())
    few = size or (QUICK_SIZES[0] if quick else FEW_VIEWS_SIZE)
    result = write_reconstructions(folder, study, few, seed, progress=progress, abort=abort)
    measured = f"{len(result.rows)} engines and sizes, {len(result.few)} algorithms"
    return Outcome(result.tables, result.lines, measured, result.stopped)


def _spectra(
    folder: Path,
    size: int | None,
    seed: int,
    engines: Sequence[str] | None,
    quick: bool,
    progress: ProgressCallback | None,
    abort: threading.Event | None,
) -> Outcome:
    from .spectra import SIZE, Study, available, write_spectra_study

    study = Study(size or SIZE, seed, engines=available(engines) if engines else ())
    result = write_spectra_study(folder, study.quick() if quick else study, progress=progress, abort=abort)
    measured = f"{len(result.rows)} definitions and noises, {len(result.times)} engines and jobs"
    return Outcome(result.tables, result.lines, measured, result.stopped)


def _end_to_end(
    folder: Path,
    scan: str | Path | None,
    seed: int,
    engines: Sequence[str] | None,
    quick: bool,
    progress: ProgressCallback | None,
    abort: threading.Event | None,
) -> Outcome:
    from .end_to_end import write_end_to_end

    rows, table = write_end_to_end(folder, scan, engines, quick=quick, seed=seed, progress=progress, abort=abort)
    return Outcome((table,), (), f"{len(rows)} stages", stopped=False)


COMPARISONS = {"registration": _registration, "reconstruction": _reconstruction, "spectra": _spectra}
