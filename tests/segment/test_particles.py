"""Masks become numbered particles."""

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage as ndi

from napari_spectrotomo.errors import DataError, ReadError
from napari_spectrotomo.segment import binarize_volume, label_particles, load_labels


def ball(shape, center, radius):
    at = np.indices(shape)
    return sum((a - c) ** 2 for a, c in zip(at, center, strict=True)) < radius**2


@pytest.mark.parametrize("overlap", [-2, 2, 6])
def test_two_balls_are_two_particles_even_where_they_touch(overlap):
    a = ball((48, 48, 80), (24, 24, 22), 16)
    b = ball((48, 48, 80), (24, 24, 22 + 30 - overlap), 14)
    labels = label_particles(a | b)
    assert labels.dtype == np.int32
    assert labels.max() == 2
    assert (labels[a & ~b] == 1).mean() > 0.98
    assert (labels[b & ~a] == 2).mean() > 0.97


def test_touching_balls_can_be_left_as_one():
    a, b = ball((40, 40, 64), (20, 20, 20), 14), ball((40, 40, 64), (20, 20, 44), 14)
    assert label_particles(a | b, separate=False).max() == 1


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_rough_particle_stays_whole_though_cracks_run_through_it(seed):
    rng = np.random.default_rng(seed)
    size = 64
    z, y, x = np.meshgrid(*[np.linspace(-1, 1, size)] * 3, indexing="ij")
    rough, fine = (ndi.gaussian_filter(rng.standard_normal((size,) * 3), width) for width in (size / 16, size / 20))
    body = (x / 0.6) ** 2 + (y / 0.55) ** 2 + (z / 0.7) ** 2 + 0.15 * rough / rough.std() < 1
    cracked = body & (np.abs(fine / fine.std()) > 0.15)
    assert label_particles(cracked).max() == 1


def test_every_voxel_of_a_particle_stays_and_labels_fall_by_volume():
    shape = (60, 60, 60)
    mask = ball(shape, (14, 14, 14), 8) | ball(shape, (40, 40, 40), 16) | ball(shape, (14, 44, 20), 11)
    labels = label_particles(mask)
    assert np.array_equal(labels > 0, mask)
    sizes = np.bincount(labels.ravel())[1:]
    assert len(sizes) == 3
    assert np.all(np.diff(sizes) < 0)


def test_debris_becomes_background_and_a_chip_joins_its_particle():
    shape = (50, 50, 50)
    particle = ball(shape, (25, 25, 22), 15)
    chip = ball(shape, (25, 25, 40), 3)
    debris = ball(shape, (5, 5, 45), 2)
    labels = label_particles(particle | chip | debris, closing=3)
    assert labels.max() == 1
    assert (labels[chip] == 1).all()
    assert (labels[debris] == 0).all()


@given(shift=st.tuples(*[st.integers(0, 6)] * 3))
@settings(max_examples=8, deadline=None)
def test_labels_move_with_the_mask(shift):
    mask = np.zeros((34, 34, 50), bool)
    mask[:28, :28, :44] = ball((28, 28, 44), (14, 14, 12), 10) | ball((28, 28, 44), (14, 14, 31), 9)
    moved = np.roll(mask, shift, (0, 1, 2))
    assert np.array_equal(np.roll(label_particles(mask), shift, (0, 1, 2)), label_particles(moved))


def test_a_large_volume_is_labelled_on_a_coarser_grid_to_the_voxel_of_the_mask(monkeypatch):
    mask = ball((48, 48, 80), (24, 24, 22), 16) | ball((48, 48, 80), (24, 24, 52), 15)
    debris = ball((48, 48, 80), (5, 5, 75), 2)
    fine = label_particles(mask)
    monkeypatch.setattr("napari_spectrotomo.segment.particles.LARGEST_GRID", {3: 32})
    coarse = label_particles(mask | debris)
    assert np.array_equal(coarse > 0, mask)
    assert (coarse == fine)[mask].mean() > 0.98


def test_an_empty_mask_has_no_particle_and_a_slice_is_refused():
    assert not label_particles(np.zeros((5, 5, 5), bool)).any()
    assert label_particles(np.ones((5, 5, 5), bool)).max() == 1
    with pytest.raises(DataError, match="three axes"):
        label_particles(np.zeros((5, 5), bool))


@pytest.mark.parametrize("scan", ["scan_tiny", "scan_dev"])
def test_the_two_cracked_particles_of_a_scan_are_found(data_folder, scan):
    with np.load(data_folder / scan / "truth.npz") as truth:
        attenuation, known = truth["attenuation_last_cm1"], truth["labels"]
    grey = ndi.gaussian_filter(attenuation, 0.5)
    grey += 0.05 * attenuation.max() * np.random.default_rng(0).standard_normal(grey.shape)
    labels = label_particles(binarize_volume(grey).mask)
    assert labels.max() == 2
    for particle in (1, 2):
        votes = np.bincount(labels[known == particle], minlength=3)
        assert votes[1:].max() > 0.9 * (known == particle).sum()


def test_labels_of_ones_own_are_read_as_they_are(tmp_path):
    labels = np.zeros((4, 5, 6), np.uint16)
    labels[1, 2:4, 2:4] = 7
    tifffile.imwrite(tmp_path / "labels.tif", labels)
    found = load_labels(tmp_path / "labels.tif", (4, 5, 6))
    assert found.dtype == np.int32
    assert np.array_equal(found, labels)


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.zeros((4, 5, 6), np.uint8), "no particle"),
        (np.full((4, 5, 6), 0.5, np.float32), "whole numbers"),
        (np.full((4, 5, 6), -1, np.int16), "whole numbers"),
        (np.ones((4, 5, 7), np.uint8), "shape"),
    ],
)
def test_labels_that_are_none_are_refused(tmp_path, array, said):
    tifffile.imwrite(tmp_path / "labels.tif", array)
    with pytest.raises(ReadError, match=said):
        load_labels(tmp_path / "labels.tif", (4, 5, 6))
