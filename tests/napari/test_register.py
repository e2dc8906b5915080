"""The Register panel shows whether volumes lie on each other, while they are registered and after."""

from __future__ import annotations

import numpy as np
import pytest

from napari_spectrotomo._napari.layers import go_to_energy, layer_of
from napari_spectrotomo._napari.layers.pictures import find_outlines, put_outlines
from napari_spectrotomo._napari.load.opening import show_done
from napari_spectrotomo._napari.register import RegisterPanel
from napari_spectrotomo._napari.register.views import KEY
from napari_spectrotomo._napari.state import state_of

pytestmark = pytest.mark.viewer

AT = 3
LONG = 60_000


@pytest.fixture
def made(panel, model, finished):
    state_of(model).project = finished
    show_done(model, finished)
    made = panel(RegisterPanel, model)
    go_to_energy(model, AT)
    return made


@pytest.fixture
def settled(made, qtbot):
    """Wait until outlines and the curve are what was asked for last."""

    def wait():
        qtbot.waitUntil(lambda: not (made.views.latest.busy or made.curve.latest.busy), timeout=LONG)

    return wait


def seen(model):
    return {layer.metadata["spectrotomo"] for layer in model.layers if layer.visible}


def press(model, key):
    model.keymap[next(k for k in model.keymap if str(k) == key.replace("-", "+"))](model)


def test_before_and_after_are_one_key_apart_in_every_picture(made, model, settled):
    made.views.buttons["overlay"].click()
    assert seen(model) == {"fixed", "registered"}
    press(model, KEY)
    assert seen(model) == {"fixed", "raw"}
    assert made.views.before.isChecked()
    made.views.before.click()
    assert seen(model) == {"fixed", "registered"}
    made.views.buttons["outlines"].click()
    settled()
    assert seen(model) == {"registered", "outlines"}
    press(model, KEY)
    settled()
    assert seen(model) == {"raw", "outlines"}
    made.views.buttons["checkerboard"].click()
    assert seen(model) == {"checkerboard"}
    before = np.asarray(layer_of(model, "checkerboard").data[AT])
    press(model, KEY)
    assert not np.array_equal(before, np.asarray(layer_of(model, "checkerboard").data[AT]), equal_nan=True)
    made.views.buttons["side by side"].click()
    assert not made.views.before.isEnabled(), "both are seen"
    press(model, KEY)
    assert "fixed" in seen(model)
    assert not model.canvas.grid.enabled


def test_the_key_is_given_back_with_the_panel(model, qtbot):
    made = RegisterPanel(model)
    assert any(str(key) == "Shift+B" for key in model.keymap)
    with qtbot.waitSignal(made.destroyed):
        made.deleteLater()
    assert not any(str(key) == "Shift+B" for key in model.keymap)


def test_pictures_are_not_of_the_fixed_energy_which_agrees_with_itself(made, model, finished):
    go_to_energy(model, finished.fixed_index)
    made.views.buttons["overlay"].click()
    assert round(model.dims.point[0]) == 0
    go_to_energy(model, 2)
    made.views.buttons["squared difference"].click()
    assert round(model.dims.point[0]) == 2, "the energy that is looked at stays"


def test_squared_differences_share_their_contrast_and_are_rendered_in_three_dimensions(made, model):
    made.views.buttons["squared difference"].click()
    raw, registered = (layer_of(model, f"difference {which}") for which in ("raw", "registered"))
    assert seen(model) == {"difference raw", "difference registered"}
    assert model.canvas.grid.enabled
    assert (raw.name_overlay.visible, registered.name_overlay.visible) == (True, True)
    raw.contrast_limits = (0.0, 0.4)
    assert tuple(registered.contrast_limits) == (0.0, 0.4)
    made.views.solid.click()
    assert model.dims.ndisplay == 3
    made.views.buttons["outlines"].click()
    assert model.dims.ndisplay == 2, "outlines are of a slice"
    assert not made.views.solid.isEnabled()
    assert not raw.name_overlay.visible


def test_outlines_follow_the_sliders_and_lie_where_the_masks_are(made, model, finished, settled):
    made.views.buttons["outlines"].click()
    settled()
    layer = layer_of(model, "outlines")
    full = int((finished.labels() > 0).sum(axis=(1, 2)).argmax())
    for energy, z in ((AT, full - 2), (5, full)):
        go_to_energy(model, energy)
        model.dims.set_current_step(1, z)
        settled()
        np.testing.assert_array_equal(layer.data[:, 0, 0], energy)
        np.testing.assert_array_equal(layer.data[:, 0, 1], z)
    fixed, other = find_pieces(finished, "raw", 5, full)
    for pieces, mask in (
        (fixed, finished.store.read("mask", finished.fixed_index)),
        (other, finished.store.read("mask", 5)),
    ):
        ends = pieces[:, 0, 2:]
        low, high = (mask[full][tuple(f(ends).astype(int).T)] for f in (np.floor, np.ceil))
        assert (low != high).mean() > 0.9, "each end lies between a voxel inside and one outside"
    made.views.before.click()
    settled()
    np.testing.assert_array_equal(layer.data, np.concatenate([fixed, other]))
    assert layer.name == f"Outlines raw {finished.energies[5]:.1f} eV"


