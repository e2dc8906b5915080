"""The conventional alignment between energies: in 2-D, every projection to that of the fixed energy at the same angle.

It is the baseline that registration of volumes is compared with: a shift a view cannot follow two particles that move apart.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from ..data import FloatArray, Scan, require
from ..errors import DataError, ParameterError
from ..progress import Progress, ProgressCallback, raise_if_aborted
from ..reconstruct import find_center, magnifications, turned_views
from .images import Image, Mask, Placed, Transform, by_masks, by_phase, mask_of, not_found, resized

Method = Literal["phase", "masks"]
SAME_ANGLE = 0.05
"""Degrees within which two views show the sample alike."""
LOCKED, FAR = 0.25, 1.0
"""Pixels: a shift as small as the first, where masks say more than the second, is that of the detector's pattern."""
CHECKED = 3
"""Views an energy at which phase correlation is checked by masks."""


@dataclass(frozen=True, slots=True, eq=False)
class EnergyAlignment:
    """How the images of every energy lie beside those of the fixed one.

    Attributes
    ----------
    energies : (E,) float64, eV
    fixed_index : int
    shifts : tuple of (A_e, 2) float64, one an energy
        (row, column) in pixels by which each view's image lies displaced, magnification apart: what ``st.reconstruct(od,
        center=center, shifts=shifts)`` takes. NaN where a view could not be aligned.
    center : float
        Column about which images are magnified: the rotation axis; of a 2-D scan the middle column.
    magnification : (E,) float64
        Size of the image relative to that at the fixed energy, as used.
    matrices : (E, 3, 3) float64, or None
        Of a 2-D scan: from a pixel (row, column, 1) at the fixed energy to the same point at this one.
    doubts : tuple of str
    """

    energies: FloatArray
    fixed_index: int
    shifts: tuple[FloatArray, ...]
    center: float
    magnification: FloatArray
    matrices: FloatArray | None
    doubts: tuple[str, ...]

    def shifts_for_reconstruction(self) -> tuple[FloatArray, ...]:
        """Give the shifts with 0 where a view could not be aligned."""
        return tuple(np.nan_to_num(one) for one in self.shifts)


def align_energies(
    od: Scan,
    fixed: int = -1,
    method: Method = "phase",
    *,
    transform: Transform = "affine",
    center: float | None = None,
    magnification: Literal["auto", "rule", "metadata", "none"] = "auto",
    progress: ProgressCallback | None = None,
    abort: threading.Event | None = None,
) -> EnergyAlignment:
    """Align the projections of every energy with those of the fixed one, view by view: the conventional way.

    Parameters
    ----------
    od : Scan
        Of optical density.
    fixed : int
        Index of the energy to which the others are aligned.
    method : 'phase' or 'masks'
        Phase correlation of the images (Guizar-Sicairos, Thurman and Fienup 2008, by scikit-image), or the registration of
        their masks.
    transform : 'translation', 'rigid', 'similarity' or 'affine'
        Of the masks of a 2-D XANES scan (one view an energy); everything else is shifted only.
    center : float or None
        Column of the rotation axis, about which images are magnified; None finds it at the fixed energy.
    magnification : 'auto', 'rule', 'metadata' or 'none'
        How large the images are, as in `reconstruct`. The masks of a 2-D scan tell it themselves where `transform` lets them.
    progress : callable or None
        Called after every energy.
    abort : Event or None

    Returns
    -------
    EnergyAlignment

    Raises
    ------
    DataError
        If the scan is not one of optical density, or has one energy.
    ParameterError
        If a parameter has a value it cannot have.
    Aborted
        If `abort` was set.
    """
    _check(od, fixed, method, transform)
    index = range(len(od))[fixed]
    ratio, _, said = magnifications(od, magnification, fixed)
    rows, columns = od.projections[0].shape[1:]
    column = (columns - 1) / 2 if od.planar else find_center(od, index) if center is None else float(center)
    middle = np.array([(rows - 1) / 2, column])
    own = od.planar and method == "masks" and transform in ("similarity", "affine")
    if own:
        ratio, said = np.ones(len(od)), ()
    kind: Transform = transform if od.planar and method == "masks" else "translation"
    reference = _Reference(od, index, middle, method, kind)
    found = []
    for e, energy in enumerate(od.energies):
        raise_if_aborted(abort)
        found.append(reference.itself() if e == index else reference.energy(od, e, float(ratio[e]), abort))
        if progress is not None:
            progress(Progress("align", e + 1, len(od), f"{len(found[e])} views", float(energy)))
    return EnergyAlignment(
        energies=od.energies,
        fixed_index=index,
        shifts=tuple(np.array([one.shift for one in views]) for views in found),
        center=float(column),
        magnification=ratio,
        matrices=np.array([views[0].matrix for views in found]) if od.planar else None,
        doubts=(*said, *reference.doubts(od.energies), *(turned_views(od.angles) if od.planar else ())),
    )


