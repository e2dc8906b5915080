"""The Reconstruct panel finds the axis on a slice that shows something."""

from __future__ import annotations

from threading import Event
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from napari_spectrotomo._napari.layers import layer_of
from napari_spectrotomo._napari.reconstruct import ReconstructPanel
from napari_spectrotomo._napari.reconstruct.found_curves import curves_of
from napari_spectrotomo._napari.reconstruct.look import Look
from napari_spectrotomo._napari.reconstruct.one_slice import reconstruct_slice, rows_of
from napari_spectrotomo._napari.reconstruct.preview import fullest_row
from napari_spectrotomo._napari.state import state_of
from napari_spectrotomo.data import Scan
from napari_spectrotomo.io import write_scan
from napari_spectrotomo.preprocess import CorrectedTomogram, correct_tomogram
from napari_spectrotomo.reconstruct import ReconstructParameters, reconstruct_volume
from napari_spectrotomo.workflow import Project
from napari_spectrotomo.workflow.alignment import Alignment

pytestmark = pytest.mark.viewer


@pytest.fixture
def made(panel, model, scan_tiny, tmp_path):
    state_of(model).project = Project.create(tmp_path / "p", scan_tiny)
    return panel(ReconstructPanel, model)


def test_the_row_looked_at_holds_sample():
    counts = np.full((3, 12, 20), 1000, np.uint16)
    counts[:, 7, 5:15] = 400
    scan = Scan.from_arrays([counts], [7000.0], [0.0, 90.0, 180.0], flats=[np.full((2, 12, 20), 1000, np.uint16)])
    assert fullest_row(scan) == 7


def test_the_axis_that_the_methods_vote_for_is_seen_in_a_strip_and_used(made, model, settle):
    made.box.energy.value = 3
    made.box.find.click()
    settle(model)
    said = made.box.note.text()
    assert "16.9" in said
    assert "6545.0 eV" in said
    assert "the methods agree" in said
    assert "opposite&nbsp;views&nbsp;16.9" in made.finder.legend.text()
    columns = made.finder.plot.curves[0].energies
    assert len(columns) == 9
    assert made.finder.slider.value() == 4, "the candidate is sharpest"
    assert layer_of(model, "strip").visible
    made.finder.use.click()
    center = state_of(model).project.recipe.reconstruct.center
    assert center == pytest.approx(16.9, abs=0.1)
    assert made.form["center"].value == center


def test_a_click_on_a_slice_or_on_the_curve_takes_its_column(made, model, settle):
    made.form["center"].value = 15.0
    made.box.span.value = 2.0
    made.box.find.click()
    settle(model)
    columns = made.finder.plot.curves[0].energies
    np.testing.assert_allclose(columns, np.linspace(13.0, 17.0, 9), atol=1e-6)
    assert made.finder.slider.value() == 8, "16.9 is right, so the slice nearest to it is the sharpest"
    layer, tiling = layer_of(model, "strip"), made.view._tiling
    y, x = np.add(tiling.corner(2), tiling.side / 2)
    click(made, layer.data_to_world((y, x)))
    assert made.finder.use.text() == "Use 14.00 for all energies"
    framed = np.isclose(layer_of(model, "strip marks").edge_color, (1.0, 210 / 255, 63 / 255, 1.0)).all(axis=1)
    assert np.flatnonzero(framed).tolist() == [2]
    made.finder.plot.energy_chosen.emit(16.6)
    assert made.finder.use.text() == "Use 16.50 for all energies"
    whole = layer.data
    made.finder.one.setChecked(True)
    y, x = tiling.corner(7)
    np.testing.assert_array_equal(layer.data, whole[y : y + tiling.side, x : x + tiling.side], "the same slice, large")
    assert not layer_of(model, "strip marks").visible
    made.finder.slider.setValue(0)
    assert layer.name == "Slice about column 13.00 at 6710.0 eV"
    made.finder.one.setChecked(False)
    np.testing.assert_array_equal(layer.data, whole)
    made.box.span.value = 1.0
    made.box.find.click()
    settle(model)
    assert layer_of(model, "strip") is layer, "a further strip takes the place of the first"
    assert layer_of(model, "strip marks").text.values[0].strip() == "14.00"


def click(made, world, to=(0, 0)):
    """Press at a place in the world, move by `to` pixels of the screen, and let go."""
    event = SimpleNamespace(button=1, type="mouse_press", pos=np.zeros(2), position=world)
    assert made.view.on_click in made.viewer.mouse_drag_callbacks
    steps = made.view.on_click(made.viewer, event)
    next(steps)
    event.type, event.pos = "mouse_move", np.array(to)
    next(steps)
    event.type = "mouse_release"
    next(steps, None)


