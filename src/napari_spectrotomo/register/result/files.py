"""A registration on disk: ``registration.json``, and beside it the particles' labels and the deformation it refers to."""

from __future__ import annotations

import json
import os
from contextlib import ExitStack
from pathlib import Path, PurePosixPath, PureWindowsPath
from reprlib import repr as brief
from typing import TYPE_CHECKING, Any

import numpy as np

from ...arrays import as_voxel_size
from ...atomic import read_json, whole_file
from ...errors import RegistrationError
from ...tiff_pages import read_tiff_volume
from ..resampling.placement import absent_particles
from .deformation_group import fill_group, read_deformation, whole_folder, write_deformation
from .exchange import as_path
from .tables import PARTICLE_QUALITY, QUALITY, completed, plain, plain_numbers

if TYPE_CHECKING:
    from .registration import Labels, Matrices, Registration

__all__ = ["load_registration", "read_deformation", "save", "write_deformation"]

CONVENTION = "fixed (z,y,x,1) -> moving, voxel index"


def save(
    registration: Registration,
    path: str | Path,
    labels_file: str | Path | None = None,
    deformation_group: str | Path | None = None,
) -> None:
    """Write ``registration.json``; the file is whole, with all it refers to, or what was there before stays.

    Parameters
    ----------
    registration : Registration
    path : path
    labels_file : path or None
        A TIFF of the labels that is there already, in the file's folder or below it, and is only referred to. None: where
        there are labels they are written beside the file, as ``<stem>.labels.tif``.
    deformation_group : path or None
        A zarr group that `write_deformation` wrote, in the file's folder or below it, and is only referred to. None: where
        there is a deformation it is written beside the file, as ``<stem>.deformation.zarr``.

    Raises
    ------
    RegistrationError
        If it cannot be written, or what shall be referred to is not there.
    """
    path = as_path(path)
    content = _content(registration)
    try:
        with ExitStack() as places:  # left in reverse: the file itself takes its place last
            document = places.enter_context(whole_file(path))
            if registration.labels is not None:
                content["labels"] = _referred(labels_file, path) or f"{path.stem}.labels.tif"
                if labels_file is None:
                    _write_labels(places.enter_context(whole_file(path.parent / content["labels"])), registration)
            if registration.deformation is not None:
                content["deformation"] = _referred(deformation_group, path) or f"{path.stem}.deformation.zarr"
                if deformation_group is None:
                    group = places.enter_context(whole_folder(path.parent / content["deformation"]))
                    fill_group(group, registration.deformation, registration.energies)
            text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
            document.write_text(text, encoding="utf-8")
    except OSError as error:
        raise RegistrationError(f"The registration cannot be written to {path} ({error.strerror or error}).") from error


def load_registration(path: str | Path) -> Registration:
    """Read a ``registration.json``, with the labels and the deformation it refers to.

    Parameters
    ----------
    path : path

    Returns
    -------
    Registration

    Raises
    ------
    RegistrationError
        If the file cannot be read or is no registration, or what it refers to is not there or does not fit.
    """
    try:
        content = read_json(path)
    except (OSError, ValueError, TypeError) as error:
        raise RegistrationError(f"The registration {path} cannot be read ({error}).") from error
    try:
        if content["convention"] != CONVENTION:
            raise RegistrationError(
                f"The matrices in {path} follow another convention ({brief(content['convention'])})."
            )
        return _registration(content, Path(path).parent)
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise RegistrationError(
            f"{path} is no registration of this program: {brief(str(error))} is missing or malformed."
        ) from error
    except RegistrationError as error:
        raise RegistrationError(f"The registration {path} cannot be used: {error}") from error


def _content(registration: Registration) -> dict[str, Any]:
    particles, table = registration.particle_matrices, registration.particle_quality
    size = registration.voxel_size
    content: dict[str, Any] = {
        "convention": CONVENTION,
        "energies_eV": plain_numbers(registration.energies),
        "fixed_index": int(registration.fixed_index),
        "transform": registration.transform,
        "shape": [int(n) for n in registration.shape],
        "voxel_size_nm": None if size is None else plain_numbers(size),
        "matrices": plain_numbers(registration.matrices),
        "particles": {str(k): plain_numbers(particles[k]) for k in sorted(particles)} if particles else None,
    }
    content |= plain(registration.quality[[name for name in QUALITY if name != "energy_eV"]])
    content["particle_quality"] = None if table is None else plain(table[list(PARTICLE_QUALITY)])
    return content | {"labels": None, "deformation": None}


