"""A small sample whose views are taken one by one, each displaced, or the sample moved, as a test says."""

import numpy as np
import pytest
from scipy import ndimage as ndi

from napari_spectrotomo.simulate.projector import project

SIZE, CENTER = 48, 24.9


def _bodies():
    """Two cracked bodies, (z, y, x), one above the other."""
    rng = np.random.default_rng(0)
    z, y, x = np.mgrid[:SIZE, :SIZE, :SIZE] / (SIZE / 2) - 1
    bodies = []
    for cz, cy, cx, r in ((-0.4, -0.12, 0.15, 0.38), (0.4, 0.15, -0.12, 0.42)):
        body = (((z - cz) / r) ** 2 + ((y - cy) / r) ** 2 + ((x - cx) / (1.1 * r)) ** 2 < 1).astype(np.float32)
        crack = ndi.gaussian_filter(rng.standard_normal(body.shape), 1.4)
        body[np.abs(crack) < 0.2 * crack.std()] *= 0.2
        bodies.append(ndi.gaussian_filter(body, 0.7) * np.float32(3 / SIZE))
    return bodies


class Sample:
    """What tests see of the sample."""

    size, center = SIZE, CENTER

    def __init__(self):
        self.upper, self.lower = _bodies()

    def at_rest(self, when):
        return self.upper + self.lower

    @staticmethod
    def moved(volume, by=(0.0, 0.0, 0.0), tilt=0.0):
        """The volume displaced along (z, y, x) and turned about x by `tilt` degrees: lower parts move towards -y."""
        t, middle = np.deg2rad(tilt), (SIZE - 1) / 2
        turn = np.array([[np.cos(t), np.sin(t), 0], [-np.sin(t), np.cos(t), 0], [0, 0, 1]])
        return ndi.affine_transform(volume, turn.T, middle - turn.T @ (middle + np.array(by)), order=3)

    def views(self, angles, shifts=None, at=None, photons=10000.0):
        """Optical density at angles, each view displaced by its shift; `at` gives the volume at a time from 0 to 1."""
        rng, still = np.random.default_rng(1), self.upper + self.lower
        shifts = np.zeros((len(angles), 2)) if shifts is None else shifts
        views = []
        for when, angle, (row, column) in zip(np.linspace(0, 1, len(angles)), angles, shifts, strict=True):
            view = project(still if at is None else at(when), np.array([angle]), CENTER + column)[0]
            views.append(ndi.shift(view, (row, 0), order=3, mode="nearest") if row else view)
        return -np.log(np.maximum(rng.poisson(photons * np.exp(-np.array(views))), 1) / photons).astype(np.float32)


@pytest.fixture(scope="session")
def sample():
    return Sample()
