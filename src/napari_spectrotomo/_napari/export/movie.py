"""Movies over energy or of a turning rendering: a frame a turn of the event loop, written by a worker."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from weakref import ref

import numpy as np
from qtpy.QtCore import QObject, Qt, QTimer, Signal

from ...atomic import whole_file
from ...errors import Aborted, SpectrotomoError
from ...progress import Progress
from ..energy_text import ENERGIES, energy_index
from ..layers import go_to_energy
from .compose import Look, compose, pixels_of
from .movie_files import movie_file
from .shot import is_waiting, take

Move = Callable[[Any], None]
"""Brings a viewer to where a frame is taken."""

_RESIZED = "The canvas changed its size while it was recorded: leave the window as it is. Nothing was written."
_AGAIN = 15  # ms until a layer that is still read is looked for again


@dataclass(frozen=True, slots=True)
class Film:
    """What a movie shows.

    Attributes
    ----------
    moves : sequence of callable(viewer)
        One a frame.
    names : sequence of str
        Of the frames, for the progress.
    rate : float
        Frames a second.
    look : Look
        Of every frame; its width in pixels is that of the movie.
    """

    moves: Sequence[Move]
    names: Sequence[str]
    rate: float
    look: Look


def over_energy(viewer: Any) -> tuple[list[Move], list[str]]:
    """Give a move an energy of the topmost visible energy stack; none where there is no such stack."""
    for layer in reversed(list(viewer.layers)):
        if layer.visible and energy_index(viewer, layer) is not None:
            energies = layer.metadata[ENERGIES]
            return [_to_energy(k) for k in range(len(energies))], [f"{e:.1f} eV" for e in energies]
    return [], []


def turning(viewer: Any, frames: int) -> tuple[list[Move], list[str]]:
    """Give moves around the vertical of the screen, once round from where the camera is, in 3-D."""
    angles = np.arange(frames) * 2 * np.pi / frames
    camera = viewer.camera
    if viewer.dims.ndisplay == 3:
        view, up = np.asarray(camera.view_direction, float), np.asarray(camera.up_direction, float)
    else:
        view, up = np.array([0.3, 1.0, 0.0]), np.array([-1.0, 0.3, 0.0])  # from the side, a little from above
    up = up / np.linalg.norm(up)
    return [_to_view(_turned(view, up, a), up) for a in angles], [f"{np.degrees(a):.0f}°" for a in angles]


def movie_steps(camera: Camera, film: Film, path: Path, abort: threading.Event) -> Iterator[Progress]:
    """Write a movie, a `Progress` a frame, in a worker; whole or not at all.

    Parameters
    ----------
    camera : Camera
        Made in the GUI thread.
    film : Film
    path : path ending in ``.mp4`` or ``.gif``
    abort : event

    Raises
    ------
    ParameterError
        If the path has another suffix, or there is no encoder for it.
    SpectrotomoError
        If the file cannot be written, or the canvas was resized meanwhile.
    Aborted
        When stopped.
    """
    total, shape = len(film.moves), None
    try:
        with whole_file(path) as temporary, movie_file(temporary, film.rate) as movie:
            for index, name in enumerate(film.names):
                scene = camera.frame(index, abort)
                frame = pixels_of(compose(scene, film.look))
                shape = shape or frame.shape
                if frame.shape != shape:
                    raise SpectrotomoError(_RESIZED)
                movie.append(frame)
                yield Progress("export", index + 1, total, f"frame of {name} written")
    except OSError as error:
        raise SpectrotomoError(f"{path} cannot be written: {error.strerror or error}.") from error


class Camera(QObject):
    """Takes frames for a worker; made in the GUI thread, which it leaves to others between any two frames.

    Parameters
    ----------
    viewer : napari viewer
    film : Film
    """

    _asked = Signal(int, object)

    def __init__(self, viewer: Any, film: Film) -> None:
        super().__init__()
        self._viewer, self._film = ref(viewer), film
        dims = viewer.dims
        seen = viewer.camera
        self._before = (dims.ndisplay, tuple(dims.point), tuple(seen.angles), seen.zoom, tuple(seen.center))
        self._abort = threading.Event()  # that of the work, from its first frame on
        self._over = False
        self._asked.connect(self._move, Qt.ConnectionType.QueuedConnection)

    def frame(self, index: int, abort: threading.Event) -> Any:
        """Wait for a frame; in a worker."""
        self._abort = abort
        answer: queue.Queue[Any] = queue.Queue(1)
        self._asked.emit(index, answer)
        while not abort.is_set():
            try:
                found = answer.get(timeout=0.1)
            except queue.Empty:
                continue
            if isinstance(found, Exception):
                raise found
            return found
        raise Aborted("The movie was stopped, and not written.")

    def put_back(self) -> None:
        """Bring the viewer back to where it was; in the GUI thread."""
        self._over = True
        viewer = self._viewer()
        if viewer is None:
            return
        ndisplay, point, angles, zoom, center = self._before
        viewer.dims.ndisplay = ndisplay
        if len(point) == viewer.dims.ndim:  # layers may have gone meanwhile
            viewer.dims.set_point(range(len(point)), point)
        viewer.camera.angles, viewer.camera.zoom, viewer.camera.center = angles, zoom, center

    def _move(self, index: int, answer: queue.Queue[Any]) -> None:
        viewer = self._viewer()
        if viewer is None or self._over or self._abort.is_set():
            return
        self._film.moves[index](viewer)
        QTimer.singleShot(0, lambda: self._shoot(answer))

    def _shoot(self, answer: queue.Queue[Any]) -> None:
        viewer = self._viewer()
        if viewer is None or self._over or self._abort.is_set():
            return
        if is_waiting(viewer):
            QTimer.singleShot(_AGAIN, lambda: self._shoot(answer))
            return
        try:
            answer.put(take(viewer, self._film.look.pixels))
        except TimeoutError as error:  # napari's own slicing, where it is asynchronous
            answer.put(SpectrotomoError(f"A slice was not read in time for the movie: {error}"))


def _to_energy(index: int) -> Move:
    return lambda viewer: go_to_energy(viewer, index)


def _to_view(view: Any, up: Any) -> Move:
    def move(viewer: Any) -> None:
        if viewer.dims.ndisplay != 3:
            viewer.dims.ndisplay = 3
            viewer.reset_view()
        viewer.camera.set_view_direction(tuple(view), up_direction=tuple(up))

    return move


def _turned(view: Any, axis: Any, angle: float) -> Any:
    """Turn a direction about an axis (Rodrigues 1840)."""
    across = np.cross(axis, view)
    return view * np.cos(angle) + across * np.sin(angle) + axis * (axis @ view) * (1 - np.cos(angle))
