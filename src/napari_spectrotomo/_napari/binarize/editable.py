"""Masks on disk that napari's brush can paint on: what is painted stays in memory, an energy at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


class EditableMasks:
    """Masks (E, z, y, x) of uint8, read as before, of which some energies were painted on.

    Parameters
    ----------
    source : lazy array, (E, z, y, x)
        The masks as they are on disk.

    Attributes
    ----------
    edited : dict
        Index of an energy -> its volume (z, y, x), for those that were painted on.
    """

    ndim = 4

    def __init__(self, source: Any) -> None:
        self.source = source
        self.shape: tuple[int, ...] = tuple(source.shape)
        self.dtype = np.dtype(source.dtype)
        self.edited: dict[int, npt.NDArray[Any]] = {}

    def __len__(self) -> int:
        """Count the energies."""
        return self.shape[0]

    @property
    def size(self) -> int:
        """Voxels of all energies."""
        return int(np.prod(self.shape))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        """Give all masks; for what insists on an array."""
        return np.asarray(self[(slice(None),) * 4], dtype)

    def __getitem__(self, key: Any) -> npt.NDArray[Any]:
        """Give a part, by whole numbers and slices, or by four arrays of voxels."""
        first, *rest = key if isinstance(key, tuple) else (key,)
        if isinstance(first, np.ndarray):
            out = np.empty(first.shape, self.dtype)
            for energy in np.unique(first):
                at = first == energy
                out[at] = self._volume(int(energy))[tuple(axis[at] for axis in rest)]
            return out
        within = (*rest, *(slice(None),) * (3 - len(rest)))
        if not isinstance(first, slice):
            return self._part(int(first), within)
        parts = [self._part(e, within) for e in range(*first.indices(self.shape[0]))]
        return np.stack(parts) if parts else np.zeros((0, *self.shape[1:]), self.dtype)[:, *within]

    def __setitem__(self, key: Any, value: Any) -> None:
        """Write into a part; the energies that it touches are kept in memory from then on."""
        first, *rest = key
        if isinstance(first, np.ndarray):
            values = np.broadcast_to(value, first.shape)
            for energy in np.unique(first):
                at = first == energy
                self._kept(int(energy))[tuple(axis[at] for axis in rest)] = values[at]
            return
        if not isinstance(first, slice):
            self._kept(int(first))[tuple(rest)] = value
            return
        energies = range(*first.indices(self.shape[0]))
        for k, energy in enumerate(energies):
            whole = np.ndim(value) == 4 or (np.ndim(value) and np.shape(value)[0] == len(energies))
            self._kept(energy)[tuple(rest)] = value[k] if whole else value

    def _part(self, energy: int, within: tuple[Any, ...]) -> npt.NDArray[Any]:
        kept = self.edited.get(energy)
        return np.array(self.source[(energy, *within)] if kept is None else kept[within])

    def _volume(self, energy: int) -> npt.NDArray[Any]:
        kept = self.edited.get(energy)
        return np.asarray(self.source[energy]) if kept is None else kept

    def _kept(self, energy: int) -> npt.NDArray[Any]:
        if energy not in self.edited:
            self.edited[energy] = np.array(self.source[energy])
        return self.edited[energy]
