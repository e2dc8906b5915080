"""The Edge map panel shows the distribution of each particle's edge energies."""

from __future__ import annotations

import numpy as np
import pytest

import napari_spectrotomo as st
from napari_spectrotomo._napari.edge_map import EdgeMapPanel
from napari_spectrotomo._napari.edge_map.distribution import distributions
from napari_spectrotomo._napari.layers import layer_of, show_stage
from napari_spectrotomo._napari.layers.maps import map_layers
from napari_spectrotomo._napari.load.opening import show_done
from napari_spectrotomo._napari.readable import color_of
from napari_spectrotomo._napari.settings import setting
from napari_spectrotomo._napari.state import state_of

pytestmark = pytest.mark.viewer


def test_each_particle_has_its_own_distribution_that_adds_up_to_one():
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], 4000).reshape(3, 40, 100)
    energy = np.where(labels == 1, 6548.0, 6552.0) + rng.normal(0, 0.3, labels.shape)
    energy[0] = np.nan
    one, two = distributions(energy, labels)
    assert (one.name, two.name) == ("particle 1", "particle 2")
    assert one.energies[np.argmax(one.values)] == pytest.approx(6548, abs=0.2)
    assert two.energies[np.argmax(two.values)] == pytest.approx(6552, abs=0.2)
    for curve in (one, two):
        assert curve.values.sum() * np.diff(curve.energies)[0] == pytest.approx(1, abs=0.05)


def test_without_a_map_there_is_nothing_to_draw():
    assert distributions(np.full((2, 2, 2), np.nan), np.ones((2, 2, 2), int)) == []


def test_the_panel_draws_every_particle_and_shows_each_map(panel, model, finished, qtbot):
    state_of(model).project = finished
    show_stage(model, finished, "spectra")
    made = panel(EdgeMapPanel, model)
    qtbot.waitUntil(lambda: len(made.plot.curves) == len(finished.particles()), timeout=20_000)
    assert "half-height map, e0 65" in made.header.text()
    assert not made.maps["valence"].isVisible()
    for role in ("edge energy", "edge error", "edge step"):
        made.maps[role].click()
        assert [layer.metadata["spectrotomo"] for layer in model.layers if layer.visible] == [role]
        assert model.layers.selection.active.visible


def test_images_at_two_energies_have_no_map_to_show(panel, model, qtbot, tmp_path):
    rng = np.random.default_rng(0)
    y, x = np.indices((40, 48))
    disk = np.hypot(y - 20, x - 24) < 12
    images = [0.2 + step * disk + rng.normal(0, 0.01, disk.shape) for step in (0.5, 1.0)]
    flats = [np.full((1, 40, 48), 40000, np.uint16)] * 2
    counts = [(40000 * np.exp(-i))[None].astype(np.uint16) for i in images]
    (tmp_path / "scan").mkdir()
    st.write_scan(st.Scan.from_arrays(counts, [6500, 6600], [0.0], flats, pixel_size=30.0), tmp_path / "scan", "fxi")
    project = st.run(tmp_path / "scan", tmp_path / "p", until="spectra")
    state_of(model).project = project
    for stage in ("reconstruct", "label", "register", "spectra"):
        show_stage(model, project, stage)
    assert {layer.name for layer in model.layers} >= {"Raw", "Registered", "Particles"}
    low, high = model.layers["Raw"].contrast_limits
    assert 0.1 < low < 0.3 < 1.0 < high
    made = panel(EdgeMapPanel, model)
    assert "2 energies are too few for an edge" in made.header.text()
    assert not made.plot.isVisible()
    qtbot.waitUntil(lambda: made.table.rowCount() == 1, timeout=20_000)
    assert made.table.item(0, 0).text() == "1"
    assert made.table.item(0, 2).text() == "–"
    model.layers.clear()
    show_done(model, project)
    assert layer_of(model, "registered").visible  # as there is no map to see


@pytest.fixture
def mapped(panel, model, finished, qtbot):
    """The panel of a finished project, when its maps are seen."""
    state_of(model).project = finished
    show_stage(model, finished, "label")
    show_stage(model, finished, "spectra")
    made = panel(EdgeMapPanel, model)
    qtbot.waitUntil(lambda: made.shown.seen is not None, timeout=20_000)
    return made


