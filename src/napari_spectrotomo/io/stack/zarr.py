"""Volumes in zarr (v2 or v3): OME-Zarr images, our own ``project.zarr``, and plain arrays and groups."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import zarr
from zarr.errors import BaseZarrError

from ...data import FloatArray
from ...errors import ReadError
from ..names import energy_in, natural
from ..reconcile import MOST_ENERGIES
from .store import require_sound_store
from .volume import UNKNOWN_SIZE, Volume, Volumes

_UNITS = {
    "nanometer": 1.0,
    "nm": 1.0,
    "micrometer": 1e3,
    "µm": 1e3,
    "um": 1e3,
    "millimeter": 1e6,
    "angstrom": 0.1,
    "meter": 1e9,
}
_DAMAGED = (OSError, LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RuntimeError, AssertionError)
_LARGEST = 2**53  # bytes of a stack: no disk holds more
_NOT_VOLUMES = ("mask", "squared_difference", "labels")  # images of a project that are no attenuation


def zarr_volumes(paths: list[Path], follow_links: bool = False) -> Volumes:
    """Take the volumes of zarr groups or arrays.

    Parameters
    ----------
    paths : list of Path
    follow_links : bool
        Whether links in a folder may lead out of the folder that holds it.

    Raises
    ------
    ReadError
        If a group cannot be opened or is damaged, a link leads out of it, nothing was written in it, or it is not clear which of
        its arrays and axes are the stack.
    """
    found = []
    for path in paths:
        require_sound_store(path, follow_links)
        try:
            found.append(_volumes_in(path))
        except (*_DAMAGED, BaseZarrError) as error:
            raise ReadError(
                f"{path} cannot be read as zarr, its metadata are damaged or say what cannot be: {_reason(error)}."
            ) from error
    units = [f.attenuation_unit for f in found if f.attenuation_unit]
    return Volumes(
        tuple(v for f in found for v in f.volumes),
        units[0] if units else None,
        tuple(d for f in found for d in f.doubts),
    )


def _volumes_in(path: Path) -> Volumes:
    node = zarr.open(path, mode="r")
    if isinstance(node, zarr.Array):
        return _from_array(path, "", node, dict(node.attrs), None)
    attributes = dict(node.attrs)
    scales = attributes.get("ome", attributes).get("multiscales", [])
    if scales:
        images = [m for m in scales if not str(m["datasets"][0]["path"]).startswith(_NOT_VOLUMES)]
        if not images:
            raise ReadError(f"{path} holds masks or differences and no volumes: name the group of the volumes.")
        where = str(images[0]["datasets"][0]["path"])
        found = _from_array(path, where, _array(path, node, where), attributes, images[0])
        return replace(found, doubts=(*found.doubts, *_others(path, images)))
    return _from_plain_group(path, node, attributes)


def _others(path: Path, images: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Say which of several images of volumes, the first, is taken."""
    names = [str(m["datasets"][0]["path"]).rpartition("/")[0] or str(m["datasets"][0]["path"]) for m in images]
    if len(names) < 2:
        return ()
    others = " or ".join(f"{path.name}/{name}" for name in names[1:])
    return (f"{path.name} holds the volumes {', '.join(names)}: {names[0]} was taken; name {others} to take another.",)


def _array(path: Path, group: zarr.Group, where: str) -> zarr.Array:
    try:
        array = group[where]
    except KeyError as error:
        raise ReadError(f"{path} names an image {where} that is not in it.") from error
    if not isinstance(array, zarr.Array):
        raise ReadError(f"{path}: {where} is no array.")
    return array


def _from_plain_group(path: Path, group: zarr.Group, attributes: dict[str, Any]) -> Volumes:
    arrays = {name: array for name, array in group.arrays() if array.ndim in (3, 4) and array.dtype.kind in "uifb"}
    stacks = [name for name, array in arrays.items() if array.ndim == 4]
    if len(stacks) == 1:
        for name in ("energies_eV", "energies", "energy", "eng_list"):
            if name in group and isinstance(group[name], zarr.Array) and name not in attributes:
                attributes[name] = np.asarray(group[name][:], np.float64).tolist()
        return _from_array(path, stacks[0], arrays[stacks[0]], attributes | dict(arrays[stacks[0]].attrs), None)
    if stacks or not arrays:
        what = (
            f"several stacks ({', '.join(sorted(stacks))})"
            if stacks
            else "no array of volumes (z, y, x) or (energy, z, y, x)"
        )
        raise ReadError(f"{path} holds {what}: name the array itself, as {path.name}/{(stacks or ['name'])[0]}.")
    found: list[Volume] = []
    for name in sorted(arrays, key=natural):
        own = dict(arrays[name].attrs)
        energy = own.get("energy_eV", own.get("energy", energy_in(name)))
        volumes = _from_array(path / name, "", arrays[name], own | {"energies_eV": [energy]}, None).volumes
        found += volumes
    return Volumes(tuple(found))


