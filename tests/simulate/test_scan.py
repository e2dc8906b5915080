"""A simulated scan agrees with its own truth."""

import json

import numpy as np
import pytest
from scipy import ndimage as ndi

from napari_spectrotomo.errors import Aborted, DataError, ParameterError
from napari_spectrotomo.simulate import SimulateParameters, simulate_scan, write_truth
from napari_spectrotomo.simulate.chemistry import Chemistry
from napari_spectrotomo.simulate.phantom import Particle
from napari_spectrotomo.simulate.scan import moved_volume

SMALL = {"rows": 24, "columns": 32, "n_angles": 45, "energies": (6480.0, 6520.0, 6549.0, 6555.0, 6620.0, 6710.0)}


@pytest.fixture(scope="module")
def made():
    return simulate_scan(**SMALL, photons=1e6, dead_pixels=0, axis_offset=1.7)


def optical_density(scan, e):
    dark = np.asarray(scan.darks[e]).mean(axis=0)
    flats = np.asarray(scan.flats[e]) - dark
    half = len(flats) // 2
    t = (np.arange(len(scan.angles[e])) + 0.5)[:, None, None] / len(scan.angles[e])
    light = (1 - t) * flats[:half].mean(axis=0) + t * flats[half:].mean(axis=0)
    return -np.log((np.asarray(scan.projections[e]) - dark) / light)


def attenuation(truth, k, e):
    """Attenuation (1/µm) of particle k and its soft surface, from what the truth says alone."""
    nearest = tuple(ndi.distance_transform_edt(truth.labels == 0, return_distances=False, return_indices=True))
    ends = [v for n, v in truth.spectra.items() if n.startswith("spectrum_")]
    f = truth.f[nearest]
    rho = np.where(truth.labels[nearest] == k, truth.rho, 0)
    return 1e-4 * rho * (truth.mu_pre_cm1[e] + truth.mu_jump_cm1[e] * ((1 - f) * ends[0][e] + f * ends[1][e]))


def test_a_scan_is_counts_with_flats_before_and_after_and_darks(made):
    scan, _ = made
    assert scan.kind == "counts"
    assert all(p.dtype == np.uint16 for p in (*scan.projections, *scan.flats, *scan.darks))
    assert scan.projections[0].shape == (45, 24, 32)
    assert set(scan.flat_positions[0]) == {0, 45}
    np.testing.assert_allclose(scan.pixel_size, 400.0 * scan.energies / 6710.0)
    assert (scan.angles[0][0], scan.angles[0][-1]) == (-90.0, 90.0)


def test_the_illumination_drifts_and_the_flats_show_it(made):
    flats = np.asarray(made[0].flats[0]).astype(float)
    before, after = flats[:4].mean(axis=0), flats[4:].mean(axis=0)
    assert 0.003 < np.abs(after / before - 1).mean() < 0.1
    assert before.std() / before.mean() > 0.05


def test_each_views_mass_is_that_of_the_material_at_that_energy(made):
    scan, truth = made
    for e in (0, -1):
        pixel = truth.pixel_size_nm[e] * 1e-3
        larger = abs(np.linalg.det(truth.matrices_raw[0, e, :3, :3]))
        whole = attenuation(truth, 1, e).sum() + attenuation(truth, 2, e).sum()
        mass = optical_density(scan, e).sum(axis=(1, 2))
        np.testing.assert_allclose(mass, whole * larger * pixel, rtol=0.02)


def test_particles_project_where_matrices_axis_and_magnification_say(made):
    scan, truth = made
    middle = (np.array(truth.labels.shape) - 1) / 2
    theta = np.deg2rad(truth.angles_deg)
    for e in (0, 2, 5):
        od = optical_density(scan, e)
        weight = np.stack([attenuation(truth, k, e) for k in (1, 2)])
        at = [np.r_[ndi.center_of_mass(w), 1] @ m[e].T for w, m in zip(weight, truth.matrices_raw)]
        share = weight.sum(axis=(1, 2, 3)) / weight.sum()
        z, y, x = (share @ np.array(at))[:3] - middle
        rows, columns = np.mgrid[:24, :32]
        mass = od.sum(axis=(1, 2))
        expected = truth.cor_col + x * np.cos(theta) - y * np.sin(theta)
        np.testing.assert_allclose((od * columns).sum(axis=(1, 2)) / mass, expected, atol=0.04)
        assert np.median((od * rows).sum(axis=(1, 2)) / mass) == pytest.approx(z + middle[0], abs=0.03)


def test_pulling_a_moved_volume_back_by_its_matrix_gives_the_fixed_one(made):
    _, truth = made
    density = ndi.gaussian_filter((truth.labels == 1).astype(np.float32), 1.0)
    particle = Particle(density, np.zeros_like(density), truth.labels == 1, truth.centroids[0])
    fixed = Chemistry(*(np.ones(1) for _ in range(4))).attenuation(particle, 0)
    for matrices in (truth.matrices, truth.matrices_raw):
        moved = moved_volume([fixed], matrices[:1, 0])
        back = ndi.affine_transform(moved, matrices[0, 0], order=3)
        assert np.abs(back - fixed).max() < 0.05
        assert np.abs(moved - fixed).max() > 0.5