def test_the_slider_leaves_out_weak_edge_steps_at_once_and_gives_them_back(mapped, model, qtbot):
    layer, step = layer_of(model, "edge energy"), layer_of(model, "edge step").data
    whole = layer.data
    least = round(float(np.nanmedian(step)), 3)
    curves = mapped.plot.curves
    mapped.step.slider.setValue(least)
    qtbot.waitUntil(lambda: layer.data is not whole, timeout=20_000)
    known = np.isfinite(whole)
    np.testing.assert_array_equal(np.isfinite(layer.data), known & (step >= np.float32(least)))
    assert "% of the voxels" in mapped.step.kept.text()
    assert mapped.step.label.text() == "edge step ≥ (1/µm)"
    assert mapped.plot.curves[0].values.tolist() != curves[0].values.tolist()
    mapped.step.slider.setValue(0)
    qtbot.waitUntil(lambda: layer.data is whole, timeout=20_000)


def test_a_least_edge_step_goes_into_the_recipe_and_into_the_particles_numbers(mapped, model, finished, settle, qtbot):
    assert not mapped.step.keep.isVisible()
    least = round(float(np.nanpercentile(layer_of(model, "edge step").data, 30)), 3)
    mapped.step.slider.setValue(least)
    qtbot.waitUntil(lambda: mapped.shown.seen.look.least == least, timeout=20_000)
    assert mapped.step.keep.isVisible()
    mapped.step.keep.click()
    assert finished.recipe.spectra.step_above == least
    assert finished.state("spectra") == "outdated"
    assert "out of date" in mapped.box.title()
    assert mapped.step.isVisible()
    mapped.primary.click()
    settle(model)
    assert mapped.message.text() == ""
    edge = finished.edge_map()
    assert np.isnan(edge.energy[edge.step < least]).all()
    assert finished.particles()["undefined"].max() > 0.1
    assert f"Edge steps below {least:g} 1/µm are left out" in mapped.header.text()
    assert mapped.step.value == least
    assert not mapped.step.keep.isVisible()


def test_colours_and_percentiles_are_used_and_kept_as_preferences(mapped, model, qtbot):
    from npe2 import PluginManager

    PluginManager.instance().discover()
    layer = layer_of(model, "edge energy")
    mapped.looks.colors.setCurrentText("cividis")
    mapped.looks.low.setValue(10)
    qtbot.waitUntil(lambda: layer.colormap.name == "cividis", timeout=20_000)
    qtbot.waitUntil(lambda: mapped.shown.seen.look.low == 10, timeout=20_000)
    known = layer.data[np.isfinite(layer.data)]
    assert layer.contrast_limits == pytest.approx(np.percentile(known, (10, 98)), abs=0.02)
    assert (setting("map_colormap"), setting("map_low"), setting("map_high")) == ("cividis", 10, 98)
    assert map_layers(state_of(model).project)["edge energy"][1]["colormap"].name == "cividis"
    assert layer_of(model, "edge error").colormap.name == "magma"


def test_diverging_colours_are_white_where_the_line_in_the_plot_is_put(mapped, model, qtbot):
    layer = layer_of(model, "edge energy")
    assert not mapped.looks.white_row.isVisible()
    assert mapped.plot.energy is None
    mapped.looks.colors.setCurrentText("blue-orange")
    qtbot.waitUntil(lambda: mapped.plot.energy is not None, timeout=20_000)
    assert mapped.looks.white_row.isVisible()
    median = float(np.nanmedian(layer.data))
    assert mapped.looks.middle.value() == pytest.approx(median, abs=0.01)
    mapped.plot.energy_chosen.emit(median + 0.5)
    qtbot.waitUntil(lambda: mapped.plot.energy == pytest.approx(median + 0.5, abs=0.01), timeout=20_000)
    assert np.mean(layer.contrast_limits) == pytest.approx(median + 0.5, abs=0.01)
    mapped.looks.median.click()
    qtbot.waitUntil(lambda: mapped.plot.energy == pytest.approx(median, abs=0.01), timeout=20_000)


def test_what_was_changed_in_the_layers_own_controls_stays(mapped, model, qtbot):
    layer = layer_of(model, "edge energy")
    layer.contrast_limits = (6540, 6560)
    layer.colormap = "plasma"
    seen = mapped.shown.seen
    state_of(model).touch()
    qtbot.waitUntil(lambda: mapped.shown.seen is not seen, timeout=20_000)
    assert layer.contrast_limits == [6540, 6560]
    assert layer.colormap.name == "plasma"


def test_every_map_has_a_bar_and_says_its_unit_in_the_picture(mapped, model):
    units = {"edge energy": "(eV)", "edge error": "(eV)", "edge step": "(1/µm)"}
    for role, unit in units.items():
        layer = layer_of(model, role)
        assert layer.colorbar.visible
        assert layer.name_overlay.visible
        assert layer.name_overlay.position == layer.colorbar.position == "top_right"
        assert layer.name.endswith(unit)


