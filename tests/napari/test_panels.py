"""Every panel opens, says what to do first, and shows what became out of date."""

from __future__ import annotations

import threading
from importlib import import_module

import pytest

from napari_spectrotomo._napari.docks import PANELS
from napari_spectrotomo._napari.quality import QualityPanel
from napari_spectrotomo._napari.register import RegisterPanel
from napari_spectrotomo._napari.state import state_of

pytestmark = pytest.mark.viewer

FIRST = {
    "Load": "Choose a scan folder or file, or drop one on napari, then press Load.",
    "Reconstruct": "Load a scan first.",
    "Binarize": "Load a scan first.",
    "Register": "Load a scan first.",
    "Edge map": "Load a scan first.",
    "ROI spectrum": "Load a scan or a stack of volumes first.",
    "Quality": "Load a scan first.",
}


def make(name, panel, viewer):
    folder, cls = PANELS[name]
    return panel(getattr(import_module(f"napari_spectrotomo._napari.{folder}"), cls), viewer)


@pytest.mark.parametrize(("name", "sentence"), FIRST.items())
def test_a_panel_without_its_input_says_what_to_do_first(panel, model, name, sentence):
    made = make(name, panel, model)
    assert made.header.text() == sentence
    assert made.primary.isVisible() == (name == "Load")
    assert made.content.isVisible() == (name == "Load")
    assert made.open_first.isVisible() == (name != "Load")
    assert not made.next.isVisible()


def test_a_new_project_asks_for_each_step_in_turn(panel, model, scan_tiny, tmp_path):
    from napari_spectrotomo.workflow import Project

    state_of(model).project = Project.create(tmp_path / "p", scan_tiny)
    asked = {name: make(name, panel, model) for name in PANELS if name != "Load"}
    assert asked["Reconstruct"].header.text() == "9 energies, 6480.0–6710.0 eV. Not done yet."
    assert asked["Reconstruct"].primary.isVisible()
    for name, first in (
        ("Binarize", "Reconstruct"),
        ("Register", "Binarize"),
        ("Edge map", "Register"),
        ("Quality", "Register"),
    ):
        assert first.lower()[:5] in asked[name].header.text().lower()
        assert asked[name].open_first.text() == f"Open {first}"
        assert not asked[name].primary.isVisible()


def test_a_changed_parameter_makes_later_steps_out_of_date(panel, model, finished):
    state_of(model).project = finished
    made = make("Register", panel, model)
    assert "All are registered to 6710.0 eV." in made.header.text()
    assert made.trail.text().count("✓") == 5
    binarize = make("Binarize", panel, model)
    binarize.form["min_size"].value = 60
    assert binarize.apply_forms()
    assert finished.recipe.binarize.min_size == 60
    for shown in (made, binarize):
        assert "Out of date" in shown.header.text()
        assert (shown.trail.text().count("✓"), shown.trail.text().count("↻")) == (2, 3)
    binarize.form["min_size"].value = 50
    assert binarize.apply_forms()
    assert made.trail.text().count("✓") == 5, "the old value again is the old result again"


def test_a_value_that_cannot_be_taken_is_said_and_nothing_starts(panel, model, finished):
    state_of(model).project = finished
    made = make("Edge map", panel, model)
    made.form["pre"].value = "first"
    made.primary.click()
    assert "spectra.pre cannot be 'first'" in made.message.text()
    assert state_of(model).job is None
    assert finished.recipe.spectra.pre is None


def test_a_scan_of_one_energy_is_not_registered(panel, model, scan_tiny, tmp_path):
    from napari_spectrotomo.workflow import Project

    state_of(model).project = Project.create(tmp_path / "p", scan_tiny / "fly_scan_id_101.h5")
    made = panel(RegisterPanel, model)
    assert "one energy" in made.header.text()
    assert not made.primary.isVisible()


def test_a_panel_that_is_gone_no_longer_listens(model, finished, qtbot):
    made = QualityPanel(model)
    made.deleteLater()
    with qtbot.waitSignal(made.destroyed):
        pass
    state_of(model).project = finished
    state_of(model).touch()


def test_the_edge_map_panel_lists_the_particles(panel, model, finished, qtbot):
    state_of(model).project = finished
    made = make("Edge map", panel, model)
    particles = finished.particles()
    qtbot.waitUntil(lambda: made.table.rowCount() > 0, timeout=30_000)
    assert made.table.rowCount() == len(particles) == 2
    assert made.table.item(0, 2).text() == f"{particles.median_eV[0]:.2f}"
    assert not made.open_report.isEnabled()


def test_a_change_asks_the_project_once_for_each_stage(panel, model, finished, monkeypatch):
    state = state_of(model)
    state.project = finished
    for name in PANELS:
        make(name, panel, model)
    asked, ask = [], type(finished).state

    def counted(self, stage):
        if threading.current_thread() is threading.main_thread():  # what is read in threads keeps nobody waiting
            asked.append(stage)
        return ask(self, stage)

    monkeypatch.setattr(type(finished), "state", counted)
    state.touch()
    assert asked
    assert len(asked) == len(set(asked))
    asked.clear()
    state.touch()
    assert asked, "another change may be another answer"


def test_a_state_is_not_kept_over_work(model, finished):
    state = state_of(model)
    state.project = finished
    assert state.stage("register") == "done"
    state.job = object()
    finished.discard("register")
    assert state.stage("register") == "missing"
    state.job = None
    assert state.stage("register") == "missing"


def test_layers_of_what_is_no_longer_there_go(panel, model, finished, settle, qtbot):
    from napari_spectrotomo._napari.layers import layer_of
    from napari_spectrotomo._napari.load.opening import show_done

    state_of(model).project = finished
    show_done(model, finished)
    quality, regions = make("Quality", panel, model), make("ROI spectrum", panel, model)
    model.add_points([[12, 16, 16]], name="picked", scale=layer_of(model, "raw").scale[-3:])
    regions.controls.chosen.tick(model.layers["picked"])
    qtbot.waitUntil(lambda: {s.stack for s in regions.spectra} == {"raw", "registered"}, timeout=30_000)
    made = make("Binarize", panel, model)
    made.form["min_size"].value = 60
    made.primary.click()
    settle(model)
    qtbot.waitUntil(lambda: {s.stack for s in regions.spectra} == {"raw"}, timeout=30_000)
    assert "Register the volumes first" in quality.header.text()
    assert not quality.content.isVisible()
    assert made.message.text() == quality.message.text() == regions.message.text() == ""
    model.layers.remove(layer_of(model, "raw"))
    qtbot.waitUntil(lambda: not regions.spectra and not regions.taking.export.isEnabled(), timeout=30_000)
    show_done(model, finished)
    assert layer_of(model, "mask").visible
    for stage, role in (("register", "registered"), ("spectra", "edge energy")):
        assert finished.state(stage) != "done"
        assert (layer_of(model, role) is None) == (finished.state(stage) == "missing")


def test_regions_can_be_drawn_when_the_volumes_layer_was_removed(panel, model, finished):
    from napari_spectrotomo._napari.layers import layer_of

    state_of(model).project = finished
    made = make("ROI spectrum", panel, model)
    made.controls.pick.click()
    assert layer_of(model, "raw").visible
    assert [x.name for x in made.controls.chosen.layers] == ["Picked points"]
    model.layers.clear()
    finished.discard("reconstruct")
    made.controls.pick.click()
    assert "no volumes to draw on yet" in made.message.text()
    assert not model.layers
