"""What lies above a threshold that is being moved, as an array for a layer: only the slice that is looked at is computed."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ...segment import SmoothedVolume

Mask = npt.NDArray[np.bool_]


class LiveMasks:
    """Masks (E, z, y, x) of uint8, of which one energy is known at a time; all others are empty.

    While the threshold moves a slice is compared with it when napari asks for it. The whole mask, without small bodies and all
    else that is not the sample, takes its place when it is there.

    Parameters
    ----------
    shape : (E, z, y, x)
    """

    ndim = 4
    dtype = np.dtype(np.uint8)

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = tuple(shape)
        self.energy = -1
        self._smoothed: SmoothedVolume | None = None
        self._level = np.inf
        self._whole: Mask | None = None

    @property
    def size(self) -> int:
        """Voxels of all energies."""
        return int(np.prod(self.shape))

    def cut(self, energy: int, smoothed: SmoothedVolume, level: float) -> None:
        """Show what is above a grey level at an energy."""
        self.energy, self._smoothed, self._level, self._whole = energy, smoothed, level, None

    def settle(self, mask: Mask) -> None:
        """Show the mask (z, y, x) that the stage makes of the energy."""
        self._whole = mask

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        """Give all masks; for what insists on an array."""
        return np.asarray(self[(slice(None),) * 4], dtype)

    def __getitem__(self, key: Any) -> npt.NDArray[np.uint8]:
        """Give a part, by whole numbers and slices."""
        first, *rest = key if isinstance(key, tuple) else (key,)
        within = (*rest, *(slice(None),) * (3 - len(rest)))
        if not isinstance(first, slice):
            return self._part(int(first), within)
        parts = [self._part(e, within) for e in range(*first.indices(self.shape[0]))]
        empty = np.zeros((0, *self.shape[1:]), np.uint8)[:, *within]
        return np.stack(parts) if parts else empty

    def _part(self, energy: int, within: tuple[Any, ...]) -> npt.NDArray[np.uint8]:
        if energy != self.energy or self._smoothed is None:
            return np.zeros(np.broadcast_to(np.uint8(0), self.shape[1:])[within].shape, np.uint8)
        if self._whole is not None:
            return self._whole[within].astype(np.uint8)
        z, *across = within
        found = self._smoothed.above(self._level, z)
        return found[(*(slice(None),) * (found.ndim - 2), *across)].astype(np.uint8)
