"""Masks and labels of the user's own: saved into the project, and set in its recipe."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from ...atomic import whole_file
from ...errors import DataError, ProjectError, ReadError
from ...progress import Progress, raise_if_aborted
from ...segment import load_labels, load_masks
from ..run import start
from ..state import state_of
from ..work import Job

MOST = np.iinfo(np.uint16).max
"""The highest particle number that a project's labels, uint16 in its TIFF, can hold."""


def take_masks(viewer: Any, data: Any) -> Job | None:
    """Save a labels layer's data as the project's masks, an energy at a time, in the worker.

    Parameters
    ----------
    viewer : napari viewer
    data : (E, z, y, x) or (z, y, x) array
        Non-zero is sample.
    """
    project = state_of(viewer).project
    return start(viewer, "Saving the masks", lambda abort: _save_masks(project, data, abort))


def take_labels(viewer: Any, data: Any) -> Job | None:
    """Save a labels layer's data, (z, y, x), as the project's particles, in the worker."""
    project = state_of(viewer).project
    return start(viewer, "Saving the labels", lambda abort: _save_labels(project, data, abort))


def take_edits(viewer: Any, edits: dict[str, Any]) -> Job | None:
    """Save what was edited of the 'mask' and the 'particles', data by role, in the worker."""
    project = state_of(viewer).project

    def steps(abort: threading.Event) -> Generator[Progress, None, None]:
        if "mask" in edits:
            yield from _save_masks(project, edits["mask"], abort)
        if "particles" in edits:
            yield from _save_labels(project, edits["particles"], abort)

    return start(viewer, "Saving the edits", steps)


def _save_masks(project: Any, data: Any, abort: threading.Event) -> Generator[Progress, None, Path]:
    import zarr

    shape = _stack_shape(project)
    if tuple(data.shape) not in (shape, shape[1:]):
        raise DataError(
            f"These masks have shape {tuple(data.shape)}: they must be {shape} (energy, z, y, x) or {shape[1:]} (z, y, x)."
        )
    path = _new(project.path, "own_masks", ".zarr")
    whole = data if data.ndim == 4 else data[None]
    with _written_folder(path) as temporary:
        out = zarr.create_array(str(temporary), shape=data.shape, dtype="bool", chunks=(1, *shape[1:])[-data.ndim :])
        for e in range(len(whole)):
            raise_if_aborted(abort)
            out[e if data.ndim == 4 else slice(None)] = np.asarray(whole[e]) != 0
            yield Progress("binarize", e + 1, len(whole), "mask saved")
    project.change("binarize", masks=str(path))
    return path


def _save_labels(project: Any, data: Any, abort: threading.Event) -> Generator[Progress, None, Path]:
    import tifffile

    shape = _stack_shape(project)[1:]
    if tuple(data.shape) != shape:
        raise DataError(
            f"These labels have shape {tuple(data.shape)}: they must be that of the volumes, {shape} (z, y, x)."
        )
    raise_if_aborted(abort)
    yield Progress("label", 0, 1, "saving")
    labels = np.asarray(data)
    if labels.min() < 0 or labels.max() > MOST:
        raise DataError(
            f"These labels go from {labels.min()} to {labels.max()}: particles are numbered from 1 to {MOST}. "
            "Number them anew (skimage.segmentation.relabel_sequential)."
        )
    if not labels.any():
        raise DataError("There is no particle left: every voxel is background. Drop the edits, or paint one.")
    path = _new(project.path, "own_labels", ".tif")
    with _written(path) as temporary:
        tifffile.imwrite(temporary, labels.astype(np.uint16))
    project.change("label", labels=str(path))
    yield Progress("label", 1, 1, "labels saved")
    return path


def take_file(viewer: Any, stage: str, name: str, source: Path) -> Job | None:
    """Copy a file of masks or labels into the project and set it as the parameter `name` of `stage`, in the worker.

    One that cannot be read, or fits other volumes, is refused at once; nothing is changed then.
    """
    project = state_of(viewer).project

    def steps(abort: threading.Event) -> Generator[Progress, None, Path]:
        path = _new(project.path, f"own_{name}", source.suffix)
        yield Progress(stage, 0, 1, "copying")
        shape = _stack_shape(project)
        if name == "labels":
            load_labels(source, shape[1:])
        else:
            load_masks(source, shape)
        with _written(path, source) as temporary:
            shutil.copyfile(source, temporary)
        project.change(stage, **{name: str(path)})
        yield Progress(stage, 1, 1, "copied")
        return path

    return start(viewer, "Copying the file", steps)


@contextmanager
def _written(path: Path, source: Path | None = None) -> Iterator[Path]:
    """Write a file whole or not at all, and say what went wrong in a sentence."""
    try:
        with whole_file(path) as temporary:
            yield temporary
    except OSError as error:
        why = error.strerror or error
        if source is not None:
            raise ReadError(f"The file {source} cannot be copied into the project: {why}.") from error
        raise ProjectError(f"{path.name} cannot be written into the project {path.parent}: {why}.") from error


@contextmanager
def _written_folder(path: Path) -> Iterator[Path]:
    """Write a folder whole or not at all."""
    temporary = path.with_name(f".{path.name}.part")
    shutil.rmtree(temporary, ignore_errors=True)
    try:
        yield temporary
        temporary.rename(path)
    except OSError as error:
        why = error.strerror or error
        raise ProjectError(f"{path.name} cannot be written into the project {path.parent}: {why}.") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _stack_shape(project: Any) -> tuple[int, ...]:
    found = project.input() if project.kind == "stack" else project.stack("reconstruction")
    return tuple(found.data.shape)


def _new(folder: Path, stem: str, suffix: str) -> Path:
    """Give a name that is not taken: what the recipe named before stays as it was."""
    number = 1
    while (path := folder / f"{stem}_{number}{suffix}").exists():
        number += 1
    return path
