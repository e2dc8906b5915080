"""The spectrum of what is drawn is that of the voxels under it, and follows it."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtWidgets import QFileDialog

from napari_spectrotomo._napari.layers import layer_of, put, show_stage, volumes_layer
from napari_spectrotomo._napari.roi_spectrum import RoiSpectrumPanel
from napari_spectrotomo._napari.roi_spectrum.regions import regions_of
from napari_spectrotomo._napari.state import state_of
from napari_spectrotomo.data import EnergyStack
from napari_spectrotomo.io import read_references

pytestmark = pytest.mark.viewer
SQUARE = np.array([[6, 2, 3], [6, 2, 7], [6, 5, 7], [6, 5, 3]], float)


@pytest.fixture
def raw(model):
    values = np.arange(3 * 12 * 16 * 16, dtype=np.float32).reshape(3, 12, 16, 16)
    return put(model, volumes_layer(EnergyStack.from_arrays(values, [7001.0, 7002.0, 7003.0], 50.0), "raw", "Raw"))


def region(layer, raw, depth=0):
    (found,) = regions_of(layer, raw, depth)
    return found, {tuple(int(i) for i in np.array(at) + [s.start for s in found.box]) for at in np.argwhere(found.mask)}


def test_a_rectangle_holds_the_voxels_inside_it(model, raw):
    layer = model.add_shapes([SQUARE], shape_type="rectangle", scale=(50, 50, 50), edge_color="red")
    found, voxels = region(layer, raw)
    assert voxels == {(6, y, x) for y in range(2, 6) for x in range(3, 8)}
    np.testing.assert_allclose(found.color, (1, 0, 0, 1))
    assert len(region(layer, raw, depth=1)[1]) == 3 * len(voxels)


def test_an_ellipse_lies_within_its_rectangle(model, raw):
    corners = np.array([[6, 2, 2], [6, 2, 12], [6, 12, 12], [6, 12, 2]], float)
    layer = model.add_shapes([corners], shape_type="ellipse", scale=(50, 50, 50))
    _, voxels = region(layer, raw)
    distances = {(6, y, x): (y - 7) ** 2 + (x - 7) ** 2 for y in range(16) for x in range(16)}
    assert {v for v, d in distances.items() if d < 25} <= voxels <= {v for v, d in distances.items() if d <= 25}


def test_a_shape_drawn_in_another_plane_holds_voxels_of_that_plane(model, raw):
    layer = model.add_shapes([SQUARE[:, [1, 0, 2]]], shape_type="polygon", scale=(50, 50, 50))
    _, voxels = region(layer, raw)
    assert voxels == {(z, 6, x) for z in range(2, 6) for x in range(3, 8)}


def test_a_point_is_a_ball_cut_off_at_the_faces(model, raw):
    layer = model.add_points([[0, 5, 5]], scale=(50, 50, 50))
    assert region(layer, raw)[1] == {(0, 5, 5)}
    assert region(layer, raw, depth=1)[1] == {(0, 5, 5), (1, 5, 5), (0, 4, 5), (0, 6, 5), (0, 5, 4), (0, 5, 6)}


def test_a_label_is_the_selected_one(model, raw):
    values = np.zeros((12, 16, 16), np.int32)
    values[3, 4:6, 7], values[1, 1, 1] = 2, 1
    layer = model.add_labels(values, scale=(50, 50, 50))
    layer.selected_label = 2
    assert region(layer, raw)[1] == {(3, 4, 7), (3, 5, 7)}


def test_what_lies_outside_the_volume_has_no_spectrum(model, raw):
    layer = model.add_shapes([np.add(SQUARE, [0, 100, 0])], shape_type="rectangle", scale=(50, 50, 50))
    assert regions_of(layer, raw, 1) == []


@pytest.fixture
def made(panel, model, finished):
    state_of(model).project = finished
    show_stage(model, finished, "register")
    return panel(RoiSpectrumPanel, model)


def expected(project, name, mask):
    return np.nanmean(np.asarray(project.stack(name).data)[:, mask], axis=1)


def test_the_spectrum_follows_a_shape_as_it_moves(made, model, finished, qtbot):
    made.draw.click()
    made.depth.value = 0
    layer = model.layers["Regions"]
    square = np.array([[16, 12, 12], [16, 12, 17], [16, 16, 17], [16, 16, 12]], float)
    layer.add_rectangles(square)
    for shift in (0, 3):
        if shift:  # as napari moves a selected shape while it is dragged: no data event until the mouse is released
            layer._data_view.shift(0, np.array([0, shift]))
            layer.refresh()
        mask = np.zeros((24, 32, 32), bool)
        mask[16, 12:17, 12 + shift : 18 + shift] = True
        for name in ("reconstruction", "registered"):
            want = expected(finished, name, mask)
            which = "raw" if name == "reconstruction" else name

            def reached(want=want, which=which):
                (curve,) = [s for s in made.spectra if s.stack == which]
                np.testing.assert_allclose(curve.mean, want, rtol=1e-5)

            qtbot.waitUntil(lambda reached=reached: not _fails(reached), timeout=20_000)
    raw, registered = made.plot.curves
    assert (raw.dashed, registered.dashed) == (True, False)
    assert tuple(raw.color) == tuple(layer.edge_color[0])
    assert made.plot.widget is not None


def _fails(check):
    try:
        check()
    except (AssertionError, ValueError):
        return True
    return False


def test_the_line_stands_at_the_energy_shown(made, model, finished):
    layer_of(model, "raw").visible = True
    model.dims.set_current_step(0, 2)
    assert made.plot.energy == finished.energies[2]
    made.plot.energy_chosen.emit(float(finished.energies[5]) + 0.4)
    assert model.dims.current_step[0] == 5


@pytest.mark.parametrize("name", ["roi.csv", "roi.xdi"])
def test_spectra_are_exported_in_the_format_that_the_name_asks_for(
    made, model, qtbot, tmp_path, finished, monkeypatch, name
):
    finished.change("spectra", element="Mn")
    finished.record.stage("spectra")["edge_map"]["energy_shift"] |= {"shift_eV": 1.5}
    made.pick.click()
    model.layers["Picked points"].add([[16, 14, 14]])
    qtbot.waitUntil(lambda: len(made.spectra) == 2, timeout=20_000)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / name), ""))
    made.export.click()
    found = read_references(tmp_path)
    assert len(found) == 2
    for (energy, mu), spectrum in zip(found.values(), made.spectra, strict=True):
        np.testing.assert_allclose(energy, finished.energies + 1.5)
        np.testing.assert_allclose(mu, spectrum.mean, rtol=1e-6)
    assert "energies shifted by +1.50 eV" in made.message.text()
    assert ("# Element.symbol: Mn" in next(tmp_path.glob("roi*")).read_text()) == name.endswith("xdi")


def test_a_file_that_cannot_be_written_is_said_in_the_panel(made, model, qtbot, tmp_path, monkeypatch):
    made.pick.click()
    model.layers["Picked points"].add([[16, 14, 14]])
    qtbot.waitUntil(lambda: len(made.spectra) == 2, timeout=20_000)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "roi.docx"), ""))
    made.export.click()
    assert ".csv or .xdi" in made.message.text()


def test_the_standard_error_is_shaded_about_the_spectra(made, model, qtbot):
    made.pick.click()
    model.layers["Picked points"].add([[16, 14, 14]])
    qtbot.waitUntil(lambda: len(made.plot.curves) == 2, timeout=20_000)
    assert len(made.plot._bands) == 2
    model.layers["Picked points"].data = []
    qtbot.waitUntil(lambda: not made.plot.curves, timeout=20_000)
    assert not made.plot._bands
