"""The Binarize panel: a threshold that is moved and seen, thresholds against energy, and edits by hand that are taken up."""

from __future__ import annotations

import numpy as np
import pytest
import zarr

from napari_spectrotomo._napari.binarize import BinarizePanel
from napari_spectrotomo._napari.binarize.editable import EditableMasks
from napari_spectrotomo._napari.layers import layer_of, show_stage
from napari_spectrotomo._napari.state import state_of
from napari_spectrotomo.segment import binarize_volume

pytestmark = pytest.mark.viewer
TIMEOUT = 60_000


@pytest.fixture
def made(panel, model, finished, qtbot):
    state_of(model).project = finished
    for stage in ("reconstruct", "label"):
        show_stage(model, finished, stage)
    model.dims.set_point(0, 4.0)
    made = panel(BinarizePanel, model)
    qtbot.waitUntil(lambda: "of the volume is sample" in made.threshold.words.text(), timeout=TIMEOUT)
    return made


def drag(made, level):
    """Drag the line in the histogram, without letting it go."""
    line = made.threshold.histogram._line
    line.setValue(level)
    line.sigDragged.emit(line)


def let_go(made, qtbot):
    line = made.threshold.histogram._line
    line.sigPositionChangeFinished.emit(line)
    qtbot.waitUntil(lambda: not made.live.looks.busy and not made.live._settling.isActive(), timeout=TIMEOUT)
    qtbot.waitUntil(lambda: not made.live.wholes.busy, timeout=TIMEOUT)


def laid(model):
    """Say whether the mask of a threshold lies over the picture."""
    layer = layer_of(model, "threshold")
    return layer is not None and layer.visible


def test_the_line_stands_where_the_stage_put_the_threshold(made, finished):
    entry = finished.record.stage("binarize")
    level = entry["thresholds"][f"{finished.energies[4]:.2f}"]
    assert made.threshold.histogram.level == pytest.approx(level)
    assert made.threshold.level.value() == pytest.approx(level, rel=1e-2)
    assert "as found (auto)" in made.threshold.words.text()
    assert layer_of(made.viewer, "threshold") is None, "the mask that is there is the same"
    share = 100 * entry["sample_voxels"][f"{finished.energies[4]:.2f}"] / np.prod(finished.stack().shape)
    assert f"{share:.3g} % of the volume is sample" in made.threshold.words.text()


def test_the_mask_follows_the_line_and_ends_as_the_stage_makes_it(made, model, finished, qtbot):
    cut = made.live.cut
    level = 1.3 * cut.level
    drag(made, level)
    qtbot.waitUntil(lambda: laid(model), timeout=TIMEOUT)
    layer = layer_of(model, "threshold")
    assert not layer_of(model, "mask").visible, "one mask at a time"
    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(layer.data[4, 12], cut.smoothed.grey[12] > level)
    assert finished.recipe.binarize.shift == 0, "nothing is decided while the line moves"
    let_go(made, qtbot)
    shift = finished.recipe.binarize.shift
    assert shift > 0
    assert made.form["shift"].value == shift, "the form says the same"
    assert "moved by +" in made.threshold.words.text()
    wanted = binarize_volume(finished.store.read("reconstruction", 4), finished.recipe.binarize).mask
    np.testing.assert_array_equal(layer.data[4], wanted)
    assert not layer.data[3].any(), "other energies are not known yet"
    assert tuple(layer.scale) == tuple(layer_of(model, "mask").scale)
    assert finished.state("binarize") == "outdated"
    made.threshold.found.click()
    qtbot.waitUntil(lambda: not layer.visible, timeout=TIMEOUT)
    assert finished.state("binarize") == "done"
    assert layer_of(model, "mask").visible


def test_one_energy_alone_has_a_threshold_of_its_own_and_gives_it_back(made, finished, qtbot):
    energy = float(finished.energies[4])
    made.threshold.scope.setCurrentText("this energy only")
    made.threshold.level.setValue(1.2 * made.live.cut.level)
    let_go(made, qtbot)
    ((at, level),) = finished.recipe.binarize.thresholds
    assert (at, level) == (energy, made.threshold.level.value())
    assert finished.recipe.binarize.shift == 0
    assert "set for this energy only" in made.threshold.words.text()
    assert not made.threshold.scope.isEnabled(), "it moves alone until it is given back"
    made.threshold.found.click()
    qtbot.waitUntil(lambda: made.threshold.scope.isEnabled(), timeout=TIMEOUT)
    assert finished.recipe.binarize.thresholds is None


def test_another_energy_and_another_method_are_looked_at_as_they_come(made, model, finished, qtbot):
    before = made.live.cut.level
    model.dims.set_point(0, 1.0)
    qtbot.waitUntil(lambda: made.live.cut is not None and made.live.cut.index == 1, timeout=TIMEOUT)
    assert made.live.cut.level != before
    assert made.against.plot.energy == finished.energies[1]
    made.form["method"].value = "otsu"
    qtbot.waitUntil(lambda: made.live.cut.parameters.method == "otsu", timeout=TIMEOUT)
    qtbot.waitUntil(lambda: laid(model), timeout=TIMEOUT)  # the masks there are were made otherwise
    made.threshold.ticked.setChecked(False)
    assert not layer_of(model, "threshold").visible


def test_the_keyboard_moves_the_line(made, finished, qtbot):
    from qtpy.QtCore import Qt

    before = made.threshold.histogram.level
    qtbot.keyClick(made.threshold.histogram, Qt.Key.Key_Right)
    assert made.threshold.histogram.level > before
    let_go(made, qtbot)
    assert finished.recipe.binarize.shift > 0