def test_the_upper_particle_moves_the_lower_hardly_and_neither_at_the_last_energy(made):
    _, truth = made
    for k, least, most in ((1, 1.0, 5.0), (2, 0.0, 0.3)):
        points = np.c_[np.argwhere(truth.labels == k), np.ones((truth.labels == k).sum())]
        way = np.linalg.norm((points @ truth.matrices[k - 1].transpose(0, 2, 1) - points)[..., :3], axis=-1).mean(
            axis=1
        )
        assert least <= way[0] <= most
        assert np.all(np.diff(way) < 0)
        assert way[-1] == 0


def test_valence_rises_towards_the_surface(made):
    _, truth = made
    for k in (1, 2):
        depth = ndi.distance_transform_edt(truth.labels == k)
        inside = depth > 0
        deep = depth > np.percentile(depth[inside], 80)
        assert np.median(truth.edge_eV[inside & (depth <= 1)]) > np.median(truth.edge_eV[deep]) + 0.2


def test_labels_are_two_whole_particles_the_upper_one_first(made):
    _, truth = made
    assert [ndi.label(truth.labels == k)[1] for k in (1, 2)] == [1, 1]
    assert truth.centroids[0, 0] < truth.centroids[1, 0]
    assert np.array_equal(np.isnan(truth.f), truth.labels == 0)
    assert np.array_equal(np.isnan(truth.edge_eV), truth.labels == 0)


def test_the_same_seed_gives_the_same_scan_and_another_one_another():
    few = SMALL | {"n_angles": 3, "energies": (6480.0, 6710.0)}
    first, again, other = (simulate_scan(**few, seed=s) for s in (5, 5, 6))
    assert np.array_equal(first[0].projections[0], again[0].projections[0])
    assert np.array_equal(first[1].rho, again[1].rho)
    assert not np.array_equal(first[1].rho, other[1].rho)


def test_dead_pixels_see_no_light_in_any_frame():
    scan, truth = simulate_scan(**SMALL | {"n_angles": 3}, dead_pixels=5)
    for row, column in truth.meta["dead_pixels_rc"]:
        assert np.asarray(scan.projections[0])[:, row, column].max() < 130
        assert np.asarray(scan.flats[0])[:, row, column].max() < 130


def test_written_truth_has_the_keys_that_a_score_asks_for(made, tmp_path):
    _, truth = made
    write_truth(truth, tmp_path / "new")
    arrays = np.load(tmp_path / "new" / "truth.npz")
    asked = (
        "labels rho f edge_eV edge_scan_eV edge_ref_eV attenuation_last_cm1 matrices matrices_raw centroids energies_eV"
    )
    asked += " angles_deg pixel_size_nm voxel_size_nm cor_col mu_pre_cm1 mu_jump_cm1 spectrum_mn2o3 spectrum_mno2"
    asked += " fine_energy_eV fine_mn2o3 fine_mno2"
    assert set(asked.split()) == set(arrays.files)
    np.testing.assert_array_equal(arrays["labels"], truth.labels)
    meta = json.loads((tmp_path / "new" / "truth.json").read_text(encoding="utf-8"))
    assert meta["particles"][0]["name"] == "upper"
    assert meta["rotation_centre_col"] == 15.5 + 1.7


def test_written_truth_has_every_array_of_the_real_scans_truth(made, tmp_path, data_folder):
    write_truth(made[1], tmp_path)
    real = np.load(data_folder / "scan_dev" / "truth.npz")
    ours = np.load(tmp_path / "truth.npz")
    for name in real.files:
        assert ours[name].ndim == real[name].ndim, name


def test_parameters_may_come_as_a_class_and_be_changed_by_name():
    scan, truth = simulate_scan(
        SimulateParameters(rows=20, columns=24, n_angles=2), energies=[6710, 6480], magnification=False, low="MnO"
    )
    np.testing.assert_array_equal(scan.energies, [6480, 6710])
    np.testing.assert_array_equal(scan.pixel_size, [400, 400])
    assert "spectrum_mno" in truth.arrays()


def test_what_cannot_be_simulated_is_refused():
    with pytest.raises(ParameterError, match="photons"):
        simulate_scan(photons=-1)
    with pytest.raises(ParameterError, match="no parameter"):
        simulate_scan(wavelength=1)
    with pytest.raises(DataError, match="twice"):
        simulate_scan(energies=(6480, 6480, 6710))


def test_it_reports_each_energy_and_stops_on_request():
    import threading

    few, reports, abort = SMALL | {"n_angles": 2}, [], threading.Event()

    def stop_after_two(report):
        reports.append(report)
        if report.done == 2:
            abort.set()

    with pytest.raises(Aborted):
        simulate_scan(**few, progress=stop_after_two, abort=abort)
    assert [r.energy for r in reports] == [6480.0, 6520.0]


def test_a_single_energy_has_no_edge_but_is_a_scan(tmp_path):
    scan, truth = simulate_scan(energies=(6700.0,), rows=16, columns=24, n_angles=12)
    assert len(scan) == 1
    write_truth(truth, tmp_path)
    assert (tmp_path / "truth.json").exists()
