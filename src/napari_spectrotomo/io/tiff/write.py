"""Stacks, volumes, masks, labels and maps as TIFF that Fiji, Avizo and Dragonfly open, written an energy at a time."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ...arrays import as_array, as_energies, as_voxel_size
from ...atomic import whole_file
from ...data import EnergyStack, FloatArray
from ...errors import DataError, ParameterError, SpectrotomoError
from ...progress import Progress, ProgressCallback, raise_if_aborted
from ..sniff import as_path

Unit = Literal["nm", "µm"]
_SIZE = {"nm": 1.0, "µm": 1e-3}
_IMAGEJ_UNIT = {"nm": "nm", "µm": "micron"}
MOST = 2**32 - 2**26
"""Bytes of an ImageJ TIFF; what is larger becomes a BigTIFF, whose metadata are OME's: ImageJ has no BigTIFF of its own."""
_PIECE = 2**26  # bytes written between two looks at whether to stop


def write_tiff(
    data: Any,
    path: str | Path,
    *,
    energies: Any = None,
    voxel_size: Any = None,
    names: Sequence[str] | None = None,
    unit: Unit = "nm",
    display: tuple[float, float] | None = None,
    progress: ProgressCallback | None = None,
    abort: threading.Event | None = None,
) -> Path:
    """Write a stack, a volume or an image as one TIFF with its voxel size; whole or not at all.

    Up to 4 GB it is an ImageJ hyperstack, whose slices are labelled with their energy; beyond, a BigTIFF with OME metadata,
    which Fiji opens through Bio-Formats, with energies as names of channels. Of a lazy stack one energy at a time is in memory.

    Parameters
    ----------
    data : EnergyStack, or (energy, z, y, x), (z, y, x) or (y, x) array
        NumPy, dask or zarr. Floats become float32, NaN stays NaN; masks become 0 and 255; labels uint16.
    path : path ending in ``.tif`` or ``.tiff``
    energies : (E,), eV
        Of four axes; an `EnergyStack` has its own.
    voxel_size : (3,) or float, nm, (z, y, x)
        An `EnergyStack` has its own. Without one the file has no size.
    names : sequence of str
        Of the first of four axes, where they are no energies.
    unit : 'nm' or 'µm'
        Of the voxel size in the file.
    display : (low, high)
        What Fiji shows as black and as white at first.
    progress, abort : callback, event
        Reports after each energy; the file is not made when `abort` is set before the end.

    Returns
    -------
    Path

    Raises
    ------
    ParameterError
        If the path has another suffix, or there is no such unit.
    DataError
        If the data have other axes, are no numbers, or hold labels beyond 65535.
    SpectrotomoError
        If the file cannot be written.
    """
    place = as_path(path)
    steps = tiff_steps(
        data, place, energies=energies, voxel_size=voxel_size, names=names, unit=unit, display=display, abort=abort
    )
    for step in steps:
        if progress is not None:
            progress(step)
    return place


def tiff_steps(
    data: Any,
    path: str | Path,
    *,
    energies: Any = None,
    voxel_size: Any = None,
    names: Sequence[str] | None = None,
    unit: Unit = "nm",
    display: tuple[float, float] | None = None,
    abort: threading.Event | None = None,
) -> Iterator[Progress]:
    """Write as `write_tiff` does, with a `Progress` after each energy."""
    place = as_path(path)
    made = _planned(data, place, energies, voxel_size, names, unit, display)
    try:
        with whole_file(place) as temporary:
            start = _reserve(temporary, made)
            with temporary.open("r+b") as file:
                file.seek(start)
                for index in range(made.shape[0]):
                    raise_if_aborted(abort)
                    for piece in _pieces(_as_written(made.volume(index), made.dtype)):
                        raise_if_aborted(abort)
                        file.write(piece.data)
                    file.flush()
                    os.fsync(file.fileno())
                    energy = None if made.energies is None else float(made.energies[index])
                    yield Progress("export", index + 1, made.shape[0], f"{place.name} written", energy)
    except OSError as error:
        raise SpectrotomoError(f"{place} cannot be written: {error.strerror or error}.") from error


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is written: (k, z, y, x), and what is said of it."""

    data: Any
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    energies: FloatArray | None
    names: tuple[str, ...]
    size: FloatArray | None
    unit: Unit
    display: tuple[float, float] | None

    def volume(self, index: int) -> npt.NDArray[Any]:
        part = self.data[index]
        found = part.compute(scheduler="synchronous") if hasattr(part, "compute") else part
        return np.asarray(found).reshape(self.shape[1:])


def _planned(data: Any, place: Path, energies: Any, voxel_size: Any, names: Any, unit: Unit, display: Any) -> _Plan:
    if place.suffix.lower() not in (".tif", ".tiff"):
        raise ParameterError(f"A TIFF's name ends in .tif or .tiff, not as {place.name} does.")
    if unit not in _SIZE:
        raise ParameterError(f"Sizes in a TIFF are in nm or µm, not in {unit!r}.")
    if isinstance(data, EnergyStack):
        data, energies, voxel_size = data.data, data.energies, data.voxel_size
    array = as_array(data, "volumes")
    if array.ndim not in (2, 3, 4):
        raise DataError(f"A TIFF takes (energy, z, y, x), (z, y, x) or (y, x); found {array.ndim} axes.")
    held = array if array.ndim == 4 else array[None] if array.ndim == 3 else array[None, None]
    known = None if energies is None else as_energies(energies)
    said = tuple(map(str, names or ())) if known is None else tuple(f"{e:.2f} eV" for e in known)
    if said and len(said) != len(held):
        raise DataError(f"{len(said)} {'names' if known is None else 'energies'} do not fit {len(held)} volumes.")
    return _Plan(held, held.shape, _dtype(held.dtype), known, said, as_voxel_size(voxel_size), unit, display)


def _dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Give the kind of number that is written: Fiji has three."""
    if dtype.kind == "b" or dtype == np.uint8:
        return np.dtype(np.uint8)
    if dtype.kind in "iu":
        return np.dtype("<u2")
    return np.dtype("<f4")