def test_the_moving_mask_leaves_with_the_panel(made, model, qtbot):
    drag(made, 1.3 * made.live.cut.level)
    qtbot.waitUntil(lambda: laid(model), timeout=TIMEOUT)
    made.hide()
    assert not layer_of(model, "threshold").visible


def test_a_mask_of_another_size_stands_out_and_is_a_click_away(made, model, finished, settle, qtbot):
    np.testing.assert_allclose(
        made.against.plot.curves[0].values, list(finished.record.stage("binarize")["thresholds"].values())
    )
    assert len(made.against.plot.curves) == 1, "none is odd"
    model.dims.set_point(0, 2.0)
    qtbot.waitUntil(lambda: made.live.cut.index == 2, timeout=TIMEOUT)
    made.threshold.scope.setCurrentText("this energy only")
    made.threshold.level.setValue(1.6 * made.live.cut.level)
    let_go(made, qtbot)
    made.primary.click()
    settle(model)
    odd = made.against.plot.curves[1]
    assert odd.energies.tolist() == [finished.energies[2]]
    assert f"another size at {finished.energies[2]:.1f} eV" in made.against.words.text()
    made.against.page.setCurrentText("Size of the mask")
    sizes = made.against.plot.curves[0].values
    assert sizes[2] < 0.97 * sizes[1]
    model.dims.set_point(0, 0.0)
    for layer in model.layers:
        layer.visible = False
    made.against.energy_chosen.emit(float(finished.energies[2]) + 0.4)
    assert model.dims.current_step[0] == 2
    assert layer_of(model, "raw").visible
    assert layer_of(model, "mask").visible


def test_particles_merged_with_the_bucket_are_taken_over(made, model, finished, settle, qtbot):
    layer = layer_of(model, "particles")
    before = finished.labels()
    assert set(np.unique(before)) == {0, 1, 2}
    assert made.edits.isHidden()
    layer.mode = "fill"
    assert layer.n_edit_dimensions == 3, "in all slices"
    layer.fill(np.argwhere(before == 2)[0], 1)
    layer.mode = "pan_zoom"
    assert layer.n_edit_dimensions == 2
    assert "You edited the particles" in made.edits.words.text()
    made.primary.click()
    assert state_of(model).job is None, "edits are not lost to a new run"
    assert "take your edits over" in made.message.text()
    made.edits.take.click()
    qtbot.waitUntil(lambda: finished.recipe.label.labels is not None, timeout=TIMEOUT)
    qtbot.waitUntil(lambda: "1 particle found" in made.header.text(), timeout=TIMEOUT)
    settle(model)
    np.testing.assert_array_equal(finished.labels(), np.where(before > 0, 1, 0))
    assert made.edits.isHidden()
    assert made.message.text() == ""


def test_edits_of_particles_are_dropped(made, model, finished, settle):
    layer = layer_of(model, "particles")
    layer.selected_label = 0
    layer.paint((12, 16, 16), 0)
    layer.data_setitem(tuple(np.argwhere(layer.data == 1)[:5].T), 0)
    assert not made.edits.isHidden()
    made.edits.drop.click()
    settle(model)
    np.testing.assert_array_equal(layer.data, finished.labels())
    assert made.edits.isHidden()
    assert finished.recipe.label.labels is None


def test_a_mask_painted_with_the_brush_becomes_the_mask_of_its_energy(made, model, finished, settle, qtbot):
    layer = layer_of(model, "mask")
    before = finished.masks().compute()
    model.dims.set_point(0, 3.0)
    layer.mode = "paint"
    layer.selected_label = 1
    layer.brush_size = 3
    layer.paint((3, 12, 2, 2), 1)
    layer.paint((1, 12, 2, 2), 1)
    layer.undo()
    assert "the masks at" in made.edits.words.text() or "the mask at" in made.edits.words.text()
    made.edits.take.click()
    qtbot.waitUntil(lambda: finished.recipe.binarize.masks is not None, timeout=TIMEOUT)
    qtbot.waitUntil(lambda: finished.state("label") == "done", timeout=TIMEOUT)
    settle(model)
    after = finished.masks().compute()
    assert after[3, 12, 2, 2]
    np.testing.assert_array_equal(np.delete(after, 3, 0), np.delete(before, 3, 0), "what was undone is undone")
    assert zarr.open(finished.recipe.binarize.masks, mode="r").shape == before.shape
    assert "no threshold is taken" in made.threshold.words.text()
    assert made.edits.isHidden()


def test_masks_on_disk_are_painted_in_memory():
    source = np.zeros((3, 4, 5, 6), np.uint8)
    masks = EditableMasks(source)
    masks[1, 2, 1:3, 1:4] = 1
    masks[1:2, 0:1, 0:1, 0:1] = np.full((1, 1, 1, 1), 7, np.uint8)
    masks[np.array([2, 1]), np.array([3, 3]), np.array([4, 4]), np.array([5, 5])] = np.array([5, 6])
    assert not source.any()
    assert masks[1, 2].sum() == 6
    assert masks[1, 0, 0, 0] == 7
    assert masks[np.array([2, 1]), np.array([3, 3]), np.array([4, 4]), np.array([5, 5])].tolist() == [5, 6]
    assert masks[0:3, 2].shape == (3, 5, 6)
    assert sorted(masks.edited) == [1, 2]
    np.testing.assert_array_equal(np.asarray(masks)[1], masks[1])


def test_where_nothing_was_reconstructed_the_panel_says_so(panel, model, scan_tiny, tmp_path):
    from napari_spectrotomo.workflow import Project

    state_of(model).project = Project.create(tmp_path / "p", scan_tiny)
    made = panel(BinarizePanel, model)
    assert "Reconstruct the scan first" in made.header.text()
    assert made.live.cut is None
