"""The comparison with the truth: zero for the truth itself, and the right size for a known error."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from napari_spectrotomo import Registration
from napari_spectrotomo.errors import DataError, ReadError
from napari_spectrotomo.simulate import compare_with_truth, load_truth, simulate_scan, write_truth
from napari_spectrotomo.spectra import EdgeMap


@pytest.fixture(scope="module")
def truth():
    few = {"rows": 24, "columns": 32, "n_angles": 2, "energies": (6480.0, 6550.0, 6630.0, 6710.0)}
    return simulate_scan(**few)[1]


def still(truth):
    """The truth of a scan in which nothing but the whole moves, so that one transform can be right."""
    return replace(truth, matrices=np.stack([truth.matrices[0]] * 2))


def found(truth, matrices, particles=None):
    return Registration(
        energies=truth.energies_eV,
        fixed_index=len(matrices) - 1,
        transform="affine",
        shape=truth.labels.shape,
        voxel_size=None,
        matrices=matrices,
        particle_matrices=particles,
        quality=pd.DataFrame({"energy_eV": truth.energies_eV, "status": "converged"}),
        labels=None if particles is None else truth.labels.astype(np.int32),
    )


def edge_map(energy):
    return EdgeMap(energy, energy, energy, 6550.0, "half-height")


def test_the_truth_itself_has_no_error(truth):
    whole = still(truth)
    same = compare_with_truth(whole, found(whole, whole.matrices[0]), edge_map(truth.edge_eV))
    assert same.error_after == pytest.approx(0, abs=1e-6)
    assert same.error_before > 1
    assert (same.edge_error, same.edge_bias, same.undefined, same.failed) == (0, 0, 0, 0)


def test_what_a_transform_a_particle_gains_over_one_for_everything_is_told(truth):
    own = dict(enumerate(truth.matrices, 1))
    told = compare_with_truth(truth, found(truth, truth.matrices[0], own), edge_map(truth.edge_eV))
    assert told.error_after == pytest.approx(0, abs=1e-6)
    assert told.error_global > 0.5


def test_a_shift_of_one_voxel_is_an_error_of_one_voxel(truth):
    whole = still(truth)
    shifted = whole.matrices[0].copy()
    shifted[:, 2, 3] += 1
    assert compare_with_truth(whole, found(whole, shifted), edge_map(truth.edge_eV)).error_after == pytest.approx(1)


def test_edge_energies_and_failed_energies_are_counted(truth):
    whole = still(truth)
    matrices = whole.matrices[0].copy()
    matrices[0] = np.nan
    energy = truth.edge_eV + np.float32(0.25)
    energy[: truth.labels.shape[0] // 2] = np.nan
    result = compare_with_truth(whole, found(whole, matrices), edge_map(energy))
    assert (result.failed, result.error_after) == (1, pytest.approx(0, abs=1e-6))
    assert result.edge_bias == pytest.approx(0.25, abs=1e-3)
    assert 0.3 < result.undefined < 0.7
    said = " ".join(result.lines())
    assert "without a transform: 1" in said
    assert "+0.25 eV" in said


def test_a_result_of_another_scan_is_refused(truth):
    with pytest.raises(DataError, match="grid"):
        compare_with_truth(truth, found(truth, truth.matrices[0]), edge_map(np.zeros((2, 2, 2), np.float32)))
    other = replace(truth, energies_eV=truth.energies_eV + 30)
    with pytest.raises(DataError, match="energies"):
        compare_with_truth(truth, found(other, truth.matrices[0]), edge_map(truth.edge_eV))


def test_truth_read_back_is_what_was_written(truth, tmp_path):
    write_truth(truth, tmp_path)
    again = load_truth(tmp_path)
    for name, array in truth.arrays().items():
        np.testing.assert_array_equal(again.arrays()[name], array)
    assert again.meta == truth.meta


def test_a_folder_without_truth_is_refused(tmp_path):
    with pytest.raises(ReadError, match=r"truth\.npz"):
        load_truth(tmp_path)
    (tmp_path / "truth.npz").write_bytes(b"not a zip")
    with pytest.raises(ReadError, match=r"truth\.npz"):
        load_truth(tmp_path)
