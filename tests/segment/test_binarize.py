"""Volumes of attenuation become masks of the sample."""

import dask
import dask.array as da
import numpy as np
import pytest
import tifffile
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage as ndi
from skimage.transform import iradon, radon

from napari_spectrotomo.data import EnergyStack
from napari_spectrotomo.errors import DataError, ParameterError, ReadError
from napari_spectrotomo.segment import BinarizeParameters, binarize, binarize_volume, load_masks


def dice(a, b):
    return 2 * (a & b).sum() / (a.sum() + b.sum())


def back_projected(attenuation, views, photons, rng):
    """A volume with the noise and the streaks of filtered back-projection, outside the inscribed circle too."""
    angles = np.linspace(0, 180, views, endpoint=False)
    slices = []
    for one in attenuation:
        counts = rng.poisson(photons * np.exp(-radon(one, angles, circle=True)))
        depth = -np.log(np.maximum(counts, 1) / photons)
        slices.append(iradon(depth, angles, circle=False, output_size=len(one)))
    return np.stack(slices)


@pytest.mark.parametrize("fraction", [0.02, 0.1, 0.6])
def test_auto_finds_a_sample_of_any_share_in_reconstruction_noise(rough_body, fraction):
    body = rough_body(48, fraction)[::4]
    volume = back_projected(0.02 * body, 45, 400, np.random.default_rng(1))
    found = binarize_volume(volume)
    assert dice(found.mask, body) > 0.85
    assert found.warnings == ()


@pytest.mark.parametrize("fraction", [0.02, 0.2, 0.6])
@pytest.mark.parametrize("noise", [0.1, 0.5])
def test_auto_finds_the_half_height_whatever_share_and_noise(rough_body, fraction, noise):
    body = rough_body(48, fraction)
    grey = ndi.gaussian_filter(body.astype(float), 0.7)
    grey += noise * np.random.default_rng(2).standard_normal(body.shape)
    found = binarize_volume(grey)
    assert dice(found.mask, body) > 0.9
    assert found.threshold == pytest.approx(0.5, abs=0.12)


def test_noise_asks_for_more_smoothing_and_a_given_sigma_is_used(rough_body):
    body = rough_body(32, 0.2).astype(float)
    noise = np.random.default_rng(3).standard_normal(body.shape)
    assert binarize_volume(body + 0.05 * noise).sigma < binarize_volume(body + 0.6 * noise).sigma
    assert binarize_volume(body, BinarizeParameters(sigma=0)).sigma == 0


@given(gain=st.floats(1e-6, 1e6), offset=st.floats(-100, 100))
@settings(max_examples=15, deadline=None)
def test_the_mask_does_not_depend_on_the_grey_scale(gain, offset):
    z, y, x = np.mgrid[:20, :20, :20] - 9.5
    grey = ndi.gaussian_filter((z**2 + y**2 + x**2 < 36).astype(float), 1)
    reference = binarize_volume(grey).mask
    assert dice(binarize_volume(gain * (grey + offset)).mask, reference) > 0.99


@pytest.mark.parametrize(
    ("method", "least"),
    [("auto", 0.9), ("otsu", 0.9), ("li", 0.9), ("minimum", 0.9), ("multi-otsu", 0.75), ("triangle", 0.75)],
)
def test_every_method_finds_a_clear_sample(rough_body, method, least):
    body = rough_body(40, 0.2)
    grey = ndi.gaussian_filter(body.astype(float), 0.7) + 0.05 * np.random.default_rng(4).standard_normal(body.shape)
    assert dice(binarize_volume(grey, BinarizeParameters(method=method)).mask, body) > least


def test_unknown_voxels_are_background_and_do_not_spread(rough_body):
    body = rough_body(32, 0.2)
    grey = body + 0.05 * np.random.default_rng(5).standard_normal(body.shape)
    holes = grey.copy()
    holes[:, :16] = np.nan
    mask = binarize_volume(holes).mask
    assert not mask[:, :16].any()
    assert dice(mask[:, 16:], body[:, 16:]) > 0.95


def test_a_body_outside_the_inscribed_circle_is_not_sample(rough_body):
    grey = rough_body(40, 0.1).astype(float)
    grey[:, :5, :5] = 2
    assert not binarize_volume(grey).mask[:, :5, :5].any()
    assert binarize_volume(grey, BinarizeParameters(field="all")).mask[:, :5, :5].any()


def test_specks_are_removed_and_cavities_filled_on_request():
    grey = np.zeros((30, 30, 30))
    grey[8:22, 8:22, 8:22] = 1
    grey[12:18, 12:18, 12:18] = 0
    grey[3:5, 14:17, 14:17] = 1
    mask = binarize_volume(grey, BinarizeParameters(sigma=0)).mask
    assert not mask[:6].any()
    assert not mask[15, 15, 15]
    assert binarize_volume(grey, BinarizeParameters(sigma=0, fill_holes=True)).mask[15, 15, 15]
    assert binarize_volume(grey, BinarizeParameters(sigma=0, min_size=0)).mask[4, 15, 15]


