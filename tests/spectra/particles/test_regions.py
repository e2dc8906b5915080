"""Mean spectra of regions and particles whose content is known."""

import threading

import dask.array as da
import numpy as np
import pytest

from napari_spectrotomo.data import EnergyStack
from napari_spectrotomo.errors import Aborted, DataError
from napari_spectrotomo.spectra import particle_spectra, region_spectra, roi_spectrum
from napari_spectrotomo.spectra.particles import regions

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


def test_a_region_too_large_for_memory_is_read_in_pieces_to_the_same_result(monkeypatch):
    rng = np.random.default_rng(1)
    data = 1e6 + rng.random((4, 9, 20, 20))
    data[1, 2] = np.nan
    data[2] = np.nan
    mask = rng.random((9, 20, 20)) < 0.6
    whole = roi_spectrum(data, mask)
    monkeypatch.setattr(regions, "HELD", 4 * 20 * 20 * 2)
    pieces = roi_spectrum(data, mask)
    np.testing.assert_array_equal(pieces[2], mask.sum() - np.array([0, mask[2].sum(), mask.sum(), 0]))
    for piecewise, at_once in zip(pieces, whole, strict=True):
        np.testing.assert_allclose(piecewise, at_once, rtol=1e-9)
    assert np.isnan(pieces[0][2])
    picked = data[0, mask]
    assert pieces[1][0] == pytest.approx(picked.std(ddof=1) / np.sqrt(len(picked)), rel=1e-6)


def test_all_regions_of_a_label_image_have_their_spectra_in_one_table():
    rng = np.random.default_rng(2)
    data = rng.random((5, 1, 12, 14)).astype(np.float32)
    data[3, 0, 2, 3] = np.nan
    labels = np.zeros((1, 12, 14), np.int32)
    labels[0, 1:4, 2:6], labels[0, 6, 7], labels[0, 8:, 9:] = 2, 7, 40
    stack = EnergyStack.from_arrays(data, np.arange(6500.0, 6505))
    table = region_spectra(stack, labels)
    assert list(table.columns) == ["energy_eV"] + [
        f"region_{k}_{told}" for k in (2, 7, 40) for told in ("mean", "standard_error", "count")
    ]
    for k in (2, 7, 40):
        peer = roi_spectrum(stack, labels == k)
        for told, values in zip(("mean", "standard_error", "count"), peer, strict=True):
            np.testing.assert_allclose(table[f"region_{k}_{told}"], values, rtol=1e-12)
    assert list(table["region_2_count"]) == [12, 12, 12, 11, 12]
    assert table["region_7_standard_error"].isna().all()
    np.testing.assert_array_equal(region_spectra(data, labels, energies=stack.energies), table)


def test_a_label_image_without_regions_or_energies_is_refused():
    with pytest.raises(DataError, match="no region"):
        region_spectra(np.ones((5, 2, 2, 2)), np.zeros((2, 2, 2), int), energies=ENERGIES[:5])
    with pytest.raises(DataError, match="no energies of its own"):
        region_spectra(np.ones((5, 2, 2, 2)), np.ones((2, 2, 2), int))
    with pytest.raises(DataError, match="do not fit a stack"):
        region_spectra(np.ones((5, 2, 2, 2)), np.ones((2, 2, 2), int), energies=ENERGIES[:4])
    stop = threading.Event()
    stop.set()
    with pytest.raises(Aborted):
        region_spectra(np.ones((5, 2, 2, 2)), np.ones((2, 2, 2), int), energies=ENERGIES[:5], abort=stop)


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