def find_pieces(project, which, index, z):
    found = find_outlines(project, which, index, 0, z)
    return found.pieces[: found.fixed], found.pieces[found.fixed :]


def test_outlines_of_any_slice_lie_in_that_slice(finished, model):
    found = find_outlines(finished, "registered", 2, 2, 15)
    np.testing.assert_array_equal(found.pieces[:, 0, 3], 15)
    np.testing.assert_array_equal(found.pieces[:, 1, [0, 3]], 0)
    put_outlines(model, finished, found)
    assert layer_of(model, "outlines").name.startswith("Outlines registered")


def test_fields_are_as_wide_as_asked(made, model, finished):
    made.views.buttons["checkerboard"].click()
    assert made.views.fields.isVisibleTo(made)
    made.views.side.setValue(4)
    z, y, x = np.indices(finished.store.read("mask", 0).shape) // 4
    shown = np.asarray(layer_of(model, "checkerboard").data[AT])
    fixed, moved = finished.store.read("reconstruction", finished.fixed_index), finished.store.read("registered", AT)
    np.testing.assert_array_equal(shown, np.where((z + y + x) % 2 == 1, moved, fixed))


def test_layers_that_were_taken_away_come_back_with_the_picture(made, model):
    for role in ("fixed", "registered", "difference raw"):
        model.layers.remove(layer_of(model, role))
    made.views.buttons["squared difference"].click()
    assert seen(model) == {"difference raw", "difference registered"}
    made.views.buttons["overlay"].click()
    assert seen(model) == {"fixed", "registered"}


def test_the_curve_is_that_of_the_registration_and_goes_to_energies(made, model, finished, settled):
    settled()
    quality = finished.registration().quality
    drawn = {curve.name: curve for curve in made.curve.plot.curves}
    np.testing.assert_allclose(drawn["raw"].values, quality["mse_raw"])
    made.curve.energy_chosen.emit(float(finished.energies[6]) + 0.2)
    assert round(model.dims.point[0]) == 6
    assert made.curve.plot.energy == finished.energies[6]
    assert f"{finished.energies[6]:.1f} eV" in made.again.words.text()


def test_the_curve_fills_in_while_energies_are_registered(panel, model, finished, settle, qtbot):
    finished.discard("register")
    state_of(model).project = finished
    show_done(model, finished)
    made = panel(RegisterPanel, model)
    qtbot.waitUntil(lambda: not made.curve.latest.busy, timeout=LONG)
    assert not made.curve.isVisibleTo(made)
    assert not made.views.buttons["side by side"].isEnabled(), "there is no after yet"
    made.primary.click()
    assert seen(model) == {"fixed", "raw"}
    assert not made.form.isEnabled()
    assert made.views.isEnabledTo(made)
    counts, states = set(), set()

    def look(found):
        counts.add(int(np.isfinite(found[1]["mse_raw"]).sum()))
        states.add(made.curve.isVisibleTo(made))

    pictures = []
    state_of(model).job.progressed.connect(lambda report: report.done < report.total and pictures.append(seen(model)))
    made.curve.latest.done.connect(look)
    settle(model)
    qtbot.waitUntil(lambda: not made.curve.latest.busy, timeout=LONG)
    assert len(counts) > 3, "curves grow"
    assert all(picture == {"fixed", "raw"} for picture in pictures), (
        "volumes that are not moved yet are not shown instead"
    )
    assert "so far" not in made.curve.words.text()
    assert np.isfinite(made.curve.table["mse_registered"]).all()
    assert seen(model) == {"fixed", "registered"}
    assert not made.views.before.isChecked()


def test_a_registration_that_is_cancelled_keeps_its_part_of_the_curve(panel, model, finished, settle, qtbot):
    finished.discard("register")
    state_of(model).project = finished
    show_done(model, finished)
    made = panel(RegisterPanel, model)
    made.primary.click()
    state_of(model).job.progressed.connect(
        lambda report: report.stage == "register" and report.done == 3 and made.strip.cancel.click()
    )
    settle(model)
    qtbot.waitUntil(lambda: not made.curve.latest.busy, timeout=LONG)
    known = int(np.isfinite(made.curve.table["mse_raw"]).sum())
    assert 3 <= known < 9
    assert made.curve.words.text().startswith(f"{known} of 9 energies so far.")
    assert made.message.text().startswith("Stopped.")


def test_energies_with_a_flag_are_named_where_the_curve_is(made, model, finished, settled):
    settled()
    table = made.curve.table.assign(flag="")
    table.loc[4, "flag"] = "At this energy the whole lies 0.7 voxel off the trend of the series."
    made.curve.show_table((finished, table))
    assert f">{finished.energies[4]:.1f}</a> eV" in made.curve.words.text()
    made.curve.words.linkActivated.emit(str(finished.energies[4]))
    assert round(model.dims.point[0]) == 4
