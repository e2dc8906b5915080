"""Loading: where projects go, what is found, what is left out."""

from __future__ import annotations

import shutil
import threading

import numpy as np
import pytest

from napari_spectrotomo._napari.binarize import BinarizePanel
from napari_spectrotomo._napari.docks import open_panel
from napari_spectrotomo._napari.layers import layer_of
from napari_spectrotomo._napari.load import LoadPanel
from napari_spectrotomo._napari.load.exclusions import numbers_from
from napari_spectrotomo._napari.load.opening import default_folder
from napari_spectrotomo._napari.load.words import asked_for, in_panel
from napari_spectrotomo._napari.reconstruct import ReconstructPanel
from napari_spectrotomo._napari.state import state_of
from napari_spectrotomo.errors import ParameterError
from napari_spectrotomo.workflow import Project, run

pytestmark = pytest.mark.viewer
TIMEOUT = 60_000  # ms


@pytest.fixture
def scan(scan_tiny, tmp_path):
    return shutil.copytree(scan_tiny, tmp_path / "scans" / "scan_tiny")


def test_a_project_goes_beside_its_scan(scan):
    assert default_folder(scan) == scan.parent / "scan_tiny_spectrotomo"


def test_a_project_goes_home_where_the_scan_cannot_be_written_beside(scan, tmp_path, monkeypatch):
    from napari_spectrotomo._napari.load import opening

    monkeypatch.setattr(opening.Path, "home", lambda: tmp_path / "home")
    monkeypatch.setattr(opening.os, "access", lambda path, mode: path != scan.parent)
    assert default_folder(scan) == tmp_path / "home" / "spectrotomo" / "scan_tiny_spectrotomo"


def test_another_scans_project_is_never_suggested(scan, scan_tiny):
    Project.create(scan.parent / "scan_tiny_spectrotomo", scan)
    assert default_folder(scan).name == "scan_tiny_spectrotomo"
    other = shutil.copytree(scan, scan.parent / "more" / "scan_tiny")
    shutil.move(other, scan.parent / "scan_tiny.dir")
    (scan.parent / "scan_tiny_spectrotomo_2").mkdir()
    (scan.parent / "scan_tiny_spectrotomo_2" / "notes.txt").write_text("mine")
    stem = scan.parent / "scan_tiny.h5"
    shutil.copyfile(scan / "fly_scan_id_101.h5", stem)
    assert default_folder(stem).name == "scan_tiny_spectrotomo_3"


def test_loading_shows_the_projections_and_what_was_found(panel, model, scan, settle):
    made = panel(LoadPanel, model)
    made.source.path = scan
    assert made.folder.path == scan.parent / "scan_tiny_spectrotomo"
    made.primary.click()
    settle(model)
    project = state_of(model).project
    assert made.message.text() == ""
    assert "31 an energy, 24 x 32 pixels" in made.summary.text()
    layer = layer_of(model, "projections")
    assert layer.data.shape == (9, 31, 24, 32)
    np.testing.assert_array_equal(layer.data[3, 7].compute(), project.scan().projections[3][7].compute())
    assert made.next.text() == "Next: Reconstruct →"


def test_a_project_made_before_is_opened_where_it_stood(panel, model, finished, settle):
    made = panel(LoadPanel, model)
    made.source.path = finished.path
    made.primary.click()
    settle(model)
    assert state_of(model).project.path == finished.path
    assert layer_of(model, "edge energy").visible
    assert made.source.path == finished.source


def test_a_missing_folder_is_said_in_a_sentence(panel, model, tmp_path, settle):
    made = panel(LoadPanel, model)
    made.source.path = tmp_path / "nothing"
    made.primary.click()
    settle(model)
    assert "nothing" in made.message.text()
    assert state_of(model).project is None
    assert not any(p.name.startswith("nothing") for p in tmp_path.iterdir())


