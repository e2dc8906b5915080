"""The error that a registration states is the one it makes."""

import numpy as np
import pytest

from napari_spectrotomo.register import register_pair

NOISE = ((0, 0), (0, 0.1), (0, 0.3), (0.2, 0.2))


def rms_error(found, truth, mask):
    points = np.argwhere(mask)
    return np.sqrt(np.mean(np.sum((np.c_[points, np.ones(len(points))] @ (found - truth).T) ** 2, axis=1)))


@pytest.fixture(scope="module")
def draws(body, moved, motion, salted):
    """Stated and true error of 14 random motions, for each noise of the fixed and of the moving mask."""
    from scipy.ndimage import binary_erosion

    fixed = body > 0.4
    surface = fixed & ~binary_erosion(fixed)
    found = {}
    for shares in NOISE:
        rows = []
        for seed in range(14):
            truth = motion("affine", body.shape, seed)
            still, moving = salted(fixed, shares[0], seed + 50), salted(moved(body, truth), shares[1], seed)
            pair = register_pair(still, moving, samples=10_000)
            rows.append((pair.uncertainty, rms_error(pair.matrix, truth, surface)))
        found[shares] = np.transpose(rows)
    return found


@pytest.mark.parametrize("shares", NOISE)
def test_the_stated_error_is_the_true_one_within_a_factor_of_two(draws, shares):
    stated, true = draws[shares]
    ratio = true / stated
    assert 0.5 < np.nanmedian(ratio) < 2
    assert np.isfinite(ratio).mean() >= 0.8
    assert np.nanmax(ratio) < 5


def test_the_stated_error_grows_with_noise(draws):
    stated = [np.nanmedian(draws[shares][0]) for shares in NOISE[:3]]
    assert stated == sorted(stated)
    assert stated[2] > 1.3 * stated[0]


def test_more_freedom_is_known_less_well(body, moved, motion):
    moving = moved(body, motion("translation", body.shape, 0))
    stated = [register_pair(body > 0.4, moving, kind).uncertainty for kind in ("translation", "rigid", "affine")]
    assert stated == sorted(stated)


def test_an_exact_agreement_has_no_error(body):
    assert register_pair(body > 0.4, np.roll(body > 0.4, 2, 1)).uncertainty == 0


def test_after_a_failure_the_error_is_unknown(body):
    assert np.isnan(register_pair(body > 0.4, np.zeros(body.shape, bool)).uncertainty)
