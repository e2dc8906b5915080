"""Mean spectra of regions and particles whose content is known."""

import dask.array as da
import numpy as np
import pytest

from napari_spectrotomo.data import EnergyStack
from napari_spectrotomo.errors import DataError
from napari_spectrotomo.spectra import particle_spectra, roi_spectrum

ENERGIES = np.r_[6480:6526:15, 6530:6582:3, 6590:6711:15].astype(float)


def test_a_regions_mean_and_standard_error_leave_gaps_out():
    data = np.random.default_rng(0).random((5, 4, 5, 6))
    data[2, 1, 1, 1] = np.nan
    mask = np.zeros((4, 5, 6), bool)
    mask[1, 1, 1:4] = True
    mean, error, count = roi_spectrum(EnergyStack.from_arrays(data, np.arange(6500.0, 6505)), mask)
    picked = data[:, mask]
    assert list(count) == [3, 3, 2, 3, 3]
    np.testing.assert_allclose(mean, np.nanmean(picked, axis=1), rtol=1e-6)
    np.testing.assert_allclose(error, np.nanstd(picked, axis=1, ddof=1) / np.sqrt(count), rtol=1e-5)


def test_one_voxel_has_a_mean_but_no_standard_error():
    mask = np.zeros((4, 4, 4), bool)
    mask[1, 2, 3] = True
    mean, error, count = roi_spectrum(np.ones((5, 4, 4, 4)), mask)
    assert (mean == 1).all()
    assert np.isnan(error).all()
    assert (count == 1).all()


def test_only_the_box_about_a_region_is_read():
    reads = []

    def read(block, block_info=None):
        reads.append(block.shape)
        return block

    data = da.ones((3, 8, 64, 64), chunks=(1, 4, 16, 16)).map_blocks(read, dtype=float, meta=np.empty((0,) * 4))
    mask = np.zeros((8, 64, 64), bool)
    mask[1, 3:5, 20] = True
    roi_spectrum(data, mask)
    assert len(reads) == 3


def test_a_region_that_is_empty_or_elsewhere_is_refused():
    with pytest.raises(DataError, match="no voxel"):
        roi_spectrum(np.ones((5, 2, 2, 2)), np.zeros((2, 2, 2)))
    with pytest.raises(DataError, match="does not fit"):
        roi_spectrum(np.ones((5, 2, 2, 2)), np.ones((3, 2, 2)))


def test_particle_spectra_are_normalised_means_before_and_after_registration():
    labels = np.zeros((4, 6, 6), np.int32)
    labels[0:2], labels[3] = 1, 2
    rise = lambda at: 0.5 + np.arctan((ENERGIES - at) / 2) / np.pi  # noqa: E731
    registered = np.zeros((len(ENERGIES), 4, 6, 6))
    registered[:, labels == 1] = (2 + 3 * rise(6549))[:, None]
    registered[:, labels == 2] = (5 + 1 * rise(6552))[:, None]
    registered[4, 0, 0, 0] = np.nan
    table = particle_spectra(ENERGIES, 2 * registered, EnergyStack.from_arrays(registered, ENERGIES), labels)
    assert list(table.columns) == [
        "energy_eV", "particle_1_raw", "particle_1_registered", "particle_2_raw", "particle_2_registered",
    ]  # fmt: skip
    np.testing.assert_allclose(table["particle_1_raw"], table["particle_1_registered"], atol=1e-5)
    assert table["particle_1_registered"].iloc[-1] == pytest.approx(1, abs=0.02)
    assert table["particle_1_registered"].iloc[0] == pytest.approx(0, abs=0.02)
    half = [np.interp(0.5, table[f"particle_{k}_registered"][5:16], ENERGIES[5:16]) for k in (1, 2)]
    assert half[1] - half[0] == pytest.approx(3, abs=0.3)
