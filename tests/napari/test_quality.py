"""The Quality panel shows the registration's own numbers, as a whole and by particle."""

from __future__ import annotations

import json

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from napari_spectrotomo._napari.layers import layer_of, show_stage
from napari_spectrotomo._napari.quality import QualityPanel
from napari_spectrotomo._napari.state import state_of

pytestmark = pytest.mark.viewer

MEASURES = ("mse", "dice", "surface_mean", "surface_95")
OFF = "At this energy particle 2 lies 0.73 voxel off the trend of the series; from other starts it ends no better."


@pytest.fixture
def made(panel, model, finished):
    """The panel on a registration in which nothing is flagged."""
    flag(finished)
    state_of(model).project = finished
    show_stage(model, finished, "reconstruct")
    return panel(QualityPanel, model)


def flag(project, *places):
    """Flag energies, (index, particle or None), and nothing else."""
    path = project.path / "registration.json"
    content = json.loads(path.read_text())
    count = len(content["energies_eV"])
    rows = content["particle_quality"]
    content["flag"] = [OFF if (i, None) in places else "" for i in range(count)]
    content["status"] = ["converged"] * count
    rows["flag"] = [OFF if (i % count, rows["particle"][i]) in places else "" for i in range(len(rows["flag"]))]
    rows["status"] = ["converged"] * len(rows["flag"])
    path.write_text(json.dumps(content))
    project.note_files("register")


@pytest.mark.parametrize("particle", [None, 1, 2])
def test_curves_are_those_of_the_registration(made, finished, particle):
    registration = finished.registration()
    table = registration.quality
    if particle is not None:
        made.which.setCurrentText(f"Particle {particle}")
        table = registration.particle_quality.query("particle == @particle")
    for name in MEASURES:
        curves = made.plots[name].curves
        assert [curve.name for curve in curves] == ["raw", "global", "a transform a particle"]
        for curve, stage in zip(curves, ("raw", "global", "registered"), strict=True):
            np.testing.assert_array_equal(curve.energies, finished.energies)
            np.testing.assert_array_equal(curve.values, table[f"{name}_{stage}"])
    np.testing.assert_array_equal(made.plots["uncertainty"].curves[0].values, table["uncertainty"])
    before, after = made.plots["grey"].curves
    np.testing.assert_array_equal(before.values, table["grey_masks"])
    np.testing.assert_array_equal(after.values, table["grey_refined"])


def test_one_transform_for_all_has_no_curve_of_its_own(panel, model, finished):
    finished.registration().whole().save(finished.path / "registration.json")
    finished.note_files("register")
    state_of(model).project = finished
    made = panel(QualityPanel, model)
    assert [made.which.itemText(i) for i in range(made.which.count())] == ["Whole volume"]
    assert [curve.name for curve in made.plots["mse"].curves] == ["raw", "registered"]


def test_a_click_in_a_plot_or_on_a_row_goes_to_the_energy(made, model, finished):
    made.plots["mse"].energy_chosen.emit(float(finished.energies[4]) + 0.5)
    assert model.dims.current_step[0] == 4
    assert made.table.currentRow() == 4
    item = made.table.visualItemRect(made.table.item(2, 1)).center()
    QTest.mouseClick(made.table.viewport(), Qt.MouseButton.LeftButton, pos=item)
    assert model.dims.current_step[0] == 2
    assert made.plots["dice"].energy == finished.energies[2]


def test_going_to_an_energy_shows_a_volume_that_has_energies(made, model, finished):
    for stage in ("register", "spectra"):
        show_stage(model, finished, stage)
    assert [layer.name for layer in model.layers if layer.visible] == ["Edge energy (eV)"]
    made.plots["mse"].energy_chosen.emit(float(finished.energies[3]))
    assert layer_of(model, "registered").visible
    assert made.plots["mse"].energy == finished.energies[3]


def test_a_row_an_energy_and_its_flag_in_words(made, model, finished):
    assert made.table.rowCount() == 9
    assert "none with a flag" in made.header.text()
    row = finished.registration().quality.loc[3]
    texts = [made.table.item(3, column).text() for column in range(made.table.columnCount())]
    assert texts[:3] == [f"{row.energy_eV:.1f}", f"{row.mse_registered:.4f}", f"{row.dice_registered:.3f}"]
    flag(finished, (3, None), (5, 2))
    state_of(model).touch()
    assert "1 with a flag: look at it" in made.header.text()
    assert made.table.item(4, 0).text() == OFF
    made.only_flagged.setChecked(True)
    assert made.table.rowCount() == 2
    made.which.setCurrentText("Particle 2")
    assert made.table.item(0, 0).text() == f"{finished.energies[5]:.1f}"
    made.which.setCurrentText("Particle 1")
    assert made.table.rowCount() == 0


def test_warnings_are_listed(made, finished):
    listed = [made.list.item(i).text() for i in range(made.list.count())]
    assert set(finished.warnings()) <= set(listed)
    assert listed
