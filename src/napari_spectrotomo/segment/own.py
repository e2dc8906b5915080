"""Masks and particle labels that people bring themselves."""

import os
from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np
import numpy.typing as npt

from ..errors import ReadError
from ..tiff_pages import read_tiff_volume


def load_masks(path: str | Path, shape: tuple[int, ...]) -> da.Array:
    """Read masks from a TIFF file or a zarr folder.

    Parameters
    ----------
    path : path
        A TIFF, or a zarr array (of a group, the array ``0``); what is neither 0 nor NaN is sample. One of shape (z, y, x)
        serves all energies.
    shape : (E, z, y, x)
        Shape of the stack the masks are for.

    Returns
    -------
    dask array of bool, (E, z, y, x), one energy a chunk

    Raises
    ------
    ReadError
        If the file cannot be read, or has another shape.
    """
    path = _path(path, "masks")
    found = _zarr_array(path) if os.path.isdir(path) else _with_a_slice(_tiff(path, "masks", shape, shape[1:]), shape)
    if np.dtype(found.dtype).kind not in "buif":
        raise ReadError(f"The masks in {path} hold {found.dtype}, not numbers.")
    if tuple(found.shape) not in (tuple(shape), tuple(shape[1:])):
        raise ReadError(
            f"The masks in {path} have shape {tuple(found.shape)}: they must be {tuple(shape)} (energy, z, y, x) "
            f"or {tuple(shape[1:])} (z, y, x)."
        )
    lazy = da.from_array(found, chunks=(1, *shape[1:]) if found.ndim == len(shape) else shape[1:])
    every = da.broadcast_to(lazy, shape, chunks=((1,) * shape[0], *((n,) for n in shape[1:])))
    return every != 0 if lazy.dtype.kind in "bui" else (every != 0) & ~da.isnan(every)


def load_labels(path: str | Path, shape: tuple[int, ...]) -> npt.NDArray[np.int32]:
    """Read particle labels from a TIFF file.

    Parameters
    ----------
    path : path
    shape : (z, y, x)
        Shape of a volume of the stack.

    Returns
    -------
    (z, y, x) int32
        As in the file: 0 is background, and the numbers are kept.

    Raises
    ------
    ReadError
        If the file cannot be read, has another shape, holds anything but whole numbers from 0, or no particle.
    """
    found = _with_a_slice(_tiff(_path(path, "labels"), "labels", shape), shape)
    if tuple(found.shape) != tuple(shape):
        raise ReadError(
            f"The labels in {path} have shape {tuple(found.shape)}; the volumes have {tuple(shape)} (z, y, x)."
        )
    whole = found.dtype.kind in "bui" or (found.dtype.kind == "f" and np.array_equal(found, np.floor(found)))
    labels = found.astype(np.int32) if whole else np.full(shape, -1, np.int32)
    if np.any(labels != found) or labels.min() < 0:
        raise ReadError(f"The labels in {path} are not whole numbers from 0 (background) up.")
    if not labels.any():
        raise ReadError(f"There is no particle in {path}: every voxel is 0.")
    return labels


def _path(path: object, what: str) -> Path:
    if not isinstance(path, str | Path):
        raise ReadError(f"The file of {what} is named by its path; found {path!r}.")
    return Path(os.path.expanduser(path))


def _tiff(path: Path, what: str, *shapes: tuple[int, ...]) -> npt.NDArray[Any]:
    if not os.path.isfile(path):
        raise ReadError(f"There is no file of {what} at {path}.")
    return read_tiff_volume(path, what, shapes)


def _with_a_slice(found: npt.NDArray[Any], shape: tuple[int, ...]) -> npt.NDArray[Any]:
    """Give images the axis of their one slice, which TIFF files leave out."""
    lacks = shape[-3] == 1 and found.shape[-2:] == tuple(shape[-2:]) and found.shape[-3:] != tuple(shape[-3:])
    return np.expand_dims(found, -3) if lacks else found


def _zarr_array(path: Path) -> Any:
    import zarr
    from zarr.errors import BaseZarrError

    try:
        found = zarr.open(str(path), mode="r")
        return found if isinstance(found, zarr.Array) else found["0"]
    except (BaseZarrError, LookupError, ValueError, TypeError, AttributeError, RuntimeError, OSError) as error:
        raise ReadError(f"The masks in {path} cannot be read as a zarr array ({error}).") from error
