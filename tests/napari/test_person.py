"""What people do when things go wrong: they close the window, cancel, give wrong files, and go by their own order."""

from __future__ import annotations

import shutil
from functools import partial

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QAbstractButton, QFileDialog, QPushButton

from napari_spectrotomo._napari import open_project
from napari_spectrotomo._napari.binarize import BinarizePanel
from napari_spectrotomo._napari.docks import JOURNEY, PANELS, make_panel, open_panel
from napari_spectrotomo._napari.edge_map import EdgeMapPanel
from napari_spectrotomo._napari.layers import layer_of
from napari_spectrotomo._napari.load import LoadPanel
from napari_spectrotomo._napari.load.opening import show_done
from napari_spectrotomo._napari.plot import EnergyPlot
from napari_spectrotomo._napari.reconstruct import ReconstructPanel
from napari_spectrotomo._napari.register import RegisterPanel
from napari_spectrotomo._napari.state import state_of
from napari_spectrotomo.workflow import Project

pytestmark = pytest.mark.viewer

TIMEOUT = 120_000  # ms; a busy machine is no failure


@pytest.fixture
def opened(make_napari_viewer, finished, settle):
    """A window with a finished project, all its panels open."""
    viewer = make_napari_viewer(show=True)
    open_project(finished.path, viewer)
    settle(viewer)
    return viewer


def test_the_window_closes_while_pictures_and_spectra_are_made(opened, qtbot, monkeypatch):
    """What is finished after the window is gone finds nobody to tell: an exception of a slot fails this test."""
    from napari_spectrotomo._napari import latest

    workers, begin = [], latest.FunctionWorker
    monkeypatch.setattr(latest, "FunctionWorker", lambda work: workers.append(begin(work)) or workers[-1])
    spectrum = open_panel(opened, "ROI spectrum")
    spectrum.controls.pick.click()
    points = opened.layers[-1]
    points.add([12, 16, 16])
    spectrum.controls.chosen.tick(points)
    open_panel(opened, "Edge map").solid.on.setChecked(True)
    open_panel(opened, "Register").views.look("outlines")
    open_panel(opened, "Binarize").live.follow()
    reconstruct = open_panel(opened, "Reconstruct")
    reconstruct.box.preview.click()
    job = state_of(opened).job
    assert job is not None
    assert workers
    opened.close()
    qtbot.waitUntil(lambda: job.outcome is not None and not any(w.is_running for w in workers), timeout=TIMEOUT)
    qtbot.wait(50)  # for what they had to say


@pytest.mark.parametrize(("step", "field", "value"), [("Reconstruct", "filter", "hann"), ("Register", "engine", None)])
def test_the_window_closes_while_a_step_is_done(opened, qtbot, step, field, value):
    panel = open_panel(opened, step)
    if value is None:
        state_of(opened).project.discard("register")
        state_of(opened).touch()
    else:
        panel.form[field].value = value
    panel.primary.click()
    job = state_of(opened).job
    qtbot.waitUntil(lambda: job.last is not None, timeout=TIMEOUT)
    opened.close()
    qtbot.waitUntil(lambda: state_of(opened).job is None, timeout=TIMEOUT)
    assert job.outcome.cancelled


def test_plots_and_folds_follow_a_theme_that_is_changed_while_they_are_seen(opened, qtbot):
    from napari_spectrotomo._napari.readable import background_of, contrast

    quality = open_panel(opened, "Quality")
    plots = quality.findChildren(EnergyPlot)
    qtbot.waitUntil(lambda: any(p.widget is not None and p.isVisible() for p in plots), timeout=TIMEOUT)
    plot = next(p for p in plots if p.isVisible())
    binarize = open_panel(opened, "Binarize")
    fold = binarize.fold
    for theme in ("light", "dark"):
        opened.theme = theme
        open_panel(opened, "Quality")
        seen = plot.widget.grab().toImage()
        assert contrast(seen.pixelColor(1, 1), background_of(plot)) < 1.1
        open_panel(opened, "Binarize")
        icon = fold.toggleButton().icon().pixmap(16, 16).toImage()
        drawn = [icon.pixelColor(x, y) for x in range(icon.width()) for y in range(icon.height())]
        assert max(contrast(c, background_of(fold)) for c in drawn if c.alpha() > 200) > 4


