"""The Reconstruct panel finds the axis on a slice that shows something."""

from __future__ import annotations

import numpy as np
import pytest

from napari_spectrotomo._napari.layers import layer_of
from napari_spectrotomo._napari.reconstruct import ReconstructPanel
from napari_spectrotomo._napari.reconstruct.preview import fullest_row
from napari_spectrotomo._napari.state import state_of
from napari_spectrotomo.data import Scan
from napari_spectrotomo.workflow import Project

pytestmark = pytest.mark.viewer


@pytest.fixture
def made(panel, model, scan_tiny, tmp_path):
    state_of(model).project = Project.create(tmp_path / "p", scan_tiny)
    return panel(ReconstructPanel, model)


def test_the_row_looked_at_holds_sample():
    counts = np.full((3, 12, 20), 1000, np.uint16)
    counts[:, 7, 5:15] = 400
    scan = Scan.from_arrays([counts], [7000.0], [0.0, 90.0, 180.0], flats=[np.full((2, 12, 20), 1000, np.uint16)])
    assert fullest_row(scan) == 7


def test_the_axis_that_is_found_can_be_used_for_all_energies(made, model, settle):
    made.energy.value = 3
    made.find.click()
    settle(model)
    assert "column 16.9" in made.found.text()
    assert "6545.0 eV" in made.found.text()
    preview = layer_of(model, "preview")
    assert preview.data.shape == (1, 32, 32)
    assert np.ptp(preview.data) > 0.02, "attenuation of a particle in 1/µm"
    made.use.click()
    center = state_of(model).project.recipe.reconstruct.center
    assert center == pytest.approx(16.9, abs=0.1)
    assert made.form["center"].value == center


def test_a_centre_is_tried_on_one_slice(made, model, settle):
    made.again.click()
    assert "such as 58.9" in made.message.text()
    made.form["center"].value = 14.0
    made.again.click()
    settle(model)
    assert "14.00" in layer_of(model, "preview").name
