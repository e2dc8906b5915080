"""How many independent voxels a mean rests on, where that is known."""

import numpy as np
import pytest

from napari_spectrotomo.errors import DataError
from napari_spectrotomo.spectra import spatial_correlation
from napari_spectrotomo.spectra.particles import pairs


def test_voxels_of_pure_noise_are_all_independent(ball):
    noise = np.random.default_rng(0).normal(6549, 0.5, (17, 17, 17))
    found = spatial_correlation(noise, ball(8))
    assert found.voxels == ball(8).sum()
    assert found.effective > 0.9 * found.voxels
    assert found.noise == 1
    assert np.isnan(found.length)
    assert found.standard_error == pytest.approx(0.5 / np.sqrt(found.voxels), rel=0.1)


@pytest.mark.parametrize(("sigma", "noise"), [(1.0, 0.0), (1.0, 1.0), (2.0, 0.0)])
def test_the_effective_number_of_a_smooth_field_is_that_of_its_known_correlation(
    sigma, noise, ball, smooth_field, effective_number
):
    rng = np.random.default_rng(1)
    where = ball(7)
    fields = [smooth_field(rng, where.shape, sigma) + noise * rng.normal(size=where.shape) for _ in range(25)]
    found = [spatial_correlation(field, where) for field in fields]
    assert np.median([f.effective for f in found]) == pytest.approx(effective_number(where, sigma, noise), rel=0.3)
    assert np.median([f.length for f in found]) == pytest.approx(2 * sigma, rel=0.25)
    assert np.median([f.noise for f in found]) == pytest.approx(noise**2 / (1 + noise**2), abs=0.15)


def test_a_large_particle_in_blocks_has_the_same_effective_number(monkeypatch, ball, smooth_field):
    rng = np.random.default_rng(2)
    where = ball(14)
    field = smooth_field(rng, where.shape, 2.0)
    whole = spatial_correlation(field, where)
    monkeypatch.setattr(pairs, "_LARGEST", 30_000)
    blocks = spatial_correlation(field, where)
    assert whole._pairs.block == (1, 1, 1)
    assert min(blocks._pairs.block) > 1
    assert blocks.effective == pytest.approx(whole.effective, rel=0.3)
    assert blocks.length == pytest.approx(whole.length, rel=0.15)
    assert spatial_correlation(rng.normal(size=where.shape), where).effective > 0.9 * where.sum()


def test_sums_over_pairs_count_every_voxel_whatever_the_blocks(monkeypatch):
    rng = np.random.default_rng(3)
    where = rng.random((5, 9, 12)) < 0.7
    size = np.array([3.0, 1.0, 1.0])
    for largest in (1 << 22, 300):
        monkeypatch.setattr(pairs, "_LARGEST", largest)
        grid = pairs.Pairs.within(where.shape, size)
        count = grid.by_offset(np.abs(grid.transformed(where)) ** 2)
        assert count.sum() == pytest.approx(where.sum() ** 2)
        decay = grid.transformed_offsets(np.exp(-grid.distance))
        np.testing.assert_allclose(grid.summed(grid.sums(where), decay), (count * np.exp(-grid.distance)).sum())
        np.testing.assert_array_equal(grid.counts(np.flatnonzero(where)), grid.sums(where))
    assert grid.block[0] < grid.block[1]


def test_lengths_are_in_nm_where_the_voxel_size_is_known_and_along_unequal_axes(smooth_field):
    rng = np.random.default_rng(4)
    field = smooth_field(rng, (40, 40, 40), 2.0)[::2]
    found = spatial_correlation(field, voxel_size=(60.0, 30.0, 30.0))
    assert found.unit == "nm"
    assert found.length == pytest.approx(4 * 30, rel=0.25)


def test_an_image_has_a_correlation_in_its_plane(smooth_field, effective_number):
    rng = np.random.default_rng(5)
    found = spatial_correlation(smooth_field(rng, (1, 48, 48), 1.5))
    assert found.effective == pytest.approx(effective_number(np.ones((1, 48, 48), bool), 1.5), rel=0.3)


def test_a_gradient_over_the_whole_particle_is_hardly_more_than_one_independent_value(ball):
    z = np.indices((17, 17, 17))[0].astype(float)
    assert spatial_correlation(z, ball(8)).effective < 3


def test_what_cannot_be_told_is_not_a_number():
    few = spatial_correlation(np.random.default_rng(6).normal(size=(2, 3, 3)))
    same = spatial_correlation(np.full((5, 5, 5), 6549.0))
    assert np.isnan(few.effective)
    assert np.isnan(same.effective)
    with pytest.raises(DataError, match="no value"):
        spatial_correlation(np.full((3, 3, 3), np.nan))
    with pytest.raises(DataError, match="does not fit"):
        spatial_correlation(np.ones((3, 3, 3)), np.ones((2, 2, 2)))
