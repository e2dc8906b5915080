"""The Composition panel asks for references, runs the stage, and shows what came of it."""

from __future__ import annotations

import numpy as np
import pytest

from napari_spectrotomo._napari.composition import CompositionPanel
from napari_spectrotomo._napari.composition.curves import color_key
from napari_spectrotomo._napari.edge_map import EdgeMapPanel
from napari_spectrotomo._napari.layers import layer_of, show_only, show_stage
from napari_spectrotomo._napari.state import state_of
from napari_spectrotomo.io import write_spectra

pytestmark = pytest.mark.viewer
WIDE = np.arange(6440.0, 6760.0, 1.0)


@pytest.fixture
def references(tmp_path):
    folder = tmp_path / "references"
    folder.mkdir()
    for name, at in (("low", 6547.0), ("high", 6552.0)):
        write_spectra(folder / f"{name}.xdi", WIDE, {name: 0.5 + np.arctan((WIDE - at) / 2.0) / np.pi})
    (folder / "standards.txt").write_text("low.xdi, 2\nhigh.xdi, 4\n")
    return folder


def visible(model):
    return [layer.metadata["spectrotomo"] for layer in model.layers if layer.visible]


def test_references_and_clusters_asked_for_in_the_panel_become_layers_and_numbers(
    panel, model, finished, references, settle, qtbot, honest
):
    state_of(model).project = finished
    made = panel(CompositionPanel, model)
    assert "Nothing is asked for yet" in made.header.text()
    assert not made.box.isVisible()
    made.files.rows["references"].line.value = str(references)
    made.form["clusters"].value = 2
    made.primary.click()
    settle(model)
    assert made.message.text() == ""
    assert finished.recipe.composition.references == str(references)
    assert "Fractions of high, low" in made.header.text()
    assert visible(model) == ["composition"]
    honest(model, finished)
    assert layer_of(model, "composition").rgb
    assert layer_of(model, "fraction 1").name == "Fraction of high"
    assert layer_of(model, "clusters").data.max() == 2
    made.map.value = "fraction 2"
    assert visible(model) == ["fraction 2"]
    show_only(model, "edge energy")
    made.map.native.activated.emit(made.map.native.currentIndex())
    assert visible(model) == ["fraction 2"], "the map that was shown last can be chosen again"
    made.spectra.value = "references"
    qtbot.waitUntil(lambda: [c.name for c in made.plot.curves] == ["high", "low"], timeout=20_000)
    assert [c.color in color_key(["high", "low"]) for c in made.plot.curves] == [True, True]
    assert [c.name in made.key.text() for c in made.plot.curves] == [True, True]
    assert made.trail.text().count("✓") == 6
    assert made.table.columnCount() == 3
    assert "±" in made.table.item(0, 1).text()
    made.spectra.value = "clusters"
    qtbot.waitUntil(lambda: [c.name for c in made.plot.curves] == ["cluster 1", "cluster 2"], timeout=20_000)
    assert made.plot.curves[0].band is not None

    made.files.rows["references"].line.value = ""
    made.primary.click()
    settle(model)
    assert layer_of(model, "composition") is layer_of(model, "fraction 1") is None
    assert visible(model) == ["clusters"]
    assert not made.table.isVisible()


def test_references_that_are_not_there_are_said_in_the_panel(panel, model, finished, settle, tmp_path):
    state_of(model).project = finished
    made = panel(CompositionPanel, model)
    made.files.rows["references"].line.value = str(tmp_path / "absent")
    made.primary.click()
    settle(model)
    assert "absent" in made.message.text()
    assert finished.state("spectra") == "done"


def test_the_colours_of_the_picture_are_named_and_names_escaped():
    key = color_key(["a<b", "c", "d", "e"])
    assert "a&lt;b" in key
    assert key.count("■") == 3


def test_standards_chosen_in_the_edge_map_panel_make_a_valence_map(panel, model, finished, references, settle, qtbot):
    state_of(model).project = finished
    show_stage(model, finished, "spectra")
    made = panel(EdgeMapPanel, model)
    assert not made.maps["valence"].isVisible()
    made.files.rows["standards"].line.value = str(references / "standards.txt")
    made.primary.click()
    settle(model)
    assert made.message.text() == ""
    assert made.warned.isVisible()
    assert "goes through any two standards" in made.warned.words.text()
    assert made.maps["valence"].isVisible()
    made.maps["valence"].click()
    assert visible(model) == ["valence"]
    column = 4
    qtbot.waitUntil(lambda: not made.table.isColumnHidden(column), timeout=20_000)
    assert made.table.horizontalHeaderItem(column).text() == "valence"
    assert 2 < float(made.table.item(0, column).text()) < 4
    assert made.table.horizontalScrollBar().maximum() == 0
    assert made.content.verticalScrollBar().value() == 0
    made.files.rows["standards"].line.value = ""
    made.primary.click()
    settle(model)
    assert layer_of(model, "valence") is None
    assert "standards" not in made.warned.words.text()
