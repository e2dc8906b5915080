"""The Edge map panel shows the distribution of each particle's edge energies."""

from __future__ import annotations

import numpy as np
import pytest

import napari_spectrotomo as st
from napari_spectrotomo._napari.edge_map import EdgeMapPanel
from napari_spectrotomo._napari.edge_map.distribution import distributions
from napari_spectrotomo._napari.layers import show_stage
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