def test_a_drag_over_the_strip_chooses_nothing(made, model, settle):
    made.box.find.click()
    settle(model)
    before = made.finder.slider.value()
    click(made, layer_of(model, "strip").data_to_world((1.0, 1.0)), to=(40, 0))
    assert made.finder.slider.value() == before
    click(made, layer_of(model, "strip").data_to_world((1.0, 1.0)))
    assert made.finder.slider.value() == 0


def test_a_slice_is_previewed_with_what_the_forms_say_and_corrected_once(made, model, settle, monkeypatch):
    from napari_spectrotomo._napari.reconstruct import kept

    corrected = []
    monkeypatch.setattr(kept, "correct_tomogram", lambda *a: corrected.append(a) or correct_tomogram(*a))
    made.form["center"].value = 14.0
    made.box.preview.click()
    settle(model)
    layer = layer_of(model, "preview")
    assert layer.name == "Slice 16 at 6710.0 eV, axis 14.00"
    assert layer.data.shape == (32, 32)
    assert np.ptp(layer.data) > 0.02, "attenuation of a particle in 1/µm"
    wrong = layer.data
    made.form["center"].value = 16.9
    made.correction["stripes"].value = "sorting"
    made.box.preview.click()
    settle(model)
    assert len(corrected) == 1, "neither the axis nor the stripes need the correction again"
    before, after = (layer_of(model, role) for role in ("preview before", "preview"))
    assert (before.visible, after.visible) == (False, True)
    assert model.layers.index(before) > model.layers.index(after), "its eye lays it over the other"
    assert "waits hidden" in made.box.note.text()
    assert np.abs(before.data - after.data).max() > 1e-4
    assert np.abs(before.data - wrong).max() > 0.01
    made.correction["binning"].value = 2
    assert made.form["center"].value == pytest.approx(8.2), "its column in the binned image"
    made.box.preview.click()
    settle(model)
    assert len(corrected) == 2
    assert layer_of(model, "preview").data.shape == (16, 16)
    assert layer_of(model, "preview").scale[-1] == 2 * layer.scale[-1]


def test_the_slice_of_a_few_rows_is_that_of_the_whole_volume():
    rng = np.random.default_rng(3)
    views = gaussian_filter(rng.random((24, 80, 24)), (0, 1.5, 1.5)) * np.hanning(24) ** 2
    views, angles, shifts = views.astype(np.float32), np.linspace(0, 172.5, 24), rng.normal(0, 0.6, (24, 2))
    parameters = ReconstructParameters(filter="ramp")
    for tilt, moved, magnification in ((0.0, None, 1.0), (0.0, shifts, 0.95), (1.5, shifts, 1.04)):
        look = Look(CorrectedTomogram(views, angles, 0, 0, ()), 11.8, tilt, moved, magnification, 50.0, None, 7000.0)
        whole = reconstruct_volume(views, angles, 11.8, magnification, 50.0, parameters, tilt=tilt, shifts=moved)
        for row in (4, 40, 75):
            rows = rows_of(look, row)
            assert rows.views.shape[1] < 45
            near = 0.01 if tilt else 1e-6  # an axis that leans lies between other columns
            one = reconstruct_slice(rows, look, parameters, Event())
            np.testing.assert_allclose(one, whole[row], atol=near * np.abs(whole).max())


def test_a_preview_that_is_cancelled_leaves_the_panel_ready(made, model, settle):
    made.box.preview.click()
    state_of(model).job.cancel()
    settle(model)
    assert layer_of(model, "preview") is None
    assert made.content.isEnabled()
    assert made.message.text().startswith("Stopped.")


def test_what_was_found_is_shown_against_energy(panel, model, finished):
    state_of(model).project = finished
    made = panel(ReconstructPanel, model)
    assert "Rotation axis at column" in made.header.text()
    names = {curve.name: curve for curve in made.found.plot.curves}
    assert {"opposite views", "centre of mass", "Vo", "sharpness", "settled, used"} <= set(names)
    np.testing.assert_allclose(names["settled, used"].values, 16.9, atol=0.1)
    assert "Single views stand in their place." in made.found.words.text()
    made.found.page.setCurrentText("Motion within a tomogram")
    assert np.isfinite(made.found.plot.curves[0].values).all()
    made.found.energy_chosen.emit(6532.0)
    assert made.box.energy.value == 2
    made.views["jitter"].value = "none"
    assert made.apply_forms()
    assert finished.recipe.align.jitter == "none"
    assert made.found_fold.isHidden(), "what was found is out of date"