def test_every_doubt_is_shown(panel, model, scan, settle):
    broken = scan / "fly_scan_id_105.h5"
    broken.write_bytes(broken.read_bytes()[:3000])
    made = panel(LoadPanel, model)
    made.source.path = scan
    made.form["on_bad_file"].value = "skip"
    made.primary.click()
    settle(model)
    assert "fly_scan_id_105.h5 was skipped" in made.summary.text()
    assert len(state_of(model).project.energies) == 8


def test_an_energy_and_projections_are_left_out_with_a_reason(panel, model, scan, settle):
    made = panel(LoadPanel, model)
    made.source.path = scan
    made.primary.click()
    settle(model)
    editor = made.exclusions
    editor.add.click()
    assert "Say why" in made.message.text()
    editor.energy.value = 6530.0
    editor.reason.value = "the beam was lost"
    editor.add.click()
    settle(model)
    project = state_of(model).project
    assert 6530.0 not in project.energies
    assert "the beam was lost" in made.summary.text()
    editor.energy.value = None
    editor.projections.value = "0, 2-3"
    editor.reason.value = "shutter"
    editor.add.click()
    settle(model)
    assert project.scan().projections[0].shape[0] == 28
    assert layer_of(model, "projections").data.shape == (8, 28, 24, 32)
    editor.list.setCurrentRow(0)
    editor.remove.click()
    settle(model)
    assert len(project.energies) == 9
    assert [x.reason for x in project.recipe.correct.exclude] == ["shutter"]


def test_what_is_not_there_cannot_be_left_out(panel, model, scan, settle):
    made = panel(LoadPanel, model)
    made.source.path = scan
    made.primary.click()
    settle(model)
    made.exclusions.energy.value = 6530.0
    made.exclusions.projections.value = "99"
    made.exclusions.reason.value = "none such"
    made.exclusions.add.click()
    settle(model)
    assert "There is no projection 99" in made.message.text()
    assert state_of(model).project.recipe.correct.exclude == ()


def test_numbers_and_ranges_are_read():
    assert numbers_from("3, 7-9", 31) == (3, 7, 8, 9)
    assert numbers_from("30", 31) == (30,)
    assert numbers_from("", 31) == ()
    for text, words in (
        ("1, x", "'x' is no projection"),
        ("-3", "'-3' is no projection"),
        (",", "',' is no projection"),
        ("9-7", "runs backwards: write 7-9"),
        ("31", "There is no projection 31"),
        ("1-999999999", "There is no projection 999999999"),
    ):
        with pytest.raises(ParameterError, match=words):
            numbers_from(text, 31)


def test_a_range_that_runs_backwards_leaves_nothing_out(panel, model, scan, settle):
    made = panel(LoadPanel, model)
    made.source.path = scan
    made.primary.click()
    settle(model)
    editor = made.exclusions
    editor.energy.value, editor.projections.value, editor.reason.value = 6530.0, "9-7", "shutter"
    editor.add.click()
    assert "runs backwards" in made.message.text()
    assert state_of(model).job is None
    assert state_of(model).project.recipe.correct.exclude == ()


def test_volumes_already_reconstructed_go_on_to_binarize(panel, model, finished, settle, tmp_path):
    volumes = shutil.copytree(finished.path / "project.zarr" / "reconstruction", tmp_path / "volumes.zarr")
    made = panel(LoadPanel, model)
    made.source.path = volumes
    made.primary.click()
    settle(model)
    project = state_of(model).project
    assert made.message.text() == ""
    assert project.kind == "stack"
    assert made.next.text() == "Next: Binarize →"
    assert "Reconstruct" not in made.trail.text()
    assert layer_of(model, "raw").data.shape == (9, 24, 32, 32)
    binarize = panel(BinarizePanel, model)
    binarize.primary.click()
    settle(model)
    assert binarize.message.text() == ""
    assert project.state("label") == "done"
    assert "go on to Binarize" in panel(ReconstructPanel, model).header.text()