def _registration(content: dict[str, Any], folder: Path) -> Registration:
    from .registration import Registration

    energies = np.array(content["energies_eV"], np.float64).reshape(-1)
    for name in ("mse_raw", "mse_global", "mse_registered", "dice_raw", "dice_global", "dice_registered"):
        content[name]  # every version of the file has them: without, it is none
    quality = {"energy_eV": energies} | {name: content[name] for name in QUALITY if name in content}
    particles, table = content.get("particles"), content.get("particle_quality")
    labels, bent = content.get("labels"), content.get("deformation")
    size = content["voxel_size_nm"]
    shape = _shape(content["shape"])
    found = Registration(
        energies=energies,
        fixed_index=int(content["fixed_index"]),
        transform=str(content["transform"]),
        shape=shape,
        voxel_size=as_voxel_size(size, RegistrationError),
        matrices=_matrices(content["matrices"], len(energies)),
        particle_matrices={int(k): _matrices(m, len(energies)) for k, m in particles.items()} if particles else None,
        quality=completed(quality, QUALITY),
        particle_quality=None if table is None else completed(table, PARTICLE_QUALITY),
        labels=None if labels is None else _read_labels(_within(folder, labels), shape),
        deformation=None if bent is None else read_deformation(_within(folder, bent)),
    )
    absent = [] if found.labels is None else absent_particles(found.labels, found.particle_matrices or {})
    if absent:
        raise RegistrationError(f"There is no particle {absent[0]} in its labels {labels}: they are of another volume.")
    return found


def _referred(given: str | Path | None, path: Path) -> str | None:
    """Give the name of a file or group in the folder of `path` or below it, as the file shall hold it."""
    if given is None:
        return None
    folder = path.parent
    place = folder / given if (folder / given).exists() else Path(given)
    if not place.exists():
        raise RegistrationError(f"{given} is not there: a registration refers only to what is written already.")
    name = PurePosixPath(Path(os.path.relpath(place, folder)).as_posix())
    if ".." in name.parts or name.is_absolute():
        raise RegistrationError(f"{given} does not lie in {folder}: a registration refers only to what lies beside it.")
    return str(name)


def _within(folder: Path, name: Any) -> Path:
    """Give the path of what a file refers to, which lies in its folder or below it."""
    if not isinstance(name, str) or not name:
        raise RegistrationError(f"It refers to {brief(name)}, which is no file name.")
    kinds = (PurePosixPath(name), PureWindowsPath(name))
    leads_away = not (folder / name.replace("\0", "")).resolve().is_relative_to(folder.resolve())
    if leads_away or any(kind.anchor or ".." in kind.parts for kind in kinds):
        raise RegistrationError(
            f"It refers to {name}, outside its folder: what belongs to a registration lies beside it."
        )
    return folder / name


def _write_labels(path: Path, registration: Registration) -> None:
    import tifffile

    labels = np.asarray(registration.labels)
    kind = np.uint16 if labels.max(initial=0) <= np.iinfo(np.uint16).max else np.int32
    tifffile.imwrite(path, labels.astype(kind), compression="zlib", metadata={"axes": "ZYX"})


def _read_labels(path: Path, shape: tuple[int, int, int]) -> Labels:
    found = read_tiff_volume(path, "labels", [shape], RegistrationError)
    if found.dtype.kind not in "ui":
        raise RegistrationError(f"The labels {path} hold {found.dtype}, not whole numbers.")
    return found.reshape(shape).astype(np.int32)  # TIFF leaves axes of length 1 out


def _matrices(values: Any, count: int) -> Matrices:
    return np.array(values, np.float64).reshape(count, 4, 4)


def _shape(values: Any) -> tuple[int, int, int]:
    z, y, x = (int(n) for n in values)
    if min(z, y, x) < 1:
        raise RegistrationError(f"Its volume has the shape {(z, y, x)}, which none has.")
    return z, y, x