def _from_array(
    path: Path, where: str, array: zarr.Array, attributes: Mapping[str, Any], image: Mapping[str, Any] | None
) -> Volumes:
    axes = _axes(array, image)
    space = [i for i, name in enumerate(axes) if name in ("z", "y", "x")]
    others = [i for i in range(array.ndim) if i not in space]
    long = [i for i in others if array.shape[i] > 1] or others[:1]
    if len(space) != 3 or [axes[i] for i in space] != ["z", "y", "x"] or len(long) > 1:
        raise ReadError(
            f"{path}: its axes are {', '.join(axes)} and its shape {array.shape}; a stack is (energy, z, y, x)."
        )
    axis = long[0] if long else None
    count = 1 if axis is None else array.shape[axis]
    if count > MOST_ENERGIES or math.prod(array.shape) * array.dtype.itemsize > _LARGEST:
        raise ReadError(f"{path} declares the shape {array.shape}, which no stack has: its metadata are damaged.")
    own = attributes.get("spectrotomo", {})
    energies = _energies(path, own, attributes, count)
    size = _voxel_size(image, space) if image is not None else UNKNOWN_SIZE
    if image is not None and not np.all(np.isfinite(size)) and "voxel_size_nm" in own:
        size = np.asarray(own["voxel_size_nm"], np.float64)
    shape: tuple[int, int, int] = tuple(int(array.shape[i]) for i in space)  # type: ignore[assignment]
    load = partial(_load, path, where, axis, array.ndim)
    volumes = [
        Volume(path, partial(load, i), shape, np.dtype(array.dtype), float(e), size) for i, e in enumerate(energies)
    ]
    done = own.get("done", [])
    waiting = done.count(False) if len(done) == count else 0
    doubts = (
        (f"{waiting} of the {count} energies in {path.name} are not done yet: their volumes are empty.",)
        if waiting
        else ()
    )
    return Volumes(tuple(volumes), own.get("attenuation_unit"), doubts)


def _axes(array: zarr.Array, image: Mapping[str, Any] | None) -> list[str]:
    named = [a["name"] if isinstance(a, Mapping) else str(a) for a in image.get("axes", [])] if image else []
    names = named or list(getattr(array.metadata, "dimension_names", None) or [])
    if len(names) == array.ndim and {"z", "y", "x"} <= set(names):
        return [str(n) for n in names]
    return [*[f"axis {i}" for i in range(array.ndim - 3)], "z", "y", "x"][-array.ndim :]


def _energies(path: Path, own: Mapping[str, Any], attributes: Mapping[str, Any], count: int) -> FloatArray:
    found = own.get("energies_eV")
    for name in ("energies_eV", "energies", "energy", "eng_list"):
        found = attributes.get(name) if found is None else found
    if found is None:
        return np.full(count, energy_in(path.name) if count == 1 else np.nan)
    values = np.atleast_1d(np.asarray(found, np.float64))
    if len(values) != count:
        raise ReadError(f"{path} holds {count} volumes and {len(values)} energies: they do not belong together.")
    return np.where(values < 200, values * 1e3, values)


def _voxel_size(image: Mapping[str, Any], space: list[int]) -> FloatArray:
    """Voxel size (3,) in nm out of the multiscale's scales and units; NaN without a unit."""
    size = np.ones(3)
    for steps in (
        image.get("coordinateTransformations", []),
        image["datasets"][0].get("coordinateTransformations", []),
    ):
        for step in steps:
            if step.get("type") == "scale":
                size = size * np.asarray(step["scale"], np.float64)[space]
    axes = image.get("axes", [])
    units = [axes[i].get("unit", "") if isinstance(axes[i], Mapping) else "" for i in space if i < len(axes)]
    factors = np.array([_UNITS.get(u, np.nan) for u in units])
    return size * factors if len(factors) == 3 else UNKNOWN_SIZE


def _load(path: Path, where: str, axis: int | None, ndim: int, index: int) -> npt.NDArray[Any]:
    try:
        node = zarr.open(path, mode="r")
        array = node[where] if where else node
        key = tuple(
            index if i == axis else 0 if axis is not None and i < ndim - 3 else slice(None) for i in range(ndim)
        )
        return np.asarray(array[key])
    except (*_DAMAGED, BaseZarrError) as error:
        raise ReadError(
            f"The volume {index} of {path} cannot be read: {_reason(error)}. Is it still there, and whole?"
        ) from error


def _reason(error: BaseException) -> str:
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
