"""The chain finds what scans were made of."""

import numpy as np

from napari_spectrotomo import run
from napari_spectrotomo.simulate import compare_with_truth, load_truth


def test_the_chain_finds_motion_and_chemistry_of_a_simulated_scan(small_scan, finished):
    found = compare_with_truth(load_truth(small_scan), finished.registration(), finished.edge_map())
    assert found.error_global < 0.6 * found.error_before
    assert found.error_after < 0.06
    assert found.edge_error < 0.35
    assert found.undefined < 0.02
    assert finished.record.stage("label")["particles"] == 2


def test_the_chain_finds_motion_and_chemistry_of_a_scan_of_real_standards(data_folder, quick, tmp_path):
    project = run(data_folder / "scan_tiny", tmp_path / "p", quick)
    truth = load_truth(data_folder / "scan_tiny")
    found = compare_with_truth(truth, project.registration(), project.edge_map())
    assert found.error_global < 0.25  # voxel; the best that one affine can do is 0.14
    assert found.error_after < 0.06
    assert found.undefined < 0.02
    # nine energies sample the edge coarsely: its scale and the order of the particles must be right all the same
    volume = project.stack().data[-1].compute() * 1e4
    inside = truth.attenuation_last_cm1 > 0.9 * truth.attenuation_last_cm1.max()
    ratio = np.median(volume[inside]) / np.median(truth.attenuation_last_cm1[inside])
    assert 0.88 < ratio < 1.03  # bodies a few voxels wide lose a little to the filter
    medians = project.particles().set_index("label")["median_eV"]
    true = [np.nanmedian(truth.edge_eV[project.labels() == k]) for k in (1, 2)]
    assert (medians[1] < medians[2]) == (true[0] < true[1])
    assert len(medians) == 2