def test_particles_curves_and_rows_share_their_colours(mapped, model):
    shown = layer_of(model, "particles").colormap
    for curve in mapped.plot.curves:
        number = int(curve.name.split()[-1])
        np.testing.assert_allclose(
            shown.map(np.array([number]))[0, :3], color_of(curve.color).getRgbF()[:3], atol=0.005
        )
    assert mapped.table.item(0, 0).foreground().color() != mapped.table.item(0, 1).foreground().color()


def test_the_header_says_what_was_averaged(mapped, finished):
    said = "Spectra were smoothed: the map resolves nothing finer than 300 nm, beside what the tomograms resolve."
    finished.record.stage("spectra")["edge_map"]["averaged"] = said
    assert "Spectra were smoothed: the map resolves nothing finer than 300 nm." in mapped.headline()


def visible(model):
    return [layer.metadata["spectrotomo"] for layer in model.layers if layer.visible]


def test_the_map_is_painted_on_the_surface_cut_open_and_seen_in_slices_again(mapped, model, qtbot):
    model.dims.set_current_step(0, 3)
    mapped.solid.on.click()
    qtbot.waitUntil(lambda: "surface" in visible(model), timeout=20_000)
    qtbot.waitUntil(lambda: model.layers.selection.active is layer_of(model, "surface"), timeout=20_000)
    surface, base = layer_of(model, "surface"), layer_of(model, "edge energy")
    assert model.dims.ndisplay == 3
    assert set(visible(model)) <= {"surface", "cut", "unknown"}
    assert surface.name == "Edge energy (eV), surface"
    assert (tuple(surface.scale), surface.units) == (tuple(base.scale), base.units)
    qtbot.waitUntil(lambda: surface.colorbar.visible, timeout=20_000)
    assert surface.contrast_limits == base.contrast_limits
    base.contrast_limits = (6545, 6555)
    assert surface.contrast_limits == [6545, 6555]

    mapped.solid.axis.setCurrentIndex(1)
    qtbot.waitUntil(lambda: "cut" in visible(model), timeout=20_000)
    plane = surface.experimental_clipping_planes[0]
    at = mapped.solid.at.value()
    assert plane.position[0] == pytest.approx((at - 0.5) * surface.scale[0])
    assert plane.normal == (1, 0, 0)
    assert layer_of(model, "cut").vertices[:, 0].min() == pytest.approx(at - 0.5, abs=0.05)
    mapped.solid.at.setValue(at + 1)
    assert surface.experimental_clipping_planes[0].position[0] > plane.position[0]
    qtbot.waitUntil(lambda: layer_of(model, "cut").vertices[:, 0].min() > at, timeout=20_000)
    mapped.solid.flipped.click()
    qtbot.waitUntil(lambda: layer_of(model, "cut").vertices[:, 0].min() > at + 1, timeout=20_000)
    qtbot.waitUntil(lambda: np.dot(model.camera.view_direction, (-1, 0, 0)) > 0.5, timeout=20_000)  # one looks at it

    mapped.maps["edge error"].click()
    qtbot.waitUntil(lambda: surface.name == "Edge energy error (eV), surface", timeout=20_000)
    qtbot.waitUntil(lambda: surface.colormap.name == "magma", timeout=20_000)

    mapped.solid.on.click()
    qtbot.waitUntil(lambda: visible(model) == ["edge error"], timeout=20_000)
    assert model.dims.ndisplay == 2
    assert model.dims.current_step[0] == 3


def test_naparis_own_switch_to_three_dimensions_shows_the_surface_and_back_the_slices(mapped, model, qtbot):
    model.dims.ndisplay = 3
    assert mapped.solid.on.isChecked()
    qtbot.waitUntil(lambda: "surface" in visible(model), timeout=20_000)
    model.dims.ndisplay = 2
    assert not mapped.solid.on.isChecked()
    qtbot.waitUntil(lambda: visible(model) == ["edge energy"], timeout=20_000)


def test_what_is_left_out_is_grey_on_the_surface(mapped, model, qtbot):
    mapped.solid.on.click()
    qtbot.waitUntil(lambda: "surface" in visible(model), timeout=20_000)
    assert "unknown" not in visible(model)
    mapped.step.slider.setValue(float(np.nanmedian(layer_of(model, "edge step").data)))
    qtbot.waitUntil(lambda: "unknown" in visible(model), timeout=20_000)
    grey = layer_of(model, "unknown").colormap.map(np.array([0.5]))[0, :3]
    assert np.ptp(grey) < 0.05
    assert np.isfinite(layer_of(model, "surface").vertex_values).all()


def test_a_key_of_the_viewer_paints_the_surface_too(mapped, model, qtbot):
    assert "Shift-V" in mapped.solid.on.toolTip()
    next(action for key, action in model.keymap.items() if str(key) == "Shift+V")(model)
    qtbot.waitUntil(lambda: "surface" in visible(model), timeout=20_000)