def test_a_step_that_found_nothing_does_not_look_done(model, panel, finished, settle):
    state_of(model).project = finished
    binarize, register = panel(BinarizePanel, model), panel(RegisterPanel, model)
    binarize.form["min_size"].value = 10**6
    binarize.primary.click()
    settle(model)
    assert "No particle was found" in binarize.header.text()
    assert "The mask is empty" in binarize.warned.words.text()
    assert not binarize.warned.isHidden()
    register.primary.click()
    settle(model)
    assert "8 of 8 could not be registered" in register.header.text()


def test_a_wrong_file_of_masks_is_refused_at_once_and_nothing_is_changed(model, panel, finished, settle, tmp_path):
    import tifffile

    state_of(model).project = finished
    binarize = panel(BinarizePanel, model)
    tifffile.imwrite(tmp_path / "small.tif", np.ones((5, 6, 7), np.uint8))
    (tmp_path / "note.txt").write_text("hello")
    for name, sentence in (("small.tif", "(5, 6, 7)"), ("note.txt", "cannot be read"), ("absent.tif", "no file")):
        for kind in ("masks", "labels"):
            binarize.own.file_chosen.emit(kind, str(tmp_path / name))
            settle(model)
            assert sentence in binarize.message.text()
            assert "Traceback" in binarize.message.details
    assert finished.recipe.binarize.masks is None
    assert finished.recipe.label.labels is None
    assert not list(finished.path.glob("own_*"))
    assert state_of(model).stage("register") == "done"


@pytest.fixture
def loaded(model, scan_tiny, tmp_path):
    """A viewer with a project of which nothing is done yet."""
    state_of(model).project = Project.create(tmp_path / "p", scan_tiny)
    return model


@pytest.mark.parametrize(
    ("stage", "step", "cls", "role"),
    [
        ("reconstruct", "Reconstruct", ReconstructPanel, "raw"),
        ("binarize", "Binarize", BinarizePanel, "mask"),
    ],  # register has its own test, with its curve
)
def test_cancel_keeps_what_is_finished_and_the_same_button_continues(
    model, panel, finished, settle, stage, step, cls, role
):
    state = state_of(model)
    state.project = finished
    finished.change("register", transform="translation")  # the quickest
    finished.discard(stage)
    state.touch()
    made = panel(cls, model)
    made.primary.click()
    job = state.job
    done, found = [], []

    def stop_at_the_first(progress):
        done.append((progress.stage, progress.message))
        if progress.stage == stage and finished.done(stage).any() and not job.abort.is_set():
            made.strip.cancel.click()
            found.append(finished.done(stage).copy())

    job.progressed.connect(stop_at_the_first)
    settle(model)
    assert job.outcome.cancelled
    assert made.message.text() == "Stopped. What was finished is kept; the same button continues."
    kept = finished.done(stage)
    assert kept[found[0]].all()
    if not kept.all():
        assert state.stage(stage) == "partial"
        assert "the button continues" in made.header.text()
    made.primary.click()
    settle(model)
    assert state.stage(stage) == "done"
    assert made.message.text() == ""
    assert layer_of(model, role) is not None
    assert finished.done(stage).all()


def test_a_file_that_vanished_is_said_with_details_and_the_rest_is_kept(model, panel, scan_tiny, settle, tmp_path):
    scan = shutil.copytree(scan_tiny, tmp_path / "scan")
    state_of(model).project = project = Project.create(tmp_path / "p", scan)
    reconstruct = panel(ReconstructPanel, model)
    gone = sorted(scan.glob("*.h5"))[3]
    gone.rename(tmp_path / gone.name)
    reconstruct.primary.click()
    settle(model)
    assert f"{gone} cannot be read" in reconstruct.message.text()
    assert "Traceback" in reconstruct.message.details
    assert reconstruct.primary.isEnabled()
    (tmp_path / gone.name).rename(gone)
    reconstruct.primary.click()
    settle(model)
    assert reconstruct.message.text() == ""
    assert project.state("reconstruct") == "done"


def test_a_folder_that_cannot_be_written_is_said_and_nothing_is_loaded(model, panel, scan_tiny, settle, tmp_path):
    load = panel(LoadPanel, model)
    load.source.path = scan_tiny
    (tmp_path / "file").write_text("")
    for folder, sentence in ((tmp_path / "file", "is a file"), (tmp_path / "file" / "p", "cannot be written")):
        load.folder.path = folder
        load.primary.click()
        settle(model)
        assert sentence in load.message.text()
        assert "Traceback" in load.message.details
        assert state_of(model).project is None
        assert not model.layers


