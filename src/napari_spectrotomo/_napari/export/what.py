"""What a layer gives to a file: its numbers, its energies, the size of its voxels, the colours it is seen in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
from napari.layers import Image, Labels, Layer

from ...data import FloatArray
from ...errors import DataError
from ...progress import Progress, raise_if_aborted
from ...segment import particle_surface, write_mesh
from ..energy_text import ENERGIES
from ..layers import ROLE


@dataclass(frozen=True, slots=True)
class Held:
    """The numbers of a layer, as `write_tiff` takes them.

    Attributes
    ----------
    data : (energy, z, y, x), (z, y, x) or (y, x) array
    energies : (E,), eV, or None
    voxel_size : (3,), nm, or None
    display : (low, high), or None
    """

    data: Any
    energies: FloatArray | None
    voxel_size: FloatArray | None
    display: tuple[float, float] | None

    def at(self, index: int) -> Held:
        """Give one energy."""
        energies = None if self.energies is None else self.energies[index : index + 1]
        return Held(self.data[index : index + 1], energies, self.voxel_size, self.display)

    def words(self) -> str:
        """Say what there is."""
        shape = " × ".join(map(str, self.data.shape))
        size = int(np.prod(self.data.shape)) * _written_bytes(self.data.dtype)
        amount = f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{max(size / 1e6, 0.1):.1f} MB"
        voxel = "voxel size unknown" if self.voxel_size is None else f"voxels of {_nm(self.voxel_size)}"
        return f"{shape}, {amount}, {voxel}"


def has_numbers(layer: Layer) -> bool:
    """Say whether a layer can be written as TIFF: projections and colours cannot."""
    return (
        isinstance(layer, Image | Labels)
        and not getattr(layer, "rgb", False)
        and layer.ndim in (2, 3, 4)
        and layer.metadata.get(ROLE) not in ("projections", "sinogram")
    )


def held_by(layer: Any) -> Held:
    """Give the numbers of a layer, lazily where they are lazy."""
    data = layer.data[0] if layer.multiscale else layer.data
    if layer.metadata.get(ROLE) == "mask":
        data = data != 0
    energies = layer.metadata.get(ENERGIES)
    known = energies is not None and layer.ndim == 4
    limits = layer.contrast_limits if isinstance(layer, Image) else None
    display = None if limits is None else (float(limits[0]), float(limits[1]))
    return Held(data, np.asarray(energies, float) if known else None, voxel_size_of(layer), display)


def voxel_size_of(layer: Any) -> FloatArray | None:
    """Give the size of a layer's voxels, (3,), nm; None where its units are no lengths."""
    sizes = []
    for scale, unit in zip(layer.scale[-3:], layer.units[-3:], strict=True):
        length = float(scale) * (1 * unit)
        if not length.check("[length]"):
            return None
        sizes.append(float(length.to("nm").magnitude))
    return np.array([*([sizes[-1]] * (3 - len(sizes))), *sizes])


def has_particles(layer: Layer) -> bool:
    """Say whether a layer's particles have surfaces."""
    return isinstance(layer, Labels) and layer.ndim == 3 and not layer.multiscale


def colors_surfaces(layer: Layer, labels: Layer) -> bool:
    """Say whether a layer is a map on the grid of labels."""
    return has_numbers(layer) and isinstance(layer, Image) and layer.data.shape == labels.data.shape


def mesh_steps(
    labels: Any, particle: int | None, colors: Any, path: Path, smooth: float, unit: Any, abort: Event | None = None
) -> Iterator[Progress]:
    """Write the surface of a particle, coloured as a map's layer is seen, or of each: ``name_1.ply``, ``name_2.ply``, …

    Parameters
    ----------
    labels : labels layer
    particle : int or None
        None: a file a particle.
    colors : image layer or None
    path : path ending in ``.ply`` or ``.stl``
    smooth : float, voxel
    unit : 'nm' or 'µm'
    abort : event, optional
    """
    volume = np.asarray(labels.data)
    numbers = [int(n) for n in np.unique(volume) if n] if particle is None else [particle]
    if not numbers:
        raise DataError("There are no particles in the labels.")
    size = voxel_size_of(labels)
    values = None if colors is None else np.asarray(colors.data)
    for done, number in enumerate(numbers, 1):
        raise_if_aborted(abort)
        surface = particle_surface(volume, number, values=values, voxel_size=size, smooth=smooth)
        place = path if particle is not None else path.with_name(f"{path.stem}_{number}{path.suffix}")
        write_mesh(
            surface,
            place,
            colormap=None if colors is None else colors.colormap.map,
            limits=None if colors is None else tuple(colors.contrast_limits),
            name="" if colors is None else str(colors.metadata.get(ROLE, colors.name)),
            unit="voxel" if size is None else unit,
        )
        yield Progress("export", done, len(numbers), f"{place.name} written")


def _written_bytes(dtype: np.dtype[Any]) -> int:
    return {"b": 1, "f": 4}.get(dtype.kind, min(dtype.itemsize, 2))


def _nm(size: FloatArray) -> str:
    same = np.allclose(size, size[0])
    return f"{size[0]:.4g} nm" if same else " × ".join(f"{s:.4g}" for s in size) + " nm"
