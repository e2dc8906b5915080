"""2-D XANES from counts to the map: one image an energy, moved, turned and magnified, of particles whose chemistry is known."""

from dataclasses import dataclass

import numpy as np
import pytest
import tifffile
from scipy import ndimage as ndi

import napari_spectrotomo as st
from napari_spectrotomo.simulate.standards import half_heights, oxide_spectrum
from napari_spectrotomo.workflow import numbers, run_steps

ENERGIES = (6480.0, 6510.0, 6530.0, 6542.0, 6548.0, 6551.0, 6554.0, 6566.0, 6620.0, 6665.0, 6710.0)
SHAPE = (88, 104)
PHOTONS = 2e5


@dataclass
class Truth:
    inside: np.ndarray  # (row, column), labels
    edge: np.ndarray  # (row, column) eV
    matrices: np.ndarray  # (E, 3, 3), fixed -> moving


def sample():
    """Thickness of two rough domes, their labels, and the share of MnO2."""
    rng = np.random.default_rng(3)
    y, x = np.indices(SHAPE)
    rough, fine = (ndi.gaussian_filter(rng.standard_normal(SHAPE), s) for s in (5, 3))
    thickness, labels = np.zeros(SHAPE), np.zeros(SHAPE, int)
    for number, (center, radius) in enumerate((((34, 36), 23), ((60, 76), 18)), 1):
        r = np.hypot(y - center[0], 0.9 * (x - center[1])) / radius + 0.08 * rough / rough.std()
        labels[r < 1] = number
        thickness += np.where(r < 1, 0.35 + 0.65 * np.sqrt(np.clip(1 - r, 0, 1)), 0)
    thickness = ndi.gaussian_filter(thickness * (1 + 0.05 * fine / fine.std()), 0.8)
    fraction = np.clip(0.5 + 0.35 * np.sin(x / 9.0) + 0.1 * np.cos(y / 7.0), 0, 1)
    return thickness, labels, fraction


def motions(energies):
    """Turn, drift and magnification, more the farther from the last energy."""
    middle = (np.array(SHAPE) - 1) / 2
    left = np.linspace(1, 0, len(energies)) ** 1.2
    out = np.tile(np.eye(3), (len(energies), 1, 1))
    for matrix, a, energy in zip(out, left, energies, strict=True):
        turn = np.deg2rad(2.5 * a)
        linear = energies[-1] / energy * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        matrix[:2, :2], matrix[:2, 2] = linear, middle - linear @ middle + a * np.array([3.4, -4.6])
    return out


def simulated(energies):
    """Counts with two frames an energy, flats and darks; and what they were made of."""
    rng = np.random.default_rng(11)
    energies = np.asarray(energies, float)
    thickness, labels, fraction = sample()
    low, high = oxide_spectrum("Mn2O3", energies), oxide_spectrum("MnO2", energies)
    spectra = low[:, None, None] + fraction * (high - low)[:, None, None]
    matrices = motions(energies)
    beam = PHOTONS * (1 + 0.1 * np.cos(np.arange(SHAPE[1]) / 17.0)) * np.ones(SHAPE)
    frames, flats = [], []
    for spectrum, matrix in zip(spectra, matrices, strict=True):
        density = 0.3 + thickness * (0.5 + 0.6 * spectrum)
        pull = np.linalg.inv(matrix)
        moved = ndi.affine_transform(density, pull[:2, :2], pull[:2, 2], order=3, mode="nearest")
        frames.append(rng.poisson(beam * np.exp(-moved), (2, *SHAPE)).astype(np.uint32) + 100)
        flats.append(rng.poisson(beam, (4, *SHAPE)).astype(np.uint32) + 100)
    darks = [np.full((2, *SHAPE), 100, np.uint32)] * len(energies)
    scan = st.Scan.from_arrays(frames, energies, [3.5, 3.5], flats, darks, pixel_size=30.0)
    edge = half_heights(energies, spectra.reshape(len(energies), -1)).reshape(SHAPE)
    return scan, Truth(labels, edge, matrices)


@pytest.fixture(scope="module")
def many():
    return simulated(ENERGIES)


def away(energy, truth):
    """Bias and scatter of a map in eV, three pixels and more inside the particles."""
    inside = ndi.binary_erosion(truth.inside > 0, iterations=3)
    off = (energy - truth.edge)[inside]
    return (
        float(np.nanmedian(off)),
        float(1.4826 * np.nanmedian(np.abs(off - np.nanmedian(off)))),
        float(np.isnan(off).mean()),
    )


def test_the_map_of_a_2d_scan_is_right_in_python(many):
    scan, truth = many
    od = st.correct(scan)
    assert od.planar
    stack = st.reconstruct(od)
    masks = st.binarize(stack)
    labels = st.label_particles(masks[-1])
    assert labels.max() == 2
    registration = st.register(masks, stack=stack)
    points = np.c_[np.zeros(truth.inside.size), np.indices(SHAPE).reshape(2, -1).T, np.ones(truth.inside.size)]
    points = points[truth.inside.ravel() > 0]
    off = [
        np.sqrt(np.mean(np.sum(((points @ found.T)[:, 1:3] - (points[:, 1:] @ true.T)[:, :2]) ** 2, axis=1)))
        for found, true in zip(registration.matrices, truth.matrices, strict=True)
    ]
    assert np.median(off) < 0.02
    assert max(off) < 0.3  # within the white line, where its contrast differs from place to place
    registered = registration.apply(stack)
    assert registered.planar
    found = st.edge_energy(registered, mask=labels > 0)
    assert found.energy.shape == (1, *SHAPE)
    bias, scatter, unknown = away(found.energy[0], truth)
    raw_bias, raw_scatter, _ = away(st.edge_energy(stack, mask=labels > 0).energy[0], truth)
    assert abs(bias) < 0.02 < abs(raw_bias)
    assert scatter < 0.1 < 0.2 < raw_scatter
    assert unknown < 0.01
    mean, error, count = st.roi_spectrum(registered, labels == 1)
    assert mean[-1] > mean[0] + 0.2
    assert error.max() < 0.02
    assert count.min() > 500
    assert np.asarray(st.squared_difference(masks)).shape == (len(ENERGIES), 1, *SHAPE)