def _check(od: Scan, fixed: int, method: str, transform: str) -> None:
    require(od, Scan, "align_energies")
    if od.kind != "optical_density":
        raise DataError(f"Images of optical density are aligned, not of {od.kind}: correct the scan first.")
    if len(od) < 2:
        raise DataError("There is only one energy: aligning energies needs two or more.")
    if not isinstance(fixed, int | np.integer) or not -len(od) <= fixed < len(od):
        raise ParameterError(f"There is no energy {fixed!r} to align to: there are {len(od)}, numbered from 0.")
    if method not in ("phase", "masks"):
        raise ParameterError(f"The method is 'phase' or 'masks', not {method!r}.")
    if transform not in ("translation", "rigid", "similarity", "affine"):
        raise ParameterError(f"The transform is 'translation', 'rigid', 'similarity' or 'affine', not {transform!r}.")


class _Reference:
    """The images of the fixed energy, what others are found by, and what was doubtful about it."""

    def __init__(self, od: Scan, index: int, middle: FloatArray, method: Method, transform: Transform) -> None:
        self.views, self.angles = _images(od, index), od.angles[index]
        self.middle, self.method, self.transform = middle, method, transform
        self.masks: dict[int, Mask | None] = {}
        self.lost: dict[int, str] = {}
        self.apart: dict[int, float] = {}
        self.locked: set[int] = set()
        self.turned = 0.0

    def itself(self) -> list[Placed]:
        """Give where the fixed energy's own views lie."""
        return [Placed(np.eye(3), np.zeros(2))] * len(self.views)

    def energy(self, od: Scan, e: int, magnification: float, abort: threading.Event | None) -> list[Placed]:
        """Find every view of an energy."""
        views = _images(od, e)
        checked = {int(i) for i in np.linspace(0, len(views) - 1, 2 * CHECKED + 1)[1::2]}
        found = []
        for i, (image, angle) in enumerate(zip(views, od.angles[e], strict=True)):
            raise_if_aborted(abort)
            k = int(np.argmin(np.abs(self.angles - angle)))
            self.turned = max(self.turned, abs(float(self.angles[k] - angle)))
            if self.method == "masks":
                one = self._by_masks(image, k, magnification, abort)
            else:
                one = by_phase(self.views[k], image, magnification, self.middle)
                if i in checked:
                    self._compare(e, one, self._by_masks(image, k, magnification, abort))
            if one.reason:
                self.lost[e] = f"{od.energies[e]:g} eV at {angle:g}°: {one.reason}"
            found.append(one)
        return found

    def _by_masks(self, image: Image, k: int, magnification: float, abort: threading.Event | None) -> Placed:
        if k not in self.masks:
            self.masks[k] = mask_of(self.views[k])
        still, moving = self.masks[k], mask_of(resized(image, magnification, self.middle))
        if still is None or moving is None:
            return not_found("The image is flat: there is no sample in it.")
        return by_masks(still, moving, magnification, self.middle, self.transform, abort)

    def _compare(self, e: int, phase: Placed, masks: Placed) -> None:
        """Hold phase correlation against masks, which know no pattern of the detector."""
        apart = float(np.linalg.norm(phase.shift - masks.shift))
        if not apart > FAR:
            return
        if np.linalg.norm(phase.shift) < LOCKED:
            self.locked.add(e)
        self.apart[e] = max(apart, self.apart.get(e, 0.0))

    def doubts(self, energies: FloatArray) -> tuple[str, ...]:
        """Say what is doubtful, each thing once."""
        said = []
        if self.locked:
            said.append(
                f"Phase correlation finds no shift at {_listed(energies, self.locked)}, where masks do: it has locked on a pattern "
                "that does not move, such as the detector's. Take method 'masks'."
            )
        if apart := {e: far for e, far in self.apart.items() if e not in self.locked}:
            said.append(
                f"Phase correlation and masks differ by up to {max(apart.values()):.1f} pixels at {_listed(energies, apart)}: "
                "parts of the sample move apart, or its contrast changes too much for the one or the other."
            )
        if self.lost:
            first = next(iter(self.lost.values()))
            said.append(f"Some views could not be aligned, and their shifts are unknown. {first}")
        if self.turned > SAME_ANGLE:
            said.append(
                f"Angles differ between energies by up to {self.turned:.2f}°: each view was aligned with the nearest one."
            )
        return tuple(said)


def _images(od: Scan, index: int) -> npt.NDArray[np.float32]:
    """Read the views of an energy; of a 2-D scan one, the mean of its frames."""
    views = np.asarray(od.projections[index], np.float32)
    return views.mean(axis=0, keepdims=True) if od.planar else views


def _listed(energies: FloatArray, some: Iterable[int]) -> str:
    chosen = sorted(some)
    return ", ".join(f"{energies[e]:g}" for e in chosen[:8]) + (" and more" if len(chosen) > 8 else "") + " eV"
