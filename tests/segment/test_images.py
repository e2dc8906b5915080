"""Images of one slice (2-D XANES) are binarized and labelled within their plane."""

import numpy as np
import pytest
import tifffile

import napari_spectrotomo as st
from napari_spectrotomo.segment import BinarizeParameters, binarize_volume, field_warnings, load_labels, load_masks


def disk(shape, center, radius):
    at = np.indices(shape)
    return sum((a - c) ** 2 for a, c in zip(at, center, strict=True)) < radius**2


@pytest.fixture
def image():
    """Two disks, one of them in a corner, above a background; the last rows lie in the shadow of a slit."""
    rng = np.random.default_rng(0)
    mask = disk((160, 160), (60, 70), 30) | disk((160, 160), (12, 145), 14)
    density = 1.0 + 0.4 * mask + rng.normal(0, 0.02, mask.shape)
    density[-4:] -= 0.9
    return mask, density[None].astype(np.float32)


def test_all_of_an_image_is_trusted_and_a_dark_rim_is_no_background(image):
    mask, density = image
    stack = st.EnergyStack.from_arrays([density, density], [8324, 8354], attenuation_unit="optical density")
    assert stack.planar
    found = np.asarray(st.binarize(stack)[0, 0])
    assert np.mean(found != mask) < 0.005


def test_a_slice_of_a_volume_loses_its_corners_as_before(image):
    _, density = image
    corner = np.s_[0, :20, 140:]
    assert not binarize_volume(density, BinarizeParameters(method="otsu")).mask[corner].any()
    assert binarize_volume(density, BinarizeParameters(method="otsu"), image=True).mask[corner].any()


def test_salt_and_pepper_in_an_image_is_filled_from_within_it(image):
    mask, density = image
    rng = np.random.default_rng(1)
    noisy = density[:, :-4].copy()
    hit = rng.random(noisy.shape)
    noisy[hit < 0.05], noisy[hit > 0.95] = 0.0, 3.0
    found = binarize_volume(noisy, BinarizeParameters(), image=True).mask[0]
    assert np.mean(found != mask[:-4]) < 0.01


def test_holes_in_an_image_are_filled_and_what_touches_its_edges_can_be_cleared(image):
    _, density = image
    density = density[:, :-4].copy()
    density[0, 55:65, 65:75] = 1.0
    filled = binarize_volume(density, BinarizeParameters(fill_holes=True), image=True).mask[0]
    assert filled[60, 70]
    cleared = binarize_volume(density, BinarizeParameters(clear_border=True), image=True).mask[0]
    assert cleared.any()
    assert not cleared[:30, 130:].any()


def test_touching_disks_are_two_particles_though_there_is_one_slice():
    shape = (100, 140)
    a, b = disk(shape, (50, 45), 30), disk(shape, (50, 95), 24)
    labels = st.label_particles((a | b)[None])
    assert labels.shape == (1, *shape)
    assert labels.max() == 2
    assert (labels[0][a & ~b] == 1).mean() > 0.98
    assert (labels[0][b & ~a] == 2).mean() > 0.97


def test_a_crack_in_a_disk_does_not_part_it():
    mask = disk((90, 90), (45, 45), 32)
    mask[:, 44:46] = False
    assert st.label_particles(mask[None]).max() == 1


def test_an_image_has_edges_and_no_rim():
    labels = disk((64, 64), (31.5, 31.5), 31.45)[None].astype(int)
    assert field_warnings(labels)
    assert not field_warnings(labels, image=True)
    (said,) = field_warnings(disk((64, 64), (3, 32), 20)[None].astype(int), image=True)
    assert "an edge of the image" in said


def test_masks_and_labels_of_ones_own_may_leave_the_one_slice_out(tmp_path):
    image = disk((30, 40), (15, 20), 8)
    shape = (2, 1, 30, 40)
    tifffile.imwrite(tmp_path / "one.tif", image.astype(np.uint8))
    tifffile.imwrite(tmp_path / "each.tif", np.stack([image, image]).astype(np.uint8))
    assert np.array_equal(load_labels(tmp_path / "one.tif", shape[1:]), image[None])
    for name in ("one", "each"):
        assert np.array_equal(load_masks(tmp_path / f"{name}.tif", shape)[1, 0], image)
