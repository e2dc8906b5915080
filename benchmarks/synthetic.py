"""Scans of any size on disk, cheap to make: balls of manganese oxide whose projections are known in closed form.

A view is made as it is written, so that making a scan takes no more memory than its views are large one by one.
"""

from pathlib import Path

import dask.array as da
import numpy as np

from napari_spectrotomo import Scan, write_scan

FLATS = 3
LIT = 30_000


def energies_of(count):
    """Give energies (count,) about the Mn K edge, in eV: half of them within its rise."""
    before, after = max(2, count // 4), max(2, count // 4)
    rise = np.linspace(6540, 6572, max(1, count - before - after))
    return np.r_[np.linspace(6460, 6530, before), rise, np.linspace(6600, 6710, after)]


def balls(size):
    """Give centre (z, y, x) and radius, from the middle and in voxels, edge energy in eV, and drift at the first energy."""
    rng = np.random.default_rng(7)
    places = [(-0.25, -0.12, 0.1), (-0.22, 0.18, -0.16), (0.2, 0.12, 0.17), (0.24, -0.17, -0.1)]
    return [
        (size * np.array(place), size * radius, 6548.0 + 1.5 * k, rng.uniform(-2, 2, 3))
        for k, (place, radius) in enumerate(zip(places, (0.15, 0.13, 0.14, 0.12)))
    ]


def attenuation(energy, edge):
    """Relative attenuation of a ball at an energy: an edge with a white line."""
    rise = 0.5 + np.arctan((energy - edge) / 1.5) / np.pi
    return 0.35 + rise * (1 + 0.6 * np.exp(-(((energy - edge - 8) / 6) ** 2)))


def counts(size, views, energies):
    """Raw views (view, row, column) of `size` rows and columns, a lazy scan whose chunks are single views."""
    angles = np.linspace(-90.0, 90.0, views)
    grain = np.random.default_rng(0).normal(1, 0.01, (size, size)).astype(np.float32)
    flat = np.repeat((200 + LIT * grain)[None].astype(np.uint16), FLATS, axis=0)
    axis, dense = (size - 1) / 2 + 1.7, 1.6 / (0.3 * size)
    rows = np.arange(size, dtype=np.float32)[:, None] - (size - 1) / 2
    columns = np.arange(size, dtype=np.float32)[None] - axis

    def at(e):
        share = float((energies[-1] - energies[e]) / (energies[-1] - energies[0]))

        def made(block_info=None):
            view = block_info[None]["array-location"][0][0]
            theta = np.deg2rad(angles[view])
            depth = np.zeros((size, size), np.float32)
            for center, radius, edge, drift in balls(size):
                z, y, x = center + share * drift
                across = columns - (x * np.cos(theta) - y * np.sin(theta))
                chord = 2 * np.sqrt(np.maximum(radius**2 - (rows - z) ** 2 - across**2, 0))
                depth += np.float32(dense * attenuation(energies[e], edge)) * chord
            light = LIT * grain * np.exp(-depth)
            noise = np.random.default_rng([view, e]).standard_normal((size, size), np.float32)
            return (200 + light + np.sqrt(light) * noise)[None].clip(0, 65535).astype(np.uint16)

        chunks = ((1,) * views, (size,), (size,))
        return da.map_blocks(made, chunks=chunks, dtype=np.uint16, meta=np.empty((0, 0, 0), np.uint16))

    dark = np.full((FLATS, size, size), 200, np.uint16)
    return Scan.from_arrays(
        [at(e) for e in range(len(energies))],
        energies,
        angles,
        flats=[flat] * len(energies),
        darks=[dark] * len(energies),
        pixel_size=np.full(len(energies), 20_000.0 / size),
        exposure=1.0,
        flat_exposure=1.0,
    )


def write_balls(folder, size, energies, views):
    """Write a scan of `energies` energies into `folder`, unless it is there, and give the folder."""
    folder = Path(folder)
    if not folder.exists():
        beside = folder.with_name(folder.name + ".part")
        beside.mkdir(parents=True)
        write_scan(counts(size, views, energies_of(energies)), beside, format="fxi")
        beside.rename(folder)
    return folder