def capillary_scene():
    """A particle and a smaller one within a capillary that runs through the whole volume."""
    z, y, x = np.mgrid[:40, :40, :40] - 19.5
    radius = np.hypot(y, x)
    wall = (radius > 15) & (radius < 18)
    large = z**2 + (y - 4) ** 2 + x**2 < 36
    small = (z - 12) ** 2 + (y + 7) ** 2 + x**2 < 12
    return wall, large, small


@pytest.mark.parametrize(
    "choice",
    [
        {"clear_border": True},
        {"max_size": 3000},
        {"region": ((5.5, 19.5), (19.5, 5.5), (33.5, 19.5), (19.5, 33.5))},
    ],
)
def test_a_capillary_wall_is_left_out(choice):
    wall, large, small = capillary_scene()
    mask = binarize_volume(
        (wall | large | small).astype(float), BinarizeParameters(sigma=0, min_size=10, **choice)
    ).mask
    assert (mask & (large | small)).sum() == (large | small).sum()
    assert (mask & wall).sum() < 0.01 * wall.sum()


def test_the_largest_bodies_are_kept():
    _, large, small = capillary_scene()
    grey = (large | small).astype(float)
    assert np.array_equal(binarize_volume(grey, BinarizeParameters(sigma=0, keep_largest=1)).mask, large)


def test_only_drawn_slices_count():
    _, large, small = capillary_scene()
    mask = binarize_volume((large | small).astype(float), BinarizeParameters(sigma=0, region_z=(0, 27))).mask
    assert mask[14:26].any()
    assert not mask[27:].any()


def test_a_flat_or_unknown_volume_and_a_region_beside_it_are_refused():
    with pytest.raises(DataError, match="flat"):
        binarize_volume(np.ones((8, 8, 8)))
    with pytest.raises(DataError, match="no number"):
        binarize_volume(np.full((8, 8, 8), np.nan))
    with pytest.raises(DataError, match="drawn region"):
        binarize_volume(np.random.default_rng(0).random((8, 8, 8)), BinarizeParameters(region_z=(20, 30)))


def test_doubtful_masks_say_so(rough_body):
    noise = np.random.default_rng(6).standard_normal((32, 32, 32))
    assert any("two classes" in said for said in binarize_volume(noise).warnings)
    body = rough_body(32, 0.2).astype(float)
    assert any("removed" in said for said in binarize_volume(body, BinarizeParameters(max_size=1)).warnings)


def test_a_stack_is_binarized_lazily_one_energy_a_chunk(rough_body):
    body = rough_body(24, 0.2)
    volumes = np.stack([0.3 * body, body, 2.0 * body]) + 0.001 * np.random.default_rng(7).standard_normal(
        (3, 24, 24, 24)
    )
    stack = EnergyStack.from_arrays(volumes, [6500, 6550, 6600])
    masks = binarize(stack, sigma=0)
    assert isinstance(masks, da.Array)
    assert masks.dtype == bool
    assert masks.chunks == ((1, 1, 1), (24,), (24,), (24,))
    with dask.config.set(scheduler="synchronous"):
        assert all(np.array_equal(mask, body) for mask in masks.compute())
        assert np.array_equal(binarize(volumes, "otsu", sigma=0)[1].compute(), body)


def test_a_wrong_parameter_is_named():
    with pytest.raises(ParameterError, match="method"):
        binarize(np.zeros((2, 8, 8, 8)), method="magic")
    with pytest.raises(DataError, match="four axes"):
        binarize(np.zeros((8, 8, 8)))


def test_own_masks_serve_instead(tmp_path):
    masks = np.random.default_rng(8).random((3, 6, 7, 8)) > 0.5
    tifffile.imwrite(tmp_path / "all.tif", masks.astype(np.uint8) * 255)
    tifffile.imwrite(tmp_path / "one.tif", masks[0].astype(np.uint8))
    zarr.save_array(str(tmp_path / "all.zarr"), masks)
    volumes = np.zeros(masks.shape)
    assert np.array_equal(binarize(volumes, masks=str(tmp_path / "all.tif")).compute(), masks)
    assert np.array_equal(binarize(volumes, masks=str(tmp_path / "all.zarr")).compute(), masks)
    one = load_masks(tmp_path / "one.tif", masks.shape)
    assert one.chunks[0] == (1, 1, 1)
    assert np.array_equal(one.compute(), np.broadcast_to(masks[0], masks.shape))


def test_own_masks_that_do_not_fit_are_refused(tmp_path):
    tifffile.imwrite(tmp_path / "other.tif", np.zeros((4, 4, 4), np.uint8))
    (tmp_path / "text.tif").write_text("no picture")
    (tmp_path / "empty.zarr").mkdir()
    for name, said in (("other.tif", "shape"), ("text.tif", "TIFF"), ("none.tif", "no file"), ("empty.zarr", "zarr")):
        with pytest.raises(ReadError, match=said):
            load_masks(tmp_path / name, (3, 6, 7, 8))
