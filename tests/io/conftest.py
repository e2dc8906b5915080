"""A small scan of known numbers, and ways to put it on disk as beamlines do."""

import numpy as np
import pytest

from napari_spectrotomo.data import Scan


@pytest.fixture
def small_scan() -> Scan:
    """Three energies, five views of 4 x 6 pixels, taken from the highest energy down."""
    random = np.random.default_rng(2)
    count = lambda n: [random.integers(100, 4000, (n, 4, 6)).astype(np.uint16) for _ in range(3)]  # noqa: E731
    return Scan.from_arrays(
        count(5),
        [6540.25, 6550.0, 6571.5],
        np.linspace(-90, 90, 5),
        flats=count(3),
        darks=count(2),
        pixel_size=[40.1, 40.2, 40.333],
        exposure=0.5,
        flat_exposure=0.3,
        time=[300.0, 200.0, 100.0],
        flat_positions=[np.array([0, 2, 5])] * 3,
    )
