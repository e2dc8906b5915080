"""How much memory a stage takes at its peak, told from the size of the scan."""

from __future__ import annotations

from .sizes import Sizes

LEAST_MEMORY = 450 << 20
"""Bytes that the interpreter, the libraries and their compiled code take."""

_BASE = 560 << 20
"""Bytes of the same with the buffers of readers and codecs; what a small scan was seen to take, on the high side."""

_VOLUMES = {
    "reconstruct": 3.5,
    "binarize": 14.0,
    "label": 14.5,
    "register": 17.0,
    "spectra": 14.5,
    "composition": 14.5,
    "report": 19.0,
}
"""Volumes of one energy, float32, that a stage holds at its peak, what is not yet given back of the stages before among them."""

_TOMOGRAMS = {"correct": 5.0, "align": 8.0, "reconstruct": 6.0}
"""Corrected tomograms of one energy, float32, likewise."""

_REPORT = 260 << 20
"""Bytes of the report's figures, whatever the size of the scan."""

_SPECTRA, _SLABS = 2.0, 1.2e9
"""Copies of all energies that are read for spectra, and the bytes from which on they are read in slabs.

All were measured with ``benchmarks/stage_costs.py``, on three scans of 9 energies with volumes up to 144 x 216 x 216 voxels, and
held against a scan of 31 energies with 96 x 112 x 112.
"""


def peak_memory_of(stage: str, sizes: Sizes) -> float:
    """Give the bytes that a stage should take at its peak: an estimate, on the high side."""
    arrays = _VOLUMES.get(stage, 0.0) * sizes.volume + _TOMOGRAMS.get(stage, 0.0) * sizes.tomogram
    if stage in ("spectra", "composition"):
        arrays += min(_SPECTRA * sizes.energies * sizes.volume, _SLABS)
    return _BASE + arrays + (_REPORT if stage == "report" else 0)
