"""Salt-and-pepper noise in a grey volume does not reach its mask."""

import numpy as np
import pytest
from scipy import ndimage as ndi

from napari_spectrotomo.segment import binarize_volume
from napari_spectrotomo.segment.impulses import without_impulses


def salted(grey, fraction, seed=0):
    """The least or the greatest value there is, at even odds, in a fraction of the voxels."""
    rng = np.random.default_rng(seed)
    hit = rng.random(grey.shape) < fraction
    return np.where(hit, np.where(rng.random(grey.shape) < 0.5, grey.max(), grey.min()), grey)


def dice(a, b):
    return 2 * (a & b).sum() / (a.sum() + b.sum())


@pytest.mark.parametrize("gaussian", [0.0, 0.1])
@pytest.mark.parametrize("share", [0.04, 0.5])
def test_auto_finds_nearly_the_clean_mask_under_any_salt_and_pepper_noise(rough_body, share, gaussian):
    grey = ndi.gaussian_filter(rough_body(48, share).astype(float), 0.8)
    grey += gaussian * np.random.default_rng(1).standard_normal(grey.shape)
    clean = binarize_volume(grey).mask
    for fraction in (0.02, 0.05, 0.1, 0.2, 0.3):
        found = binarize_volume(salted(grey, fraction))
        assert dice(found.mask, clean) > 0.94
        assert abs(int(found.mask.sum()) - int(clean.sum())) < 0.08 * clean.sum()


def test_no_noise_is_taken_from_an_ordinary_volume(rough_body):
    body = ndi.gaussian_filter(rough_body(40, 0.2).astype(np.float32), 0.7)
    noise = np.random.default_rng(2).standard_normal(body.shape).astype(np.float32)
    for grey in (body, body + 0.1 * noise, body + 0.5 * noise, noise):
        assert without_impulses(grey, None) is grey


def test_a_crack_one_voxel_thin_is_no_noise():
    grey = np.zeros((32, 32, 32), np.float32)
    grey[4:28, 4:28, 4:28] = 1
    grey[:, 16, :20] = 0
    filled = without_impulses(salted(grey, 0.05), None)
    assert np.mean(filled[6:26, 16, 6:18] < 0.5) > 0.95
    assert np.mean(filled[6:26, 20:26, 6:26] > 0.5) > 0.99


def test_unknown_voxels_stay_unknown():
    grey = np.zeros((20, 20, 20), np.float32)
    grey[5:15, 5:15, 5:15] = 1
    grey = salted(grey, 0.1).astype(np.float32)
    grey[:, :, :3] = np.nan
    filled = without_impulses(grey, np.isfinite(grey))
    assert np.isnan(filled[:, :, :2]).all()
    assert np.isfinite(filled[:, :, 3:]).all()