def test_an_axis_found_elsewhere_than_the_others_stands_out():
    entry = {"axis": {"center": 20.0, "uncertainty": 0.02, "methods": {"Vo": 20.0, "sharpness": None}}}
    energies = np.array([7000.0, 7010.0])
    found = {"7000.0000": entry, "7010.0000": {"axis": entry["axis"] | {"center": 23.0}}}
    alignment = Alignment(energies, np.array([20.0, 20.0]), 0.0, (None, np.full((4, 2), 0.5)), found)
    assert alignment.elsewhere.tolist() == [False, True]
    assert [c.name for c in curves_of(alignment, "Rotation axis")] == ["Vo", "settled, used", "found elsewhere"]
    assert np.isnan(curves_of(alignment, "Jitter of single views")[0].values).all(), "it was not looked for"


def test_images_need_no_reconstruction(panel, model, tmp_path):
    path = tmp_path / "scan.h5"
    counts = np.full((1, 12, 16), 500, np.uint16)
    write_scan(
        Scan.from_arrays(
            [counts] * 2, [7000.0, 7100.0], [0.0], flats=[np.full((1, 12, 16), 1000, np.uint16)] * 2, pixel_size=50.0
        ),
        path,
        "data-exchange",
    )
    state_of(model).project = Project.create(tmp_path / "p", path)
    made = panel(ReconstructPanel, model)
    assert "nothing needs reconstructing" in made.header.text()
    assert made.primary.text() == "Take the images"
    assert made.box.isHidden()


def previewed(made, qtbot, name):
    qtbot.waitUntil(lambda: getattr(layer_of(made.viewer, "preview"), "name", "") == name, timeout=60_000)
    return layer_of(made.viewer, "preview")


def test_a_live_preview_follows_axis_slice_and_energy_without_a_button(made, model, qtbot):
    made.form["center"].value = 14.0
    made.box.live.setChecked(True)
    layer = previewed(made, qtbot, "Slice 16 at 6710.0 eV, axis 14.00")
    qtbot.waitUntil(lambda: layer.visible, timeout=60_000)
    wrong = layer.data
    assert state_of(model).job is None, "the panel stays free"
    assert made.content.isEnabled()
    made.form["center"].value = 16.9
    previewed(made, qtbot, "Slice 16 at 6710.0 eV, axis 16.90")
    assert np.abs(layer.data - wrong).max() > 0.01
    made.form["filter"].value = "hann"
    sharp = layer.data
    qtbot.waitUntil(lambda: layer.data is not sharp, timeout=60_000)
    made.box.row.value = 12
    made.box.energy.value = 3
    previewed(made, qtbot, "Slice 12 at 6545.0 eV, axis 16.90")
    made.box.live.setChecked(False)
    made.box.row.value = 13
    assert not made.live.latest.busy


def test_a_live_preview_that_cannot_be_made_says_why(made, qtbot):
    made.form["center"].value = 900.0
    made.box.live.setChecked(True)
    qtbot.waitUntil(lambda: "900" in made.message.text(), timeout=60_000)
    made.form["center"].value = 16.9
    previewed(made, qtbot, "Slice 16 at 6710.0 eV, axis 16.90")
    qtbot.waitUntil(lambda: made.message.text() == "", timeout=60_000)


def test_a_strip_is_not_covered_by_a_live_preview_until_something_changes(made, model, qtbot, settle):
    made.form["center"].value = 16.9
    made.box.live.setChecked(True)
    previewed(made, qtbot, "Slice 16 at 6710.0 eV, axis 16.90")
    made.box.find.click()
    settle(model)
    qtbot.waitUntil(lambda: not made.live.latest.busy, timeout=60_000)
    assert layer_of(model, "strip").visible
    assert not layer_of(model, "preview").visible
    made.form["center"].value = 16.5
    layer = previewed(made, qtbot, "Slice 16 at 6710.0 eV, axis 16.50")
    qtbot.waitUntil(lambda: layer.visible, timeout=60_000)


def test_with_another_axis_a_slice_comes_before_its_views_are_aligned_anew(made, model, qtbot, monkeypatch):
    from napari_spectrotomo._napari.reconstruct import kept

    found, find = [], kept.find_jitter_of
    monkeypatch.setattr(kept, "find_jitter_of", lambda *a, **k: found.append(a[2]) or find(*a, **k))
    looks = []
    made.form["center"].value = 16.9
    assert made.apply_forms()
    made.live.latest.done.connect(lambda one: looks.append(one.look))
    made.box.live.setChecked(True)
    previewed(made, qtbot, "Slice 16 at 6710.0 eV, axis 16.90")
    made.form["center"].value = 16.0
    qtbot.waitUntil(lambda: len(looks) == 3, timeout=60_000)
    assert [look.near for look in looks] == [False, True, False]
    assert [look.center for look in looks] == pytest.approx([16.9, 16.0, 16.0], abs=0.05)
    assert found == [16.9, 16.0], "about each axis once"