def _as_written(volume: npt.NDArray[Any], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    if volume.dtype.kind == "b":
        return volume.astype(np.uint8) * np.uint8(255)
    if volume.dtype.kind in "iu" and dtype.itemsize == 2 and volume.size:
        low, high = int(volume.min()), int(volume.max())
        if low < 0 or high > 65535:
            raise DataError(f"Labels in a TIFF go from 0 to 65535; found {low if low < 0 else high}: number them anew.")
    return np.ascontiguousarray(volume, dtype)


def _pieces(volume: npt.NDArray[Any]) -> Iterator[npt.NDArray[np.uint8]]:
    flat = volume.reshape(-1).view(np.uint8)
    for begin in range(0, len(flat), _PIECE):
        yield flat[begin : begin + _PIECE]


def _reserve(path: Path, made: _Plan) -> int:
    """Write everything but the numbers; give where they go."""
    import tifffile

    big = int(np.prod(made.shape)) * made.dtype.itemsize > MOST
    extra: dict[str, Any] = {"metadata": _ome(made) if big else _imagej(made)}
    if made.size is not None:
        y, x = (float(s) * _SIZE[made.unit] for s in made.size[1:])
        # OME says the size in its own words; the tags are for programs that read no more than these
        extra["resolution"] = (1 / x, 1 / y)
    with tifffile.TiffWriter(path, bigtiff=big, ome=big, imagej=not big, byteorder="<") as writer:
        shape = made.shape if len(made.names) or made.shape[0] > 1 else made.shape[1:]
        start, _ = writer.write(
            shape=shape, dtype=made.dtype, photometric="minisblack", contiguous=True, returnoffset=True, **extra
        )
    return int(start)


def _imagej(made: _Plan) -> dict[str, Any]:
    about: dict[str, Any] = {"axes": "TZYX" if len(made.names) or made.shape[0] > 1 else "ZYX"}
    if made.names:
        about["Labels"] = [name for name in made.names for _ in range(made.shape[1])]
    if made.energies is not None:
        about["Info"] = "".join(f"energy_eV {k}: {e:.4f}\n" for k, e in enumerate(made.energies, 1))
    if made.size is not None:
        about |= {"spacing": float(made.size[0]) * _SIZE[made.unit], "unit": _IMAGEJ_UNIT[made.unit]}
    if made.display is not None:
        about |= {"min": float(made.display[0]), "max": float(made.display[1])}
    return about


def _ome(made: _Plan) -> dict[str, Any]:
    about: dict[str, Any] = {"axes": "CZYX" if len(made.names) or made.shape[0] > 1 else "ZYX"}
    if made.names:
        about["Channel"] = {"Name": list(made.names)}
    if made.size is not None:
        for axis, size in zip("ZYX", made.size, strict=True):
            about[f"PhysicalSize{axis}"] = float(size) * _SIZE[made.unit]
            about[f"PhysicalSize{axis}Unit"] = made.unit
    return about
