"""A scan becomes a stack: every energy on one grid, lazily, with what was found kept in its metadata."""

import numpy as np
import pytest

import napari_spectrotomo as st

ANGLES = np.arange(-90, 91, 3.0)


@pytest.fixture(scope="module")
def od(sinogram) -> st.Scan:
    """Three energies of one phantom, seen by a zone plate, the axis drifting."""
    energies = np.array([6400.0, 6560.0, 6720.0])
    views = [
        np.repeat(sinogram(64, ANGLES, 33.0 + 0.2 * e, magnification=6720 / energy)[:, None], 4, axis=1)
        for e, energy in enumerate(energies)
    ]
    return st.Scan.from_arrays(views, energies, ANGLES, pixel_size=40.0, kind="optical_density")


def test_all_energies_come_out_alike_on_the_fixed_energys_grid(od):
    stack = st.reconstruct(od)
    assert stack.data.shape == (3, 4, 64, 64)
    assert stack.data.chunks[0] == (1, 1, 1)
    assert stack.attenuation_unit == "1/µm"
    np.testing.assert_allclose(stack.voxel_size, 40.0)
    np.testing.assert_allclose(stack.metadata["centers"], [33.0, 33.2, 33.4], atol=0.08)
    volumes = stack.data.compute()
    spread = np.sqrt(np.mean((volumes - volumes[-1]) ** 2, axis=(1, 2, 3)))
    assert spread.max() < 0.06 * volumes.max()


def test_a_given_axis_is_taken_for_all_or_one_by_one(od):
    assert st.reconstruct(od, center=33.1).metadata["centers"] == [33.1] * 3
    assert st.reconstruct(od, center=np.array([33.0, 33.2, 33.4])).metadata["centers"] == [33.0, 33.2, 33.4]
    with pytest.raises(st.ReconstructionError, match="2 rotation axes do not fit 3 energies"):
        st.reconstruct(od, center=(33.0, 33.2))
    with pytest.raises(st.ReconstructionError, match="not on the detector"):
        st.reconstruct(od, center=64.0)


def test_an_energy_without_an_axis_takes_that_of_the_others(od):
    views = list(od.projections)
    views[1] = views[1] * 0 + np.random.default_rng(0).normal(0, 0.01, views[1].shape)
    stack = st.reconstruct(st.Scan.from_arrays(views, od.energies, ANGLES, pixel_size=40.0, kind=od.kind))
    assert stack.metadata["centers"][1] == pytest.approx(33.2, abs=0.25)
    assert any("6560 eV" in w and "not found" in w for w in stack.metadata["warnings"])


def test_without_a_pixel_size_the_unit_is_voxels_and_the_rule_is_said(od):
    bare = st.Scan.from_arrays(od.projections, od.energies, ANGLES, kind=od.kind)
    stack = st.reconstruct(bare, center=33.0)
    assert stack.attenuation_unit == "1/voxel"
    assert stack.voxel_size is None
    assert any("pixel size is unknown" in w for w in stack.metadata["warnings"])


def test_what_cannot_be_reconstructed_is_refused_before_anything_is_computed(od):
    few = st.Scan.from_arrays([v[:2] for v in od.projections], od.energies, [0.0, 90.0], kind=od.kind)
    with pytest.raises(st.ReconstructionError, match=r"6400 eV: 2 different views cannot"):
        st.reconstruct(few)
    with pytest.raises(st.ReconstructionError, match="correct the scan first"):
        st.reconstruct(st.Scan.from_arrays(od.projections, od.energies, ANGLES))
    with pytest.raises(st.ParameterError, match=r"reconstruct\.engine"):
        st.reconstruct(od, engine="abacus")


def test_a_real_layout_is_reconstructed_in_place_and_to_scale(data_folder):
    truth = np.load(data_folder / "scan_tiny" / "truth.npz")
    scan = st.read_scan(data_folder / "scan_tiny")
    stack = st.reconstruct(st.correct(scan), filter="ramp")
    volume = stack.data[-1].compute() * 1e4  # 1/cm
    expected = truth["attenuation_last_cm1"]
    assert np.corrcoef(volume.ravel(), expected.ravel())[0, 1] > 0.98
    solid = truth["rho"] > 0.95
    from scipy.ndimage import binary_erosion

    inside = binary_erosion(solid, iterations=2)
    assert np.median(volume[inside]) == pytest.approx(np.median(expected[inside]), rel=0.02)


def test_the_function_is_not_hidden_by_the_folder_of_its_name():
    import importlib

    importlib.import_module("napari_spectrotomo.reconstruct.volume")
    assert callable(st.reconstruct)
