"""How long it takes until a stack is seen, until sliders show where they stand, and until spectra follow a dragged region."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from viewer_events import Events

SLIDERS = ("stack", "what", "median (ms)", "longest (ms)", "the GUI thread waits at most (ms)")
SPECTRA = ("stack", "region", "moves", "median (ms)", "longest (ms)")
VOXEL = np.full(3, 50.0)


def small_stack(folder: Path) -> tuple[Any, Any]:
    """Give a stack and masks of the size of the simulated scan's volumes, as a project stores them."""
    return _stored(folder, 31, (96, 112, 112))


def large_stack(folder: Path, energies: int, size: int) -> tuple[Any, Any]:
    """Give a large one; what is there of it already is kept."""
    return _stored(folder, energies, (size,) * 3)


def _stored(folder: Path, n: int, shape: tuple[int, int, int]) -> tuple[Any, Any]:
    """Store a ball in noise of sixteen steps, which takes the disk and the processor about as long as a reconstruction."""
    from napari_spectrotomo.data import EnergyStack
    from napari_spectrotomo.workflow.store import Store

    store, energies = Store(folder / "project.zarr"), np.linspace(6520.0, 6700.0, n)
    folder.mkdir(parents=True, exist_ok=True)
    steps = [np.linspace(-1, 1, length, dtype=np.float32) for length in shape]
    ball = sum(np.square(part) for part in np.meshgrid(*steps, indexing="ij", sparse=True)) < 0.64
    noise = np.random.default_rng(1).integers(-8, 8, shape).astype(np.float32) / 2048
    for name, kind in (("reconstruction", np.float32), ("mask", bool)):
        store.create(name, shape, kind, energies, VOXEL, "1/µm", "made for a benchmark")
        for e in np.flatnonzero(~store.done(name)):
            values = ball if kind is bool else ball * np.float32(0.02 + 0.0005 * e) + np.roll(noise, e, 0)
            store.write(name, int(e), values)
    stack = EnergyStack(store.array("reconstruction"), energies, VOXEL, "1/µm", {})
    return stack, store.array("mask")


def sliders(viewer: Any, events: Events, title: str, stack: Any, masks: Any) -> list[tuple[Any, ...]]:
    """Add a stack and its masks, and move the sliders."""
    from napari_spectrotomo._napari.layers import layer_of, put, take_away, volumes_layer
    from napari_spectrotomo._napari.layers.tuples import energy_layer
    from napari_spectrotomo._napari.waiting import WAITING

    take_away(viewer, "raw", "mask")
    events.rest(1)
    rows: list[tuple[Any, ...]] = []

    def measure(what: str, moves: list[Callable[[], Any]], rest: float) -> None:
        seen, stood = [], []
        for move in moves:
            began = time.perf_counter()
            move()
            stood.append(1e3 * (time.perf_counter() - began))
            events.until(lambda: not any(layer in WAITING for layer in viewer.layers))
            seen.append(1e3 * (time.perf_counter() - began))
            events.rest(rest)
        rows.append((title, what, f"{median(seen):.0f}", f"{max(seen):.0f}", f"{max(stood):.0f}"))

    def to(axis: int, where: int) -> Callable[[], Any]:
        return lambda: viewer.dims.set_current_step(axis, where)

    n, depth = stack.data.shape[:2]
    for kind, add in ((np.float32, viewer.add_image), (np.uint8, viewer.add_labels)):
        zeros = np.zeros(stack.data.shape, kind)  # memory that is never written takes none
        look = {"contrast_limits": (0, 1)} if kind is np.float32 else {}
        what = "an image of zeros is" if look else "labels of zeros are"
        measure(f"napari alone: {what} added", [partial(add, zeros, **look)], 1)
        viewer.layers.pop()
    made = volumes_layer(stack, "raw", "Raw")
    measure("the stack is added and seen", [lambda: put(viewer, made)], 1)
    measure("its masks are added and seen", [lambda: put(viewer, energy_layer(masks, stack, "mask", "Mask"))], 1)
    layer_of(viewer, "mask").visible = False
    middle = n // 2
    to(0, middle)()
    events.rest(10)
    beside = [middle + k for k in range(-4, 5)]
    measure("energy, to one beside it", [to(0, e) for e in beside], 0.2)
    events.rest(5)
    measure("energy, there and back at once", [to(0, e) for e in (*beside, *reversed(beside))], 0.05)
    measure("energy, far away", [to(0, e) for e in (0, n - 1, 1, n - 2)], 0.2)
    to(0, middle)()
    events.rest(5)
    top = depth // 2
    measure("slice, one by one", [to(1, top + k) for k in range(8)], 0.05)
    measure("slice, far away", [to(1, z) for z in (depth // 8, 7 * depth // 8, depth // 4)], 0.2)
    to(1, top)()
    events.rest(2)
    return rows


def spectra(viewer: Any, events: Events, title: str) -> list[tuple[Any, ...]]:
    """Move an ellipse about, and wait for each spectrum."""
    from napari_spectrotomo._napari.docks import open_panel
    from napari_spectrotomo._napari.layers import layer_of

    panel = open_panel(viewer, "ROI spectrum")
    events.rest(1)
    raw: Any = layer_of(viewer, "raw")
    z, side = viewer.dims.current_step[1], min(raw.data.shape[2:])
    panel.controls.draw.click()
    drawn: Any = viewer.layers[-1]
    corners = np.array([[z, -5, -5], [z, -5, 5], [z, 5, 5], [z, 5, -5]], float)[:, -drawn.ndim :]
    place = np.array([0, side / 2, side / 2])[-drawn.ndim :]
    drawn.add_ellipses(corners + place)
    came: list[float] = []
    panel.follower.found.connect(lambda found: came.append(time.perf_counter()) if found.whole else None)
    events.rest(8)
    taken = []
    for step in range(1, 31):
        came.clear()
        began = time.perf_counter()
        drawn.data = [corners + place + np.array([0, step % 10, step // 3])[-drawn.ndim :]]
        events.until(lambda: bool(came))
        taken.append(1e3 * (came[0] - began))
        events.rest(0.1)
    viewer.layers.remove(drawn)
    return [(title, "an ellipse of 10 x 10 voxels", len(taken), f"{median(taken):.0f}", f"{max(taken):.0f}")]
