"""Phantoms of known shape."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import ndimage as ndi


def _rough_body(size: int, fraction: float, seed: int = 0) -> np.ndarray:
    """A rough, cracked body within the inscribed circle that fills a fraction of a cube."""
    rng = np.random.default_rng(seed)
    z, y, x = np.meshgrid(*[np.linspace(-1, 1, size)] * 3, indexing="ij")
    rough, fine = (ndi.gaussian_filter(rng.standard_normal((size,) * 3), size / width) for width in (16, 40))
    radius = np.maximum(np.hypot(y, x), np.abs(z) * 0.95) + 0.04 * rough / rough.std()
    radius = np.where((np.abs(fine / fine.std()) < 0.06) & (fraction < 0.5), 9, radius)
    radius[:, np.hypot(y, x)[0] > 0.98] = 9
    return radius < np.quantile(radius, fraction)


@pytest.fixture(scope="session")
def rough_body() -> Callable[..., np.ndarray]:
    return _rough_body
