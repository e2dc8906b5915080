"""What the report says of particles that move by themselves is what their matrices and tables say."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.transform import Rotation

from napari_spectrotomo.report import write_report
from napari_spectrotomo.report.figures import canvas
from napari_spectrotomo.report.figures.by_particle import motion_figure, own_transforms
from napari_spectrotomo.report.motion import flags, grouped, motions, particle_rows

OFF = "Particle 2 lies 0.73 voxel off the trend."


@pytest.fixture(autouse=True)
def coarse_pictures(monkeypatch):
    monkeypatch.setattr(canvas, "_DPI", 50)


def about(centre, angles, shift=(0, 0, 0)):
    """The matrix of a turn about z, y or x (degrees, (z, y, x)) through a centre, and a shift."""
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_rotvec(angles, degrees=True).as_matrix()
    matrix[:3, 3] = np.asarray(centre) - matrix[:3, :3] @ centre + shift
    return matrix


@pytest.fixture
def moved(make_phantom):
    """The phantom, whose particle 2 tilts about y by up to 4° and moves by 2 voxels along x; the lowest energy is flagged."""
    data = make_phantom()
    n = len(data.energies)
    centre = np.argwhere(data.labels == 2).mean(axis=0)
    share = np.linspace(1, 0, n)
    own = {
        1: np.stack([np.eye(4)] * n),
        2: np.stack([about(centre, (0, 4 * s, 0), (0, 0, 2 * s)) for s in share]),
    }
    rows = [
        {
            "energy_eV": e,
            "particle": k,
            "status": "converged",
            "flag": OFF if (i, k) == (0, 2) else "",
            "refined": i > 1,
        }
        | {"uncertainty": 0.01 * k, "mse_raw": 0.03, "mse_global": 0.02, "mse_registered": 0.01}
        | {f"surface_{what}_{stage}": 0.5 for what in ("mean", "95") for stage in ("raw", "global", "registered")}
        for k in own
        for i, e in enumerate(data.energies)
    ]
    data.registration.particle_matrices = own
    data.registration.particle_quality = pd.DataFrame(rows)
    data.registration.quality["mse_global"] = data.registration.quality["mse_raw"] / 2
    data.registration.quality["flag"] = [OFF, *[""] * (n - 1)]
    return data


def test_shift_and_turn_of_a_particle_are_those_it_was_given(moved):
    still, tilting = motions(moved)
    assert (still.largest_turn, still.largest_shift) == ("none", 0)
    np.testing.assert_allclose(tilting.shift[0], (0, 0, 2), atol=1e-9)
    np.testing.assert_allclose(np.linalg.norm(tilting.turn, axis=1), np.linspace(4, 0, len(moved.energies)), atol=1e-6)
    assert tilting.largest_turn == "4.0° about y"
    assert "Most turned particle 2: 4.0° about y." in motion_figure(moved).caption


def test_a_turn_is_that_of_the_body_where_voxels_are_no_cubes(moved):
    size = np.array([50.0, 100.0, 100.0])
    centre = np.argwhere(moved.labels == 2).mean(axis=0)
    turned = about(centre * size, (0, 10, 0))
    scale = np.diag([*size, 1])
    moved.registration.particle_matrices[2][0] = np.linalg.inv(scale) @ turned @ scale
    tilting = motions(replace(moved, voxel_size=size))[1]
    assert np.linalg.norm(tilting.turn[0]) == pytest.approx(10)


def test_the_table_of_particles_says_how_well_each_is_registered(moved):
    table = particle_rows(moved)
    n = len(moved.energies) - 1
    assert table["rows"][1] == [
        "2",
        "0.020",
        f"{100 * (n - 2) / n:.0f} %",
        "0.0300 → 0.0200 → 0.0100",
        "0.50 → 0.50 → 0.50",
        "2.00",
        "4.0° about y",
        "1",
    ]
    assert table["rows"][0][-2:] == ["none", "none"]


def test_a_flag_is_said_once_with_its_energies(moved):
    assert flags(moved) == [f"6480 eV: {OFF}"]
    said = [f"Registration at {e:.2f} eV: {OFF}" for e in (6480.0, 6548.5)]
    assert grouped(["Saturated.", *said, "Thin."]) == [
        "Saturated.",
        f"Registration at 6480, 6548.5 eV: {OFF}",
        "Thin.",
    ]


def test_the_page_compares_global_with_a_transform_a_particle(moved, tmp_path):
    text = write_report(moved, tmp_path / "r.html").read_text(encoding="utf-8")
    assert "Motion of the particles" in text
    assert "MSE raw → global → own" in text
    assert text.count(OFF) == 1
    assert "Energies to look at" in text


def test_particles_that_were_not_found_are_drawn_as_far_as_they_are_known(moved):
    moved.registration.particle_matrices[2][:-1] = np.nan
    moved.registration.particle_quality.loc[:, ["mse_registered", "uncertainty"]] = np.nan
    assert particle_rows(moved)["rows"][1][1] == "–"
    assert own_transforms(moved).image
    assert motion_figure(moved).image


def test_many_particles_are_counted(moved):
    one = moved.registration.particle_matrices[2]
    table = moved.registration.particle_quality.query("particle == 2")
    moved.registration.particle_matrices = dict.fromkeys(range(1, 9), one)
    moved.registration.particle_quality = pd.concat([table.assign(particle=k) for k in range(1, 9)], ignore_index=True)
    assert "The first 4 of 8 particles." in own_transforms(moved).caption
    assert motion_figure(moved).image
