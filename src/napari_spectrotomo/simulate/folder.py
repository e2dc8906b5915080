"""A simulated scan on disk: files as a beamline writes them, the truth beside them, and spectra of standards."""

from __future__ import annotations

from pathlib import Path

from ..data import Scan
from ..io import write_scan
from .standards import write_standards
from .truth import Truth, write_truth


def write_simulation(scan: Scan, truth: Truth, folder: str | Path) -> None:
    """Write a simulated scan as FXI files, with ``truth.npz``, ``truth.json`` and ``standards/standards.txt``.

    Parameters
    ----------
    scan, truth : Scan, Truth
        As `simulate_scan` gives them.
    folder : path
        Made where it is missing.
    """
    home = Path(folder)
    home.mkdir(parents=True, exist_ok=True)
    write_scan(scan, home, format="fxi")
    write_truth(truth, home)
    write_standards(home / "standards", scan.energies)