def test_every_button_of_every_panel_can_be_pressed_in_any_order(model, panel, loaded, monkeypatch, settle):
    """Before anything is loaded, then with a scan of which nothing is done: an exception of a slot fails this test."""
    for name in ("getOpenFileName", "getOpenFileNames", "getSaveFileName"):
        monkeypatch.setattr(QFileDialog, name, lambda *a, **k: ("", ""))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *a, **k: "")
    project, state = state_of(loaded).project, state_of(model)
    panels = [panel(partial(make_panel, name=name), model) for name in reversed(PANELS) if name != JOURNEY]
    for given in (None, project):
        state.project = given
        for made in panels:
            buttons = [b for b in made.findChildren(QAbstractButton) if b.isVisible() and b is not made.primary]
            for button in [b for b in buttons if b not in (made.open_first, made.next) and not _opens_a_menu(b)]:
                if button.isVisible() and button.isEnabled():
                    button.click()
                    settle(model)
    assert project.state("reconstruct") == "missing"


def _opens_a_menu(button):
    return isinstance(button, QPushButton) and button.menu() is not None


def test_two_windows_do_two_projects_and_do_not_mix_them(
    make_napari_viewer, finished, finished_folder, settle, tmp_path
):
    one, other = make_napari_viewer(), make_napari_viewer()
    second = Project.open(shutil.copytree(finished_folder, tmp_path / "second"))
    for viewer, project in ((one, finished), (other, second)):
        project.discard("spectra")
        state_of(viewer).project = project
    panels = [open_panel(viewer, "Edge map") for viewer in (one, other)]
    panels[1].form["smooth"].value = 1.5
    for made in panels:
        made.primary.click()
    jobs = [state_of(viewer).job for viewer in (one, other)]
    assert None not in jobs
    assert jobs[0] is not jobs[1]
    for viewer in (one, other):
        settle(viewer)
    assert [job.outcome.error for job in jobs] == ["", ""]
    assert (finished.recipe.spectra.smooth, second.recipe.spectra.smooth) == (0.0, 1.5)
    for viewer, project in ((one, finished), (other, second)):
        assert project.state("spectra") == "done"
        np.testing.assert_array_equal(layer_of(viewer, "edge energy").data, project.edge_map().energy)


def test_layers_that_were_renamed_or_removed_do_not_stop_the_next_step(model, panel, finished, settle):
    state_of(model).project = finished
    show_done(model, finished)
    own = model.add_points(np.ones((1, 3)), name="Raw")
    for layer in [x for x in model.layers if x is not own]:
        layer.name = f"mine {layer.name}"
    model.layers.remove(layer_of(model, "registered"))
    model.layers.remove(layer_of(model, "mask"))
    edge = panel(EdgeMapPanel, model)
    finished.discard("spectra")
    state_of(model).touch()
    edge.primary.click()
    settle(model)
    assert edge.message.text() == ""
    assert state_of(model).stage("spectra") == "done"
    assert own in model.layers
    assert len([x for x in model.layers if x.metadata.get("spectrotomo") == "raw"]) == 1
    assert layer_of(model, "edge energy").visible


def test_the_key_of_a_step_works_on_when_a_second_dock_of_it_is_closed(make_napari_viewer, finished, qtbot):
    viewer = make_napari_viewer()
    state_of(viewer).project = finished
    show_done(viewer, finished)
    first = open_panel(viewer, "Register")
    first.views.look("overlay")
    dock, second = viewer.window.add_plugin_dock_widget("napari-spectrotomo", "Register")
    assert second is not first
    with qtbot.waitSignal(second.destroyed, timeout=TIMEOUT):
        viewer.window.remove_dock_widget(dock)
        second.deleteLater()
    pressed = next(function for key, function in viewer.keymap.items() if str(key) == "Shift+B")
    before = layer_of(viewer, "registered").visible
    pressed(viewer)
    assert layer_of(viewer, "registered").visible != before


def test_tab_goes_through_every_field_of_a_step(make_napari_viewer, finished, qtbot):
    viewer = make_napari_viewer(show=True)
    state_of(viewer).project = finished
    show_done(viewer, finished)
    edge = open_panel(viewer, "Edge map")
    qtbot.waitUntil(lambda: edge.table.rowCount() > 1, timeout=TIMEOUT)
    viewer.window._qt_window.activateWindow()
    edge.table.setFocus()
    edge.table.setCurrentCell(0, 0)
    qtbot.waitUntil(edge.table.hasFocus, timeout=TIMEOUT)
    qtbot.keyClick(edge.table, Qt.Key.Key_Tab)
    assert not edge.table.hasFocus()
