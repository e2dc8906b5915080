"""The Quality panel shows the registration's own numbers."""

from __future__ import annotations

import numpy as np
import pytest

from napari_spectrotomo._napari.layers import show_stage
from napari_spectrotomo._napari.quality import QualityPanel
from napari_spectrotomo._napari.state import state_of

pytestmark = pytest.mark.viewer


@pytest.fixture
def made(panel, model, finished):
    state_of(model).project = finished
    show_stage(model, finished, "reconstruct")
    return panel(QualityPanel, model)


def test_mse_and_dice_against_energy_are_those_of_the_registration(made, finished):
    quality = finished.registration().quality
    for plot, name in ((made.mse, "mse"), (made.dice, "dice")):
        raw, registered = plot.curves
        assert (raw.name, registered.name) == ("raw", "registered")
        np.testing.assert_array_equal(raw.energies, finished.energies)
        np.testing.assert_array_equal(raw.values, quality[f"{name}_raw"])
        np.testing.assert_array_equal(registered.values, quality[f"{name}_registered"])


def test_a_click_goes_to_the_energy(made, model, finished):
    made.mse.energy_chosen.emit(float(finished.energies[4]) + 0.5)
    assert model.dims.current_step[0] == 4


def test_warnings_are_listed(made, finished):
    listed = [made.list.item(i).text() for i in range(made.list.count())]
    assert set(finished.warnings()) <= set(listed)
    assert listed
