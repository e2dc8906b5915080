"""One energy is registered again from the Register panel, from its own settings or from where it was put by hand."""

from __future__ import annotations

import numpy as np
import pytest

from napari_spectrotomo._napari.docks import open_panel
from napari_spectrotomo._napari.layers import layer_of, lying
from napari_spectrotomo._napari.load.opening import show_done
from napari_spectrotomo._napari.register import RegisterPanel
from napari_spectrotomo._napari.state import state_of

pytestmark = pytest.mark.viewer

AT = 3


@pytest.fixture
def made(panel, model, finished):
    state_of(model).project = finished
    show_done(model, finished)
    made = panel(RegisterPanel, model)
    model.dims.set_point(0, float(AT))
    return made


def test_the_section_is_about_the_energy_of_the_slider(made, model, finished):
    assert f"{finished.energies[AT]:.1f} eV" in made.again.words.text()
    assert made.again.redo.isEnabled()
    model.dims.set_point(0, 8.0)
    assert "is the fixed energy and stays" in made.again.words.text()
    assert not made.again.redo.isEnabled()
    assert not made.again.nudge.isEnabled()


def test_one_energy_is_registered_again_with_its_own_settings(made, model, finished, settle):
    before = finished.registration()
    made.again.form["transform"].value = "translation"
    made.again.form["refine"].value = "none"
    made.again.redo.click()
    assert made.strip.isVisible()
    assert not made.again.isEnabled()
    assert made.views.isEnabled(), "what there is can be looked at meanwhile"
    settle(model)
    after = finished.registration()
    others = np.arange(len(before.energies)) != AT
    np.testing.assert_array_equal(after.matrices[others], before.matrices[others])
    np.testing.assert_array_equal(after.matrices[AT][:3, :3], np.eye(3))
    assert finished.recipe.register.transform == "affine"
    assert finished.state("register") == "done"
    assert "is done again" in made.message.text()
    assert "registered again by hand" in made.again.words.text()
    assert model.dims.current_step[0] == AT
    assert [layer.name for layer in model.layers if layer.visible] == ["Fixed 6710.0 eV", "Registered"]
    assert layer_of(model, "edge energy") is None, "it was made from the volume before"
    shown = np.asarray(layer_of(model, "registered").data[AT])
    np.testing.assert_array_equal(shown, finished.store.read("registered", AT))


def test_a_nudged_volume_is_kept_where_it_lies(made, model, finished, settle):
    before = finished.registration().matrix_of(AT)
    assert not made.again.by_hand.isVisible()
    made.again.nudge.click()
    assert model.dims.ndisplay == 3
    assert made.again.by_hand.isVisible()
    green = layer_of(model, "nudge")
    assert [layer for layer in model.layers if layer.visible] == [layer_of(model, "fixed"), green]
    np.testing.assert_allclose(lying(green), before, atol=1e-9)
    made.again.moves.shifts[2].setValue(2.0)
    # the volume is drawn 2 voxels further along x, so a fixed point is found 2 voxels further back in it
    np.testing.assert_allclose(lying(green), before @ shifted(x=-2), atol=1e-9)
    made.again.moves.shifts[2].setValue(1.0)
    made.again.keep.click()
    settle(model)
    after = finished.registration()
    np.testing.assert_allclose(after.matrices[AT], before @ shifted(x=-1), atol=1e-9)
    assert layer_of(model, "nudge") is None
    assert model.dims.ndisplay == 2
    assert "placed by hand" in made.again.words.text()


def shifted(x: float) -> np.ndarray:
    matrix = np.eye(4)
    matrix[2, 3] = x
    return matrix


def test_turns_are_about_the_middle_of_the_sample_and_add_to_what_was_dragged(made, model):
    made.again.nudge.click()
    green = layer_of(model, "nudge")
    labels = layer_of(model, "particles").data
    found = np.argwhere(labels > 0)
    middle = np.append((found.min(axis=0) + found.max(axis=0)) / 2, 1)
    before = lying(green)
    made.again.moves.turns[0].setValue(10.0)
    np.testing.assert_allclose((lying(green) @ middle), before @ middle, atol=1.0)
    drag = np.eye(4)
    drag[1, 3] = 5 * green.scale[1]
    green.affine = drag @ green.affine.affine_matrix
    made.again.moves.turns[0].setValue(0.0)
    moved = np.linalg.inv(lying(green)) @ before
    assert np.linalg.norm(moved[:3, 3]) == pytest.approx(5.0, abs=0.1)


def test_a_nudge_is_a_start_or_is_given_up(made, model, finished, settle):
    before = finished.registration()
    made.again.nudge.click()
    made.again.moves.shifts[0].setValue(0.5)
    made.again.drop.click()
    assert layer_of(model, "nudge") is None
    assert not made.again.by_hand.isVisible()
    assert made.again.nudge.isEnabled()
    made.again.nudge.click()
    made.again.moves.shifts[1].setValue(0.8)
    made.again.take.click()
    settle(model)
    assert made.message.text().startswith("6545.0 eV is done again")
    note = finished.record.stage("register")["redone"][str(AT)]
    assert note["start"] is not None
    assert not note["kept"]
    after = finished.registration().matrices[AT] @ [12, 16, 16, 1]
    assert np.linalg.norm(after - before.matrices[AT] @ [12, 16, 16, 1]) < 0.5


def test_work_that_is_cancelled_changes_nothing_and_leaves_the_nudge(made, model, finished, settle):
    before = (finished.path / "registration.json").read_bytes()
    made.again.nudge.click()
    made.again.take.click()
    state_of(model).job.cancel()
    settle(model)
    assert made.message.text().startswith("Stopped.")
    assert (finished.path / "registration.json").read_bytes() == before
    assert layer_of(model, "nudge") is not None
    assert layer_of(model, "edge energy") is not None


def test_the_nudged_volume_is_seen_in_a_slice_too(make_napari_viewer, finished):
    viewer = make_napari_viewer(show=True)
    state_of(viewer).project = finished
    show_done(viewer, finished)
    made = open_panel(viewer, "Register")
    viewer.dims.set_point(0, float(AT))
    made.again.nudge.click()
    for ndisplay in (3, 2):
        viewer.dims.ndisplay = ndisplay
        picture = viewer.screenshot(canvas_only=True, flash=False)
        assert (picture[..., 1] > 60).any(), f"green over magenta, in {ndisplay}-D"
