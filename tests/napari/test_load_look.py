"""Looking at a scan: projections as measured and corrected, sinograms, and one view at two energies."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from napari_spectrotomo import correct
from napari_spectrotomo._napari.layers import ROLE, layer_of, put, volumes_layer
from napari_spectrotomo._napari.layers.frames import CorrectedFrames, Frames
from napari_spectrotomo._napari.load import LoadPanel
from napari_spectrotomo._napari.state import state_of
from napari_spectrotomo.data import Scan
from napari_spectrotomo.errors import DataError
from napari_spectrotomo.workflow import Project

pytestmark = pytest.mark.viewer
TIMEOUT = 60_000  # ms


@pytest.fixture
def loaded(panel, model, scan_tiny, tmp_path, settle):
    """A Load panel whose scan is loaded."""
    made = panel(LoadPanel, model)
    made.source.path, made.folder.path = scan_tiny, tmp_path / "loaded"
    made.primary.click()
    settle(model)
    return made


@pytest.fixture
def done(qtbot):
    """Wait until a box has worked out what it was asked for."""

    def wait(box):
        def idle():
            return not (box.reading.busy or box.finding.busy or box.correcting.busy or box.pair.busy)

        qtbot.waitUntil(idle, timeout=TIMEOUT)

    return wait


def seen(viewer):
    return {layer.metadata[ROLE] for layer in viewer.layers if layer.visible}


def test_the_canvas_says_energy_and_angle_of_a_projection(loaded, model):
    scan = state_of(model).project.scan()
    model.dims.set_current_step(0, 2)
    model.dims.set_current_step(1, 5)
    text = model.canvas.overlays.text.text
    assert text == f"{scan.energies[2]:.1f} eV, {scan.angles[2][5]:.2f}°"


def test_corrected_projections_are_those_of_the_next_steps(loaded, model, done):
    loaded.box.corrected.value = True
    done(loaded.box)
    assert seen(model) == {"corrected"}
    project = state_of(model).project
    expected = correct(project.scan()).projections[3].compute()
    layer = layer_of(model, "corrected")
    np.testing.assert_allclose(np.asarray(layer.data[3]), expected, rtol=1e-5, atol=1e-6)
    model.dims.set_current_step(0, 3)
    model.dims.set_current_step(1, 8)
    np.testing.assert_allclose(layer._slice.image.raw, expected[8], rtol=1e-5, atol=1e-6)
    loaded.box.corrected.value = False
    assert seen(model) == {"projections"}


def test_another_way_of_correcting_takes_the_place_of_the_one_before(loaded, model, done):
    loaded.box.corrected.value = True
    done(loaded.box)
    state_of(model).project.change("correct", binning=2)
    state_of(model).touch()
    done(loaded.box)
    layer = layer_of(model, "corrected")
    assert layer.data.shape[2:] == (12, 16)
    np.testing.assert_allclose(layer.scale[2:], 2)
    np.testing.assert_allclose(layer.translate[2:], 0.5)


def test_an_energy_that_cannot_be_corrected_says_why_and_shows_nothing(loaded, model, done, monkeypatch):
    from napari_spectrotomo import preprocess

    loaded.box.corrected.value = True
    done(loaded.box)
    real = preprocess.correct_tomogram

    def without_flats(scan, index, *rest):
        if index == 1:
            raise DataError("At 6510 eV there are no flats.")
        return real(scan, index, *rest)

    monkeypatch.setattr(preprocess, "correct_tomogram", without_flats)
    model.dims.set_current_step(0, 1)
    model.dims.set_current_step(1, 4)
    assert np.isnan(layer_of(model, "corrected")._slice.image.raw).all()
    assert "no flats" in loaded.box.note.text()


def test_a_sinogram_shows_all_views_of_a_row_beginning_where_the_sample_is(loaded, model, done):
    loaded.box._button("Sinogram").click()
    done(loaded.box)
    assert tuple(model.dims.order) == (0, 2, 1, 3)
    row = model.dims.current_step[2]
    scan = state_of(model).project.scan()
    layer = layer_of(model, "projections")
    np.testing.assert_array_equal(layer._slice.image.raw, scan.projections[-1][:, row].compute())
    absorbed = correct(scan).projections[-1].compute().mean(axis=(0, 2))
    assert absorbed[row] > 0.6 * absorbed.max()
    loaded.box._button("Projection").click()
    assert tuple(model.dims.order) == (0, 1, 2, 3)


def test_volumes_find_their_axes_as_ever_after_a_sinogram(loaded, model, done, finished):
    loaded.box._button("Sinogram").click()
    done(loaded.box)
    put(model, volumes_layer(finished.stack("reconstruction"), "raw", "Raw"))
    assert tuple(model.dims.order) == (0, 1, 2, 3)
    assert [layer.name for layer in model.layers] == ["Raw"]


def test_two_energies_lie_over_each_other_and_follow_the_sliders(loaded, model, done):
    box = loaded.box
    box._button("Two energies").click()
    done(box)
    assert seen(model) == {"view first", "view second", "view outlines"}
    assert (box.pair.first.value, box.pair.second.value) == (8, 0), "the fixed energy and the one farthest from it"
    assert "before registration" in box.note.text()
    first, second = layer_of(model, "view first"), layer_of(model, "view second")
    assert (first.colormap.name, second.colormap.name) == ("magenta", "green")
    before = second.data
    model.dims.set_current_step(0, 4)
    done(box)
    assert box.pair.second.value == 4
    assert not np.array_equal(second.data, before, equal_nan=True)
    model.dims.set_current_step(1, 0)
    done(box)
    assert f"{state_of(model).project.scan().angles[8][0]:.2f}°" in model.canvas.overlays.text.text
    box.pair.second.value = 2
    done(box)
    assert model.dims.current_step[0] == 2
    box.pair.outlines.value = False
    assert not layer_of(model, "view outlines").visible


def test_before_they_are_registered_the_second_view_is_shifted(loaded, model, done):
    box = loaded.box
    box._button("Two energies").click()
    done(box)
    box.pair.after.value = True
    done(box)
    assert "apart once shifted" in box.note.text()
    assert "The second was shifted back by" in box.note.text()
    assert "before" in box.note.text()


def test_leaving_takes_all_that_was_looked_at_away(loaded, model, done):
    loaded.box._button("Two energies").click()
    done(loaded.box)
    loaded.box.leave()
    assert len(model.layers) == 0
    loaded.look.click()
    done(loaded.box)
    assert seen(model) == {"projections"}


def test_a_finished_project_shows_both_registered_volumes_at_an_angle(make_napari_viewer, finished, qtbot, done):
    from napari_spectrotomo._napari.load.projections_box import ProjectionsBox

    viewer = make_napari_viewer()
    state_of(viewer)
    box = ProjectionsBox(viewer, lambda signal, listener: signal.connect(listener))
    qtbot.addWidget(box)
    box.show()
    box.show_project(finished)
    done(box)
    box._button("Two energies").click()
    done(box)
    box.pair.after.value = True
    done(box)
    assert "after registration" in box.note.text()
    assert "registered volumes" in viewer.canvas.overlays.text.text


def test_projections_come_up_in_a_window_of_their_own_beside_volumes(panel, model, finished, make_napari_viewer, done):
    from napari_spectrotomo._napari.load import projections_window

    own = make_napari_viewer()
    put(model, volumes_layer(finished.stack("reconstruction"), "raw", "Raw"))
    opened = []

    def viewer_of(title):
        opened.append(title)
        return own

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("napari.Viewer", viewer_of)
        found = projections_window.show_projections(model, finished, None)
    box = own.window.dock_widgets["Projections"]
    done(box)
    assert found is own
    assert opened == [f"Projections of {finished.source.name}"]
    assert layer_of(own, "projections") is not None
    assert [layer.name for layer in model.layers] == ["Raw"]


def test_blocks_of_frames_are_read_once_and_whole_energies_are_what_the_scan_says():
    counts = np.random.default_rng(0).integers(0, 60000, (2, 5, 4, 6)).astype(np.uint16)
    frames = Frames(Scan.from_arrays(list(counts), [7000.0, 7010.0], np.arange(5.0)))
    assert not frames.at_hand((1, 2, slice(None), slice(None)))
    np.testing.assert_array_equal(frames.look((1, 2, slice(None), slice(None))), counts[1, 2])
    assert frames.at_hand((1, slice(None), 3, slice(None)))
    np.testing.assert_array_equal(frames[0, :, 3, :], counts[0, :, 3])
    np.testing.assert_array_equal(frames[:, 1:3, 2], counts[:, 1:3, 2])
    assert frames.cost((1, 2, slice(None), slice(None))) == counts[1].nbytes


def test_corrected_frames_give_up_what_is_no_longer_looked_at(scan_tiny, tmp_path):
    project = Project.create(tmp_path / "p", shutil.copytree(scan_tiny, tmp_path / "scan"))
    frames = CorrectedFrames(project.scan(), project.recipe.correct)
    first = frames._off
    frames.look((0, 3, slice(None), slice(None)))
    assert first.is_set()
    assert frames.at_hand((0, 5, slice(None), slice(None)))
    assert not frames.at_hand((1, 5, slice(None), slice(None)))
    assert frames.cost((1, 5, slice(None), slice(None))) == 0
