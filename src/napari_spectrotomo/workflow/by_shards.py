"""An image of a project, read shard after shard."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .checked import CheckedImage


class ByShards:
    """An image that is read shard after shard: of all that is read at once zarr holds as much again.

    Parameters
    ----------
    image : CheckedImage, (energy, z, y, x)
    """

    def __init__(self, image: CheckedImage) -> None:
        self._image, self._height = image, image.shards[1]
        self.shape, self.dtype, self.ndim = image.shape, image.dtype, image.ndim
        self.chunks, self.checksummed = image.chunks, image.checksummed

    def __getitem__(self, key: Any) -> npt.NDArray[Any]:
        """Read a part, which is named as of a NumPy array."""
        key = key if isinstance(key, tuple) else (key,)
        if not all(isinstance(part, int | np.integer | slice) for part in key):
            return self._image[key]
        energies, z, *others = (*key, slice(None), slice(None))[:4]
        chosen = range(self.shape[0])[energies]
        if isinstance(chosen, int) and isinstance(z, slice) and z.step in (None, 1):
            return self._volume(chosen, range(self.shape[1])[z], tuple(others))
        if not isinstance(chosen, int) and isinstance(z, slice):
            parts = [self[(e, z, *others)] for e in chosen]
            if len(parts) == 1:
                return parts[0][None]
            return np.stack(parts) if parts else self._image[key]
        return self._image[key]

    def _volume(self, index: int, slices: range, others: tuple[Any, ...]) -> npt.NDArray[Any]:
        if slices.stop - slices.start <= self._height:
            return self._image[(index, slice(slices.start, slices.stop), *others)]
        tops = [slices.start, *range((slices.start // self._height + 1) * self._height, slices.stop, self._height)]
        out: npt.NDArray[Any] | None = None
        for top, end in zip(tops, [*tops[1:], slices.stop], strict=True):
            part = self._image[(index, slice(top, end), *others)]
            if out is None:
                out = np.empty((slices.stop - slices.start, *part.shape[1:]), part.dtype)
            out[top - slices.start : end - slices.start] = part
        assert out is not None
        return out