@pytest.fixture(scope="module")
def mapped(many, tmp_path_factory):
    """The finished spectra of the scan on disk."""
    folder = tmp_path_factory.mktemp("scan")
    st.write_scan(many[0], folder, format="fxi")
    return st.run(folder, tmp_path_factory.mktemp("project") / "p", until="spectra")


def test_a_2d_scan_with_energies_enough_is_mapped_by_the_workflow(many, mapped):
    _, truth = many
    assert mapped.planar
    stack = mapped.stack("registered")
    assert stack.planar
    assert stack.data.shape == (len(ENERGIES), 1, *SHAPE)
    assert np.array_equal(stack.voxel_size, [30.0] * 3)
    bias, scatter, unknown = away(mapped.edge_map().energy[0], truth)
    assert abs(bias) < 0.05
    assert scatter < 0.1
    assert unknown < 0.01
    assert tifffile.imread(mapped.path / "edge_energy.tif").shape == SHAPE
    particles = mapped.particles()
    assert particles["volume_um3"].isna().all()
    assert np.allclose(particles["area_um2"], particles["voxels"] * 0.03**2)
    assert particles["median_eV"].between(6548, 6553).all()


def test_what_makes_no_sense_in_2d_says_so_and_is_done(mapped):
    log = (mapped.path / "run.log").read_text(encoding="utf-8")
    assert "align: nothing to do" in log
    assert "nothing to reconstruct: image of 2 frames taken" in log
    assert all(mapped.state(stage) == "done" for stage in ("read", "correct", "align", "reconstruct", "spectra"))
    assert not (mapped.path / "alignment.json").exists()
    steps = [step.message for step in run_steps(mapped, "spectra")]
    assert steps == ["found done"] * len(steps)


def test_a_2d_scan_may_be_binned(mapped, tmp_path):
    recipe = {"correct": {"binning": 2}, "reconstruct": {"region": [0, 1, 0, 9, 0, 9]}}
    half = st.run(mapped.source, tmp_path / "p", recipe, until="reconstruct")
    stack = half.stack()
    assert stack.shape == (1, SHAPE[0] // 2, SHAPE[1] // 2)
    assert np.array_equal(stack.voxel_size, [60.0] * 3)
    assert any("taken whole" in warning for warning in half.warnings())


def test_two_energies_are_aligned_and_shown_without_a_map(tmp_path):
    scan, truth = simulated([6520, 6620])
    (tmp_path / "scan").mkdir()
    st.write_scan(scan, tmp_path / "scan", format="fxi")
    project = st.run(tmp_path / "scan", tmp_path / "p")
    assert project.state("report") == "done"
    assert not (project.path / "edge_energy.tif").exists()
    registration = project.registration()
    assert registration.quality["dice_registered"][0] > 0.97 > registration.quality["dice_raw"][0]
    center = np.array([44, 52, 1.0])
    found = registration.matrices[0][1:, 1:] @ center
    assert np.linalg.norm(found - truth.matrices[0] @ center) < 0.1
    spectra = project.spectra()
    assert list(spectra.columns[:3]) == ["energy_eV", "particle_1_raw", "particle_1_registered"]
    assert np.all(np.diff(spectra["particle_1_registered"]) > 0.2)
    assert project.particles()["mean_eV"].isna().all()
    assert any("too few for an edge" in line for line in numbers(project))
    assert "2-D XANES imaging" in (project.path / "report.html").read_text(encoding="utf-8")
    with pytest.raises(st.ProjectError, match=r"edge_energy\.tif"):
        project.edge_map()


def test_two_real_energies_register_as_masks(data_folder, tmp_path):
    project = st.run(
        data_folder / "ssrl62c_nca_2d_xanes", tmp_path / "p", {"read": {"on_bad_file": "skip"}}, until="spectra"
    )
    assert project.store.read("reconstruction", 0).shape == (1, 1024, 1024)
    assert np.median(project.store.read("reconstruction", 1)) == pytest.approx(1.08, abs=0.02)
    registration = project.registration()
    matrix = registration.matrices[0][1:, 1:]
    middle = np.array([511.5, 511.5])
    shift = matrix[:2, :2] @ middle + matrix[:2, 2] - middle
    assert shift == pytest.approx((-20.7, -10.5), abs=1.2)
    assert np.sqrt(np.linalg.det(matrix[:2, :2])) == pytest.approx(1.003, abs=0.002)
    assert registration.quality["dice_raw"][0] == pytest.approx(0.80, abs=0.03)
    assert registration.quality["dice_registered"][0] > 0.88
