"""The spectrum of what is drawn is that of the voxels under it, and follows it."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtWidgets import QApplication, QFileDialog

from napari_spectrotomo._napari.layers import layer_of, put, show_stage, volumes_layer
from napari_spectrotomo._napari.roi_spectrum import RoiSpectrumPanel
from napari_spectrotomo._napari.roi_spectrum.regions import LabelRegions, regions_of
from napari_spectrotomo._napari.state import state_of
from napari_spectrotomo.data import EnergyStack
from napari_spectrotomo.io import read_references
from napari_spectrotomo.progress import Progress

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


def test_labels_are_regions_and_of_many_the_selected_one_is(model, raw):
    values = np.zeros((12, 16, 16), np.int32)
    values[3, 4:6, 7], values[1, 1, 1] = 2, 1
    layer = model.add_labels(values, scale=(50, 50, 50))
    one, two = LabelRegions(layer.data, 2, layer.get_color, "label").find()
    assert [one.name, two.name, one.selected, two.selected] == ["label 1", "label 2", False, True]
    assert (two.size, two.box[0]) == (2, slice(3, 4))
    layer.data[5, 5, :10] = np.arange(3, 13)
    (only,) = LabelRegions(layer.data, 2, layer.get_color, "label").find()
    assert only.name == "label 2"


def test_what_is_drawn_without_depth_lies_in_the_slice_shown(model, raw):
    layer = model.add_shapes([SQUARE[:, 1:]], shape_type="rectangle", scale=(50, 50))
    (found,) = regions_of(layer, raw, 1, shown=4.0)
    assert found.box[0] == slice(3, 6)
    assert found.size == 3 * len(region(model.add_shapes([SQUARE], shape_type="rectangle", scale=(50,) * 3), raw)[1])
    assert regions_of(layer, raw, 1) == []


def test_what_lies_outside_the_volume_has_no_spectrum(model, raw):
    layer = model.add_shapes([np.add(SQUARE, [0, 100, 0])], shape_type="rectangle", scale=(50, 50, 50))
    assert regions_of(layer, raw, 1) == []


@pytest.fixture
def made(panel, model, finished):
    state_of(model).project = finished
    show_stage(model, finished, "label")
    show_stage(model, finished, "register")
    return panel(RoiSpectrumPanel, model)


@pytest.fixture
def settled(made, qtbot):
    """Wait until so many whole spectra are drawn."""

    def wait(count):
        qtbot.waitUntil(lambda: len(made.spectra) == count and all(s.whole for s in made.spectra), timeout=20_000)
        return made.spectra

    return wait


def expected(project, name, mask):
    return np.nanmean(np.asarray(project.stack(name).data)[:, mask], axis=1)


def pick(made, model, *places):
    made.controls.pick.click()
    layer = model.layers["Picked points"]
    for place in places:
        layer.add([place])
    return layer


def answer_dialog(monkeypatch, path):
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))


def test_particles_have_spectra_as_soon_as_the_panel_opens(made, finished, settled):
    settled(4)
    labels = finished.labels()
    (curve,) = [s for s in made.spectra if s.name == "particle 1 registered"]
    np.testing.assert_allclose(curve.mean, expected(finished, "registered", labels == 1), rtol=1e-5)
    assert "particle" in made.key.text()
    made.controls.draw.click()
    settled(0)


def test_the_spectrum_follows_a_shape_as_it_moves(made, model, finished, qtbot):
    made.controls.draw.click()
    made.controls.depth.value = 0
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


def test_regions_of_several_layers_are_followed_at_once_each_in_a_colour_of_its_own(made, model, settled):
    made.controls.draw.click()
    shapes = model.layers["Regions"]
    for x in (10, 14):
        shapes.add_ellipses(np.array([[16, 12, x], [16, 12, x + 3], [16, 15, x + 3], [16, 15, x]], float))
    pick(made, model, [16, 14, 14])
    spectra = settled(6)
    assert [s.region.name for s in spectra[::2]] == ["ellipse 1", "ellipse 2", "point 1"]
    assert len({tuple(np.round(s.region.color, 3)) for s in spectra}) == 3
    made.controls.chosen.tick(shapes, False)
    assert [s.region.name for s in settled(2)] == ["point 1", "point 1"]
    made.controls.chosen.tick(shapes)
    settled(6)


def test_regions_of_the_same_name_are_told_apart_by_their_layers(made, model, settled):
    for _ in range(2):
        made.controls.pick.click()
    for k, layer in enumerate([x for x in model.layers if x.name.startswith("Picked")]):
        layer.add([[16, 14, 12 + 2 * k]])
    assert {s.region.name for s in settled(4)} == {"Picked points: point 1", "Picked points [1]: point 1"}


def test_the_selected_region_is_drawn_thick(made, model, settled):
    layer = pick(made, model, [16, 14, 14], [16, 16, 14])
    settled(4)
    layer.selected_data = {0}
    made.follower.renew()
    settled(4)
    assert "<b>point" in made.key.text() or made.plot.curves[0].width > made.plot.curves[-1].width


def test_a_region_that_follows_the_slice_goes_with_the_slider(made, model, finished, settled, qtbot):
    model.dims.set_current_step(1, 14)
    pick(made, model, [14, 14, 14])
    settled(2)
    made.controls.scroll.setChecked(True)
    layer = model.layers["Picked points"]
    assert layer.ndim == 2
    for z in (14, 17):
        model.dims.set_current_step(1, z)
        qtbot.waitUntil(lambda z=z: bool(made.spectra) and made.spectra[0].region.box[0] == slice(z - 1, z + 2))
    made.controls.scroll.setChecked(False)
    np.testing.assert_allclose(model.layers["Picked points"].data, [[17, 14, 14]])


def test_a_point_is_as_large_as_the_ball_it_stands_for(made, model, settled):
    layer = pick(made, model, [16, 14, 14])
    made.controls.depth.value = 2
    assert layer.size[0] == 5
    assert settled(2)[0].region.size == 33


def test_normalised_spectra_are_those_of_the_maps_windows(made, model, finished, settled):
    made.controls.normalized.setChecked(True)
    table = finished.spectra()
    for spectrum in settled(4):
        number = spectrum.region.name.split()[-1]
        np.testing.assert_allclose(spectrum.mean, table[f"particle_{number}_{spectrum.stack}"], atol=2e-3)
    assert "normalised" in made.plot._label


def test_noise_that_is_normalised_is_said_to_be_noise(made, model, settled):
    made.controls.normalized.setChecked(True)
    pick(made, model, [1, 1, 1])
    settled(2)
    assert "does not stand out" in made.note.text() or "no edge step" in made.note.text()


def test_raw_or_registered_can_be_left_out(made, settled):
    made.controls.shown["raw"].setChecked(False)
    assert {s.stack for s in settled(2)} == {"registered"}
    assert all(curve.name for curve in made.plot.curves)


def test_references_are_laid_over_normalised_spectra_only(made, model, settled, qtbot, tmp_path, finished):
    settled(4)
    energies = np.arange(6400.0, 6800.0, 1.0)
    mu = np.arctan((energies - 6551) / 3)
    np.savetxt(tmp_path / "oxide.txt", np.column_stack([energies, mu]))
    made.controls.references.files = (str(tmp_path / "oxide.txt"),)
    made.controls.references.tick.setChecked(True)
    assert made.controls.normalized.isChecked()
    qtbot.waitUntil(lambda: len(made.plot.curves) == 5, timeout=20_000)
    laid = made.plot.curves[-1]
    assert laid.name == "oxide"
    assert laid.values[0] == pytest.approx(0, abs=0.1)
    assert laid.values[-1] == pytest.approx(1, abs=0.1)
    made.controls.normalized.setChecked(False)
    qtbot.waitUntil(lambda: len(made.plot.curves) == 4, timeout=20_000)


def test_a_reference_that_cannot_be_read_is_said_in_the_panel(made, settled, qtbot, tmp_path):
    made.controls.references.files = (str(tmp_path / "none.xdi"),)
    made.controls.references.tick.setChecked(True)
    qtbot.waitUntil(lambda: "no file" in made.message.text(), timeout=20_000)


def test_the_line_stands_at_the_energy_shown(made, model, finished):
    layer_of(model, "raw").visible = True
    model.dims.set_current_step(0, 2)
    assert made.plot.energy == finished.energies[2]
    made.plot.energy_chosen.emit(float(finished.energies[5]) + 0.4)
    assert model.dims.current_step[0] == 5


@pytest.mark.parametrize("name", ["roi.csv", "roi.xdi"])
def test_spectra_are_exported_in_the_format_that_the_name_asks_for(
    made, model, settled, tmp_path, finished, monkeypatch, name
):
    finished.change("spectra", element="Mn")
    finished.record.stage("spectra")["edge_map"]["energy_shift"] |= {"shift_eV": 1.5}
    pick(made, model, [16, 14, 14])
    settled(2)
    answer_dialog(monkeypatch, tmp_path / name)
    made.taking.export_numbers()
    found = read_references(tmp_path)
    assert len(found) == 2
    for (energy, mu), spectrum in zip(found.values(), made.spectra, strict=True):
        np.testing.assert_allclose(energy, finished.energies + 1.5)
        np.testing.assert_allclose(mu, spectrum.mean, rtol=1e-6)
    assert "energies shifted by +1.50 eV" in made.message.text()
    assert ("# Element.symbol: Mn" in next(tmp_path.glob("roi*")).read_text()) == name.endswith("xdi")


def test_energies_that_are_shifted_are_shifted_in_the_plot_and_in_its_line(made, model, finished, settled):
    finished.record.stage("spectra")["edge_map"]["energy_shift"] |= {"shift_eV": 1.5}
    layer_of(model, "raw").visible = True
    made.refresh()
    settled(4)
    model.dims.set_current_step(0, 2)
    assert made.plot.energy == finished.energies[2] + 1.5
    assert made.plot.curves[0].energies[0] == finished.energies[0] + 1.5
    assert "+1.50 eV" in made.plot.below.text()
    made.plot.energy_chosen.emit(float(finished.energies[5]) + 1.4)
    assert model.dims.current_step[0] == 5


def test_a_file_that_cannot_be_written_is_said_in_the_panel(made, model, settled, tmp_path, monkeypatch):
    pick(made, model, [16, 14, 14])
    settled(2)
    answer_dialog(monkeypatch, tmp_path / "roi.docx")
    made.taking.export_numbers()
    assert ".csv or .xdi" in made.message.text()


def test_spectra_and_their_picture_go_to_the_clipboard(made, model, settled, qtbot):
    settled(4)
    made.taking.copy_numbers()
    head, *rows = QApplication.clipboard().text().splitlines()
    assert head.startswith("energy_eV\tparticle_1_raw [")
    assert len(rows) == len(made.spectra[0].energies)
    made.taking.copy_picture()
    qtbot.waitUntil(lambda: not QApplication.clipboard().image().isNull(), timeout=30_000)
    assert QApplication.clipboard().image().width() > 1000


def test_the_plot_is_written_as_a_picture(made, settled, qtbot, tmp_path, monkeypatch):
    settled(4)
    answer_dialog(monkeypatch, tmp_path / "roi")
    made.taking.export_picture()
    qtbot.waitUntil(lambda: "Written" in made.message.text(), timeout=30_000)
    assert (tmp_path / "roi.png").stat().st_size > 10_000


def test_nothing_can_be_taken_before_there_is_something(made, model, settled):
    made.controls.draw.click()
    settled(0)
    assert not made.taking.copy.isEnabled()
    assert not made.taking.export.isEnabled()


def test_the_standard_error_is_shaded_about_the_spectra(made, model, settled, qtbot):
    pick(made, model, [16, 14, 14])
    settled(2)
    qtbot.waitUntil(lambda: len(made.plot.curves) == 2)
    assert all(curve.band is not None for curve in made.plot.curves)
    model.layers["Picked points"].data = []
    qtbot.waitUntil(lambda: not made.plot.curves, timeout=20_000)


def test_an_energy_written_meanwhile_is_read_anew(made, model, finished, settled, qtbot):
    (before,) = [s for s in settled(4) if s.name == "particle 1 registered"]
    volume = np.asarray(finished.store.read("registered", 3))
    finished.store.write("registered", 3, 2 * volume)
    made._on_progress(Progress("register", 4, 8, "registered", float(finished.energies[3])))

    def doubled():
        found = [s for s in made.spectra if s.name == "particle 1 registered" and s.whole]
        return bool(found) and abs(found[0].mean[3] / before.mean[3] - 2) < 1e-4

    qtbot.waitUntil(doubled, timeout=20_000)


def test_what_lies_in_the_middle_is_read_before_anything_is_drawn(made, model, settled, qtbot):
    made.follower._blocks.clear()
    model.camera.center = (0, 14 * 50.0, 14 * 50.0)
    made.controls.draw.click()
    middle = (slice(16, 17), slice(14, 15), slice(14, 15))

    def there():
        blocks = made.follower._blocks.get("registered")
        return blocks is not None and blocks.at_hand(middle)

    qtbot.waitUntil(there, timeout=20_000)


def test_a_region_whose_voxels_are_at_hand_has_its_spectrum_at_once(made, model, settled):
    layer = pick(made, model, [16, 14, 14])
    settled(2)
    layer.data = [[16, 15, 14]]
    assert made.spectra[0].region.box[1] == slice(14, 17)
