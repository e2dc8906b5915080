"""One energy is registered again by itself, and nothing else changes."""

import json
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest

from napari_spectrotomo import Project, load_registration, run
from napari_spectrotomo.errors import Aborted, ParameterError, ProjectError, RegistrationError
from napari_spectrotomo.workflow import redo_energy

AT = 2
MOVED = ("registered", "squared_difference_raw", "squared_difference_registered")


@pytest.fixture(scope="module")
def project(finished, tmp_path_factory) -> Project:
    """A copy of the finished project, its energy AT registered again from a start placed by hand."""
    folder = tmp_path_factory.mktemp("redone") / "project"
    shutil.copytree(finished.path, folder)
    project = Project.open(folder)
    start = project.registration().matrix_of(AT)
    start[0, 3] += 0.7
    redo_energy(project, AT, start=start, parameters={"transform": "rigid", "refine": "none"})
    return Project.open(folder)


def volumes(project: Project) -> dict[str, np.ndarray]:
    return {name: project.store.array(name).compute() for name in MOVED}


def contents(folder: Path) -> dict[str, bytes]:
    """What is in a folder, but for the log and the lock."""
    files = (f for f in folder.rglob("*") if f.is_file() and f.name not in ("run.log", ".lock"))
    return {str(f.relative_to(folder)): f.read_bytes() for f in files}


def test_only_that_energy_changes(project, finished):
    before, after = finished.registration(), project.registration()
    others = np.arange(len(before.energies)) != AT
    np.testing.assert_array_equal(after.matrices[others], before.matrices[others])
    for number, matrices in before.particle_matrices.items():
        np.testing.assert_array_equal(after.particle_matrices[number][others], matrices[others])
        assert not np.array_equal(after.particle_matrices[number][AT], matrices[AT])
    assert after.quality[others].equals(before.quality[others])
    old, new = volumes(finished), volumes(project)
    for name in MOVED:
        np.testing.assert_array_equal(new[name][others], old[name][others], err_msg=name)
    assert not np.array_equal(new["registered"][AT], old["registered"][AT], equal_nan=True)
    np.testing.assert_array_equal(new["squared_difference_raw"][AT], old["squared_difference_raw"][AT])


def test_the_solver_comes_back_from_the_nudge(project, finished):
    before, after = finished.registration(), project.registration()
    assert not after.particle_quality["refined"][after.particle_quality["energy_eV"] == after.energies[AT]].any()
    for number, matrices in after.particle_matrices.items():
        linear = matrices[AT][:3, :3]
        np.testing.assert_allclose(linear @ linear.T, np.eye(3), atol=1e-6, err_msg="rigid, as was asked")
        own = np.argwhere(before.labels == number)
        away = after.points(AT, own, number) - before.points(AT, own, number)
        assert np.sqrt((away**2).sum(axis=1).mean()) < 0.35
    assert after.quality["mse_registered"][AT] < 1.3 * before.quality["mse_registered"][AT]


def test_the_volume_is_moved_as_the_new_registration_says(project):
    moved = project.registration().apply(project.stack("reconstruction")).data[AT].compute()
    np.testing.assert_array_equal(project.store.read("registered", AT), moved)


def test_what_was_made_from_the_volume_before_is_out_of_date(project):
    assert project.state("register") == "done"
    assert project.state("spectra") == project.state("report") == "missing"
    assert not (project.path / "report.html").exists()


def test_the_record_says_so_and_a_later_run_keeps_it(project, tmp_path):
    note = project.record.stage("register")["redone"][str(AT)]
    assert note["energy_eV"] == 6530.0
    assert note["parameters"]["transform"] == "rigid"
    assert project.recipe.register.transform == "affine", "only that energy is registered so"
    said = "Registered again by hand at 6530.0 eV, from a start placed by hand."
    assert said in project.warnings()
    assert project.store.attributes("registered")["redone"] == [said], "the image says so too"
    again = run(project.source, shutil.copytree(project.path, tmp_path / "copy"))
    assert json.loads((project.path / "registration.json").read_text()) == json.loads(
        (again.path / "registration.json").read_text()
    )
    np.testing.assert_array_equal(again.store.read("registered", AT), project.store.read("registered", AT))
    assert again.state("report") == "done"
    assert said in (again.path / "report.html").read_text(encoding="utf-8")


def test_a_transform_that_is_kept_is_that_of_all_and_is_measured(own_project):
    start = own_project.registration().matrix_of(AT)
    start[2, 3] += 2.0
    before = own_project.registration().quality.loc[AT]
    redo_energy(own_project, AT, start=start, keep=True)
    after = load_registration(own_project.path / "registration.json")
    np.testing.assert_array_equal(after.matrices[AT], start)
    for matrices in after.particle_matrices.values():
        np.testing.assert_array_equal(matrices[AT], start)
    row = after.quality.loc[AT]
    assert row["mse_raw"] == before["mse_raw"]
    assert row["mse_registered"] == pytest.approx(row["mse_global"])
    assert row["mse_registered"] > before["mse_registered"]
    assert row["surface_mean_registered"] > before["surface_mean_registered"] + 0.3
    assert own_project.warnings().count("Registration at 6530.00 eV: It was placed by hand.") == 1


def test_by_the_published_method_everything_moves_together(own_project):
    redo_energy(own_project, AT, parameters={"engine": "simpleitk", "levels": 1, "max_iterations": 20})
    after = own_project.registration()
    assert all(np.array_equal(matrices[AT], after.matrices[AT]) for matrices in after.particle_matrices.values())
    assert np.isfinite(after.particle_quality["mse_registered"]).all()


@pytest.mark.parametrize(
    ("wrong", "error", "words"),
    [
        ({"index": -1}, RegistrationError, "is the fixed one"),
        ({"index": 99}, RegistrationError, "there is none"),
        ({"start": np.eye(3)}, RegistrationError, "4 x 4"),
        ({"keep": True}, RegistrationError, "give it as start="),
        ({"parameters": {"transform": "bent"}}, ParameterError, "register.transform"),
    ],
)
def test_what_cannot_be_leaves_the_project_as_it_is(own_project, wrong, error, words):
    before = contents(own_project.path)
    with pytest.raises(error, match=words):
        redo_energy(own_project, **({"index": AT} | wrong))
    assert contents(own_project.path) == before


def test_what_is_stopped_leaves_the_project_as_it_is(own_project):
    before, stop = contents(own_project.path), threading.Event()
    stop.set()
    with pytest.raises(Aborted):
        redo_energy(own_project, AT, abort=stop)
    assert contents(own_project.path) == before


def test_a_registration_that_is_out_of_date_is_not_mended(own_project):
    own_project.change("register", transform="rigid")
    with pytest.raises(ProjectError, match="Register all energies first"):
        redo_energy(own_project, AT)