def test_leaving_the_load_step_takes_the_projections_away(make_napari_viewer, scan, settle, qtbot):
    viewer = make_napari_viewer()
    made = open_panel(viewer, "Load")
    made.source.path = scan
    made.primary.click()
    settle(viewer)
    assert layer_of(viewer, "projections") is not None
    made.next.click()
    assert layer_of(viewer, "projections") is None
    assert viewer.window.dock_widgets["Spectro-tomography (Spectro-tomography)"].step.NAME == "Reconstruct"
    made.look.click()
    qtbot.waitUntil(lambda: layer_of(viewer, "projections") is not None, timeout=TIMEOUT)


def test_continuing_a_project_keeps_how_it_was_read(panel, model, scan, settle):
    Project.create(default_folder(scan), scan).change("read", on_bad_file="skip")
    made = panel(LoadPanel, model)
    made.source.path = scan
    made.primary.click()
    settle(model)
    assert state_of(model).project.recipe.read.on_bad_file == "skip"
    assert made.form["on_bad_file"].value == "skip"


def test_another_scan_takes_the_place_of_the_first(panel, model, scan, finished, settle):
    made = panel(LoadPanel, model)
    for source, names in ((finished.path, {"Raw", "Registered"}), (scan, {"Projections"})):
        made.source.path = source
        made.primary.click()
        settle(model)
        assert names <= {layer.name for layer in model.layers}
    assert [layer.name for layer in model.layers] == ["Projections"]
    assert state_of(model).project.source == scan


def test_leaving_out_an_energy_makes_the_volumes_out_of_date(panel, model, finished, settle):
    made = panel(LoadPanel, model)
    made.source.path = finished.path
    made.primary.click()
    settle(model)
    made.exclusions.energy.value = 6530.0
    made.exclusions.reason.value = "the beam was lost"
    made.exclusions.add.click()
    settle(model)
    project = state_of(model).project
    assert {stage: project.state(stage) for stage in ("reconstruct", "register", "spectra")} == dict.fromkeys(
        ("reconstruct", "register", "spectra"), "outdated"
    )
    assert layer_of(model, "projections") is None, "projections and volumes do not share a list"


def test_a_project_without_a_composition_opens_at_its_map(panel, model, finished, settle):
    run(finished.source, finished.path, until="composition")
    made = panel(LoadPanel, model)
    made.source.path = finished.path
    made.primary.click()
    settle(model)
    assert [layer.name for layer in model.layers if layer.visible] == ["Edge energy (eV)"]


def test_what_a_recipe_changes_about_reading_is_read_in_the_worker(panel, model, scan, settle, monkeypatch):
    made = panel(LoadPanel, model)
    made.source.path = scan
    made.primary.click()
    settle(model)
    project = state_of(model).project
    where = []
    real = Project.input

    def noted(self):
        if not self.is_read:
            where.append(threading.current_thread())
        return real(self)

    monkeypatch.setattr(Project, "input", noted)
    project.change("read", on_bad_file="skip")
    state_of(model).touch()
    settle(model)
    assert where
    assert threading.main_thread() not in where
    assert project.is_read


def test_what_cannot_be_read_that_way_is_tried_once_and_said(panel, model, scan, settle):
    made = panel(LoadPanel, model)
    made.source.path = scan
    made.primary.click()
    settle(model)
    state_of(model).project.change("read", format="nxtomo")
    state_of(model).touch()
    settle(model)
    assert made.message.text()
    assert "to be read in another way" in made.header.text()
    state_of(model).touch()
    assert state_of(model).job is None


@pytest.mark.parametrize(
    ("error", "field", "said"),
    [
        ("a.h5: no energy: give energies=[…] in eV.", "energies", "a.h5: no energy. Set “X” under “How to read” above, and"),
        ("Leave it out (on_bad_file='skip'), or take it again.", "on_bad_file", "Leave it out, or take it again. Set “X” to “skip"),
        ("Leave that energy out with on_bad_file='skip'.", "on_bad_file", "Leave that energy out. Set “X” to “skip” under"),
        ("The scan has no angles.", "", "The scan has no angles."),
    ],
)  # fmt: skip
def test_errors_of_reading_name_the_panels_own_fields(error, field, said):
    assert asked_for(error, ["energies", "on_bad_file"]) == field
    assert in_panel(error, field, "X").startswith(said)
