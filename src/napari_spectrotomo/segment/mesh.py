"""Surfaces as PLY and STL files, the two that every program for meshes opens.

Both are written here: each is a header and two arrays of bytes, and no library that writes PLY with values at the corners is
among those installed already.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ..atomic import whole_file
from ..errors import DataError, ParameterError, SpectrotomoError
from .surface import Surface

Colormap = Callable[[npt.NDArray[np.float64]], Any]
"""Numbers from 0 to 1, (n,), to colours from 0 to 1, (n, 3) or (n, 4): Matplotlib's and napari's are such."""

_SIZE = {"nm": 1.0, "µm": 1e-3, "voxel": 1.0}
UNKNOWN = (150, 150, 150)
"""Grey of corners without a value."""


def write_mesh(
    surface: Surface,
    path: str | Path,
    *,
    colormap: Colormap | None = None,
    limits: tuple[float, float] | None = None,
    name: str = "edge_energy",
    unit: Literal["nm", "µm", "voxel"] = "nm",
) -> Path:
    """Write a surface as PLY, with its values and their colours at the corners, or as STL; whole or not at all.

    Parameters
    ----------
    surface : Surface
        As `particle_surface` gives it.
    path : path ending in ``.ply`` or ``.stl``
        An STL has no values; its triangles carry the colours in 15 bits, as VisCAM and MeshLab read them, and most others do not.
    colormap : callable, optional
        Of the values: numbers from 0 to 1, (n,), to colours, (n, 3) or (n, 4), from 0 to 1, such as
        ``matplotlib.colormaps['viridis']``. Without one there are no colours. Unknown values are grey.
    limits : (low, high), optional
        Values of the first and the last colour; by default the 2nd and the 98th percentile.
    name : str
        Of the values in the PLY.
    unit : 'nm', 'µm' or 'voxel'
        Of lengths in the file, where the surface is in nm; 'voxel' only says that it is not.

    Returns
    -------
    Path

    Raises
    ------
    ParameterError
        If the path has another suffix, or there is no such unit.
    DataError
        If colours are asked for of a surface without values, or the limits are none.
    SpectrotomoError
        If the file cannot be written.
    """
    place = Path(path).expanduser()
    kind = place.suffix.lower()
    if kind not in (".ply", ".stl"):
        raise ParameterError(f"A mesh is written as .ply or .stl, not as {place.name}: choose one of the two.")
    if unit not in _SIZE:
        raise ParameterError(f"Lengths in a mesh are in nm, µm or voxel, not in {unit!r}.")
    colors = None if colormap is None else colors_of(surface.values, colormap, limits)
    corners = (surface.vertices[:, ::-1] * np.float32(_SIZE[unit])).astype("<f4")
    parts = _ply(surface, corners, colors, name, unit) if kind == ".ply" else _stl(surface, corners, colors, unit)
    try:
        with whole_file(place) as temporary, temporary.open("wb") as file:
            file.writelines(parts)
    except OSError as error:
        raise SpectrotomoError(f"{place} cannot be written: {error.strerror or error}.") from error
    return place


def colors_of(
    values: npt.NDArray[np.float32] | None, colormap: Colormap, limits: tuple[float, float] | None = None
) -> npt.NDArray[np.uint8]:
    """Give the colours of values, (n, 3), uint8; unknown ones are grey."""
    if values is None:
        raise DataError("The surface has no values to be coloured by: give particle_surface a map.")
    known = np.isfinite(values)
    colors = np.full((len(values), 3), UNKNOWN, np.uint8)
    if not known.any():
        return colors
    low, high = np.percentile(values[known], (2, 98)) if limits is None else map(float, limits)
    if not np.isfinite([low, high]).all() or high < low:
        raise DataError(f"Limits of colours are two numbers, the lower first; found {low:g} and {high:g}.")
    share = np.clip((values[known].astype(float) - low) / max(high - low, 1e-12), 0, 1)
    colors[known] = np.round(np.asarray(colormap(share), float)[:, :3] * 255)
    return colors


def _ply(surface: Surface, corners: Any, colors: Any, name: str, unit: str) -> list[bytes]:
    columns: dict[str, tuple[str, str, Any]] = {axis: ("float", "<f4", corners[:, k]) for k, axis in enumerate("xyz")}
    if colors is not None:
        columns |= {c: ("uchar", "u1", colors[:, k]) for k, c in enumerate(("red", "green", "blue"))}
    if surface.values is not None:
        columns[re.sub(r"\W+", "_", name).strip("_") or "value"] = ("float", "<f4", surface.values)
    table = np.zeros(len(corners), [(column, kind) for column, (_, kind, _) in columns.items()])
    for column, (_, _, numbers) in columns.items():
        table[column] = numbers
    faces = np.zeros(len(surface.faces), [("count", "u1"), ("corners", "<i4", 3)])
    faces["count"], faces["corners"] = 3, surface.faces
    header = [
        "ply",
        "format binary_little_endian 1.0",
        f"comment lengths in {_ascii(unit)}; napari-spectrotomo",
        f"element vertex {len(table)}",
        *(f"property {kind} {column}" for column, (kind, _, _) in columns.items()),
        f"element face {len(faces)}",
        "property list uchar int vertex_indices",
        "end_header",
    ]
    return ["\n".join([*header, ""]).encode("ascii"), table.tobytes(), faces.tobytes()]


def _stl(surface: Surface, corners: Any, colors: Any, unit: str) -> list[bytes]:
    triangles = corners[surface.faces]
    normals = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), np.finfo(np.float32).tiny)
    table = np.zeros(len(triangles), [("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("color", "<u2")])
    table["normal"], table["corners"] = normals, triangles
    if colors is not None:
        red, green, blue = (colors[surface.faces].mean(axis=1) * (31 / 255)).round().astype(np.uint16).T
        table["color"] = 0x8000 | red << 10 | green << 5 | blue
    header = f"binary STL, lengths in {_ascii(unit)}; napari-spectrotomo".encode("ascii").ljust(80)
    return [header, np.uint32(len(table)).astype("<u4").tobytes(), table.tobytes()]


def _ascii(unit: str) -> str:
    return "micrometre" if unit == "µm" else unit
