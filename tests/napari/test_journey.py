"""One dock takes a scan from a folder to a map: steps in order, run all, recipes, undo, and nothing old that looks new."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from napari_spectrotomo._napari.docks import STEPS, open_panel
from napari_spectrotomo._napari.journey.recipes import say_taken, take_recipe
from napari_spectrotomo._napari.layers import layer_of
from napari_spectrotomo._napari.state import state_of
from napari_spectrotomo.workflow import Recipe

pytestmark = pytest.mark.viewer


@pytest.fixture
def scan(scan_tiny, tmp_path) -> Path:
    return Path(shutil.copytree(scan_tiny, tmp_path / "scan"))


def begun(viewer, scan, settle):
    """Load a scan in the dock of all steps, by hand."""
    journey = open_panel(viewer, "Spectro-tomography")
    load = journey.show_step("Load")
    load.source.path = scan
    load.primary.click()
    settle(viewer)
    return journey


QUICK = (
    Recipe()
    .changed("align", jitter="none", motion=False)
    .changed("register", transform="translation", by_particle=False, refine="none")
    .changed("report", renderings=False)
)
"""Steps in their quickest form: what they find is tested elsewhere."""


def test_run_all_goes_from_a_folder_to_a_map_and_shows_results_as_they_come(make_napari_viewer, scan, settle):
    viewer = make_napari_viewer(show=True)
    state_of(viewer).recipe = QUICK
    journey = open_panel(viewer, "Spectro-tomography")
    assert journey.step.NAME == "Load"
    journey.show_step("Load").source.path = scan
    seen, steps = [], []
    viewer.layers.events.inserted.connect(lambda event: seen.append(event.value.metadata.get("spectrotomo")))
    state = state_of(viewer)

    def follow(*_):
        if state.job is not None:
            state.job.progressed.connect(lambda _: steps.append(journey.step.NAME))

    state.events.job.connect(follow)
    journey.run_all.click()
    settle(viewer)
    settle(viewer)  # the scan is loaded first
    assert [role for role in ("raw", "mask", "registered", "edge energy") if role in seen] == sorted(
        {"raw", "mask", "registered", "edge energy"}, key=seen.index
    )
    assert list(dict.fromkeys(steps)) == ["Load", "Reconstruct", "Binarize", "Register", "Edge map", "Composition"]
    assert journey.step.NAME == "Edge map"
    assert "All is done" in journey.step.message.text()
    assert layer_of(viewer, "edge energy").visible
    assert state.project.recipe == QUICK
    assert np.isfinite(state.project.edge_map().energy).any()
    assert (state.project.path / "report.html").exists()
    assert not journey.run_all.isEnabled()


def test_each_step_says_what_it_has_what_comes_and_how_long(make_napari_viewer, scan, settle):
    viewer = make_napari_viewer()
    journey = begun(viewer, scan, settle)
    assert "9 energies" in journey.show_step("Load").header.text()
    reconstruct = journey.show_step("Reconstruct")
    assert reconstruct.coming.text().startswith("Will correct, align and reconstruct: 9 energies, a")
    assert "report" in journey.run_all.toolTip()
    assert journey.show_step("Register").open_first.text() == "Open Binarize"
    assert [name for name in STEPS if name in journey.step.trail.text().replace("&nbsp;", " ")] == list(STEPS)


def test_a_changed_step_marks_what_was_made_from_it_until_it_is_made_again(make_napari_viewer, finished, settle):
    from napari_spectrotomo._napari import open_project

    viewer = make_napari_viewer()
    open_project(finished.path, viewer)
    settle(viewer)
    project = state_of(viewer).project
    before = project.recipe.register.max_iterations
    names = {role: layer_of(viewer, role).name for role in ("raw", "registered", "edge energy")}
    project.change("register", max_iterations=before + 1)
    state_of(viewer).touch()
    assert layer_of(viewer, "raw").name == names["raw"]
    for role in ("registered", "edge energy"):
        assert layer_of(viewer, role).name == f"{names[role]} (out of date)"
    assert "out of date" in viewer.canvas.overlays.text.text
    assert "↻" in open_panel(viewer, "Edge map").trail.text()
    project.change("register", max_iterations=before)
    state_of(viewer).touch()
    assert {role: layer_of(viewer, role).name for role in names} == names
    text = viewer.canvas.overlays.text
    assert not (text.visible and "out of date" in text.text)


def test_undo_puts_the_layers_back_and_keeps_the_results(make_napari_viewer, scan, settle):
    viewer = make_napari_viewer()
    journey = begun(viewer, scan, settle)
    journey.show_step("Reconstruct").primary.click()
    settle(viewer)
    own = viewer.add_points(np.zeros((1, 3)), name="mine")
    assert [x.metadata.get("spectrotomo") for x in viewer.layers] == ["raw", None]
    assert journey.undo.isEnabled()
    journey.undo.trigger()
    assert [x.metadata.get("spectrotomo") for x in viewer.layers if x is not own] == ["projections"]
    assert own in viewer.layers
    assert state_of(viewer).stage("reconstruct") == "done"
    assert not journey.undo.isEnabled()


def test_another_project_is_never_undone_into_the_one_before(make_napari_viewer, scan, finished, settle):
    from napari_spectrotomo._napari import open_project

    viewer = make_napari_viewer()
    journey = begun(viewer, scan, settle)
    journey.show_step("Reconstruct").primary.click()
    settle(viewer)
    assert journey.undo.isEnabled()
    open_project(finished.path, viewer)
    settle(viewer)
    journey.menu.menu().aboutToShow.emit()
    assert not journey.undo.isEnabled()


def test_settings_of_the_panels_are_a_recipe_that_runs(make_napari_viewer, scan, settle, tmp_path, monkeypatch):
    from qtpy.QtWidgets import QFileDialog

    viewer = make_napari_viewer()
    journey = begun(viewer, scan, settle)
    journey.show_step("Binarize")
    journey.show_step("Reconstruct").form["filter"].value = "hann"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a, **k: (str(tmp_path / "mine"), ""))
    journey.save.trigger()
    assert Recipe.load(tmp_path / "mine.yaml").reconstruct.filter == "hann"
    assert "--recipe mine.yaml" in journey.step.message.text()

    other = make_napari_viewer()
    state_of(other)
    assert take_recipe(other, tmp_path / "mine.yaml") == []
    second = begun(other, scan, settle)
    assert state_of(other).project.recipe.reconstruct.filter == "hann"
    assert state_of(other).recipe is None, "a scan after it begins with the defaults"
    (tmp_path / "wrong.yaml").write_text("nothing: {a: 1}\n")
    say_taken(second, tmp_path / "wrong.yaml")
    assert "There is no stage 'nothing'" in second.step.message.text()


def test_a_recipe_that_is_taken_makes_later_steps_out_of_date(make_napari_viewer, finished, tmp_path):
    viewer = make_napari_viewer()
    state = state_of(viewer)
    state.project = finished
    recipe = finished.recipe.changed("register", transform="rigid")
    (tmp_path / "rigid.yaml").write_text(recipe.to_yaml())
    assert take_recipe(viewer, tmp_path / "rigid.yaml") == ["register"]
    by_hand = recipe.changed("binarize", thresholds=[[float(finished.energies[0]), 0.05]])
    (tmp_path / "by_hand.yaml").write_text(by_hand.to_yaml())
    assert take_recipe(viewer, tmp_path / "by_hand.yaml") == [], "what was set by hand is of another scan"
    assert state.stage("register") == "outdated"
    assert state.stage("label") == "done"


def test_an_errors_details_wait_behind_a_button(make_napari_viewer, scan, settle):
    viewer = make_napari_viewer()
    journey = open_panel(viewer, "Spectro-tomography")
    load = journey.show_step("Load")
    load.source.path = scan / "absent"
    load.primary.click()
    settle(viewer)
    assert "absent" in load.message.text()
    assert not load.message.more.isHidden()
    assert "Traceback" in load.message.details


def test_steps_go_by_keys(make_napari_viewer, finished, qtbot):
    from qtpy.QtCore import Qt

    viewer = make_napari_viewer(show=True)
    state_of(viewer).project = finished
    journey = open_panel(viewer, "Spectro-tomography")
    assert journey.step.NAME == "Edge map"
    journey.activateWindow()
    journey.step.trail.setFocus()
    journey.step.primary.setFocus()
    qtbot.waitUntil(lambda: journey.step.primary.hasFocus(), timeout=5000)
    qtbot.keyClick(journey.step.primary, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert journey.step.NAME == "Register"


def test_run_all_of_one_energy_goes_as_far_as_one_energy_can(make_napari_viewer, scan, settle):
    for file in sorted(scan.glob("*.h5"))[1:]:
        file.unlink()
    viewer = make_napari_viewer()
    journey = begun(viewer, scan, settle)
    journey.run_all.click()
    settle(viewer)
    project = state_of(viewer).project
    assert project.state("label") == "done"
    assert journey.step.NAME == "Binarize"
    assert "1 energy can be binarized and labelled" in journey.step.message.text()
    assert not journey.run_all.isEnabled()


def test_a_recipe_used_while_another_scan_waits_is_for_that_scan(make_napari_viewer, scan, finished, settle, tmp_path):
    recipe = Recipe().changed("binarize", min_size=7)
    (tmp_path / "r.yaml").write_text(recipe.to_yaml())
    viewer = make_napari_viewer()
    state_of(viewer).project = finished
    journey = open_panel(viewer, "Spectro-tomography")
    load = journey.show_step("Load")
    load.source.path = scan
    say_taken(journey, tmp_path / "r.yaml")
    assert "loaded next" in load.message.text()
    assert finished.recipe.binarize.min_size != 7
    load.primary.click()
    settle(viewer)
    assert state_of(viewer).project.source == scan
    assert state_of(viewer).project.recipe.binarize.min_size == 7
