"""How large the image is at each energy: a zone plate's focal length, and so its magnification, depends on the energy."""

import numpy as np

from ..data import FloatArray, Scan, require
from ..errors import ReconstructionError
from .parameters import Magnification

_SAME = 1e-6
"""Share by which pixel sizes that are the same may differ, from how files hold them: a zone plate's never come so near."""


def magnifications(
    scan: Scan, mode: Magnification = "auto", fixed: int = -1
) -> tuple[FloatArray, FloatArray | None, tuple[str, ...]]:
    """Give each energy's magnification relative to the fixed energy.

    Parameters
    ----------
    scan : Scan
        Only its energies and pixel sizes are looked at.
    mode : 'auto', 'rule', 'metadata' or 'none'
        'rule': focal length, and so pixel size, is proportional to the energy (zone plate, detector where it was).
        'metadata': what the files say. 'none': the same at all energies. 'auto': the metadata where every energy has a
        pixel size of its own; where energies share one it is nominal, and where there is none nothing else is known: the
        rule, with a warning.
    fixed : int
        Index of the energy whose pixel size all volumes get.

    Returns
    -------
    ratio : (E,) float64
        Size of the image in pixels relative to that at the fixed energy; 1 there.
    pixel_size : (E,) float64 or None
        The pixel sizes this means, nm.
    warnings : tuple of str

    Raises
    ------
    ReconstructionError
        If the metadata are asked for and give no pixel size, or there is no such fixed energy.
    """
    require(scan, Scan, "magnifications")
    energies, sizes = scan.energies, scan.pixel_size
    if not isinstance(fixed, int | np.integer) or not -len(energies) <= fixed < len(energies):
        raise ReconstructionError(
            f"There is no energy with index {fixed!r} to be the fixed one: there are {len(energies)}."
        )
    warnings = []
    if mode == "auto":
        mode, warning = _choose(energies, sizes)
        warnings += warning
    if mode == "metadata":
        if sizes is None:
            raise ReconstructionError(
                "The files give no pixel size to take the magnification from: give one, or use the rule."
            )
        ratio = sizes[fixed] / sizes
    elif mode == "rule":
        ratio = energies[fixed] / energies
    else:
        ratio = np.ones(len(energies))
    if np.any(np.abs(ratio - 1) > 0.5):
        warnings.append(
            f"The magnification changes by a factor of {ratio.max() / ratio.min():.2g} over the energies: check the pixel sizes."
        )
    return ratio, None if sizes is None else sizes[fixed] / ratio, tuple(warnings)


def _choose(energies: FloatArray, sizes: FloatArray | None) -> tuple[Magnification, list[str]]:
    if len(energies) == 1:
        return "none", []
    if sizes is None:
        return "rule", [
            "The pixel size is unknown: it was taken to be proportional to the energy (zone plate); "
            "use magnification 'none' if the detector was moved to hold it."
        ]
    if np.any(np.diff(np.sort(sizes)) <= _SAME * np.median(sizes)):
        return "rule", [
            f"The pixel size {np.median(sizes):g} nm stands at different energies, so it is nominal: it was taken to be "
            "proportional to the energy (zone plate); use magnification 'none' if the detector was moved to hold it."
        ]
    return "metadata", []
