"""A whole scan done by panels alone, in a real window, gives what the workflow gives without them."""

from __future__ import annotations

import numpy as np
import pytest

from napari_spectrotomo._napari import open_project
from napari_spectrotomo._napari.docks import open_panel
from napari_spectrotomo._napari.layers import layer_of
from napari_spectrotomo._napari.state import state_of
from napari_spectrotomo.workflow import Project

pytestmark = pytest.mark.viewer


def picture(viewer):
    return viewer.screenshot(canvas_only=True, flash=False)[..., :3].astype(int)


def test_a_scan_done_by_panels_ends_with_the_workflows_numbers(
    make_napari_viewer, scan_tiny, tmp_path, settle, finished_folder
):
    viewer = make_napari_viewer(show=True)
    load = open_panel(viewer, "Load")
    load.source.path = scan_tiny
    load.folder.path = tmp_path / "by_panels"
    load.primary.click()
    settle(viewer)
    assert picture(viewer).max() > 100
    load.next.click()
    reconstruct = open_panel(viewer, "Reconstruct")
    reconstruct.box.find.click()
    settle(viewer)
    assert "16.9" in reconstruct.box.note.text()
    done = []
    for panel, following in (
        (reconstruct, "Binarize"),
        ("Binarize", "Register"),
        ("Register", "Edge map"),
        ("Edge map", None),
    ):
        shown = open_panel(viewer, panel) if isinstance(panel, str) else panel
        assert shown.open_first.isHidden()
        shown.primary.click()
        settle(viewer)
        assert shown.message.text() == ""
        assert reconstruct.found_fold.isVisibleTo(reconstruct), "axes, jitter and motion are shown once they are found"
        if following:
            assert not shown.next.isHidden()
            shown.next.click()
        done.append(shown.NAME)
    assert done == ["Reconstruct", "Binarize", "Register", "Edge map"]

    project, alone = state_of(viewer).project, Project.open(finished_folder)
    np.testing.assert_allclose(project.registration().matrices, alone.registration().matrices, atol=1e-9)
    np.testing.assert_allclose(project.edge_map().energy, alone.edge_map().energy, atol=1e-4)
    assert np.isfinite(alone.edge_map().energy).sum() > 100
    assert project.recipe == alone.recipe
    shown = layer_of(viewer, "edge energy")
    assert shown.visible
    assert np.ptp(picture(viewer).reshape(-1, 3), axis=0).max() > 150


def test_work_that_is_cancelled_keeps_its_energies_and_goes_on(make_napari_viewer, scan_tiny, tmp_path, settle, qtbot):
    viewer = make_napari_viewer()
    state = state_of(viewer)
    state.project = Project.create(tmp_path / "p", scan_tiny)
    panel = open_panel(viewer, "Reconstruct")
    panel.primary.click()
    state.job.progressed.connect(
        lambda report: report.stage == "reconstruct" and report.done >= 3 and panel.strip.cancel.click()
    )
    settle(viewer)
    kept = int(state.project.done("reconstruct").sum())
    assert 0 < kept < 9
    assert panel.message.text().startswith("Stopped.")
    assert f"{kept} of 9 energies done" in panel.header.text()
    raw = layer_of(viewer, "raw")
    finite = [bool(np.isfinite(raw.data[e].compute()).all()) for e in range(9)]
    assert sum(finite) == kept
    panel.primary.click()
    settle(viewer)
    assert state.project.done("reconstruct").all()
    assert np.isfinite(layer_of(viewer, "raw").data.compute()).all()


def test_closing_the_viewer_stops_the_work(make_napari_viewer, scan_tiny, tmp_path, qtbot):
    viewer = make_napari_viewer(show=True)
    state = state_of(viewer)
    state.project = Project.create(tmp_path / "p", scan_tiny)
    panel = open_panel(viewer, "Reconstruct")
    panel.primary.click()
    job = state.job
    ended = []
    job.ended.connect(ended.append)
    viewer.close()
    assert job.abort.is_set()
    qtbot.waitUntil(lambda: bool(ended), timeout=60_000)
    assert ended[0].cancelled


def test_a_project_opens_with_its_layers_and_panels(make_napari_viewer, finished, settle):
    viewer = make_napari_viewer()
    assert open_project(finished.path, viewer) is viewer
    settle(viewer)
    assert {"Raw", "Registered", "Edge energy (eV)"} <= {layer.name for layer in viewer.layers}
    assert {"Spectro-tomography (Spectro-tomography)", "Quality (Spectro-tomography)"} <= set(
        viewer.window.dock_widgets
    )
    assert open_panel(viewer, "Spectro-tomography").step.NAME == "Edge map"
    assert open_panel(viewer, "Load") is open_panel(viewer, "Load")
