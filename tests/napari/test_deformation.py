"""The deformation of a project is seen as growth and displacements, and folding is said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_spectrotomo._napari.layers import layer_of
from napari_spectrotomo._napari.layers.deformation import look_into
from napari_spectrotomo._napari.load.opening import show_done
from napari_spectrotomo._napari.register import RegisterPanel
from napari_spectrotomo._napari.state import state_of
from napari_spectrotomo.register import Deformation, write_deformation
from napari_spectrotomo.register.resampling.deformation import control_points
from napari_spectrotomo.workflow.motion import DEFORMATION

pytestmark = pytest.mark.viewer


def stretched(energies, shape, amounts, spacing=8):
    """A deformation that stretches energy e along z by a factor 1 + amounts[e], everywhere."""
    controls = control_points(shape, spacing)
    along = (np.arange(controls[0]) - 1) * spacing
    coefficients = np.zeros((energies, 3, *controls), np.float32)
    for e, amount in amounts.items():
        coefficients[e, 0] = (amount * along)[:, None, None]
    return Deformation(coefficients, spacing, shape)


@pytest.fixture
def made(panel, model, finished):
    """The panel on a project whose energy 0 grows by 10 % along z, and whose energy 1 folds."""
    registration = finished.registration()
    bent = stretched(9, registration.shape, {0: 0.1, 1: -1.5})
    write_deformation(finished.path / DEFORMATION, bent, registration.energies)
    replace(registration, matrices=np.stack([np.eye(4)] * 9), deformation=bent).save(
        finished.path / "registration.json", labels_file="labels.tif", deformation_group=DEFORMATION
    )
    finished.note_files("register")
    state_of(model).project = finished
    show_done(model, finished)
    return panel(RegisterPanel, model)


def test_a_project_without_a_deformation_offers_no_view_of_it(panel, model, finished):
    state_of(model).project = finished
    show_done(model, finished)
    assert not panel(RegisterPanel, model).bending.isVisible()


def test_growth_and_displacements_are_those_of_the_record(finished):
    shape = finished.registration().shape
    labels = finished.labels()
    bent = look_into(stretched(1, shape, {0: 0.1}), labels, np.eye(4), 0)
    np.testing.assert_allclose(bent.jacobian[labels > 0], 1.1, atol=1e-5)
    assert np.isnan(bent.jacobian[labels == 0]).all()
    np.testing.assert_allclose(bent.moves[:, 0], 0.1 * bent.starts[:, 0], atol=0.1 + 1e-4, err_msg="within a slice")
    slices = np.flatnonzero((labels > 0).any(axis=(1, 2)))
    with_arrows = np.isin(slices, bent.starts[:, 0])
    assert with_arrows.mean() > 0.8, "but at the ends of particles, slices have arrows"
    np.testing.assert_allclose(bent.moves[:, 1:], 0, atol=1e-6)
    assert bent.folded == 0


def test_it_is_shown_for_the_energy_of_the_slider_and_folding_is_said(made, model, qtbot):
    model.dims.set_point(0, 0.0)
    assert made.bending.isVisible()
    assert layer_of(model, "jacobian") is None
    made.bending.check.click()
    qtbot.waitUntil(lambda: layer_of(model, "jacobian") is not None, timeout=60_000)
    low, high = layer_of(model, "jacobian").contrast_limits
    assert (low + high) / 2 == pytest.approx(1.0)
    assert layer_of(model, "field").data.shape[1:] == (2, 3)
    assert "volumes change by 1.100 to 1.100, and nothing folds" in made.bending.words.text()
    model.dims.set_point(0, 1.0)
    qtbot.waitUntil(lambda: "100 % of the volume folds" in made.bending.words.text(), timeout=60_000)
    made.bending.check.click()
    assert layer_of(model, "jacobian") is None
    assert layer_of(model, "field") is None
    assert [layer.name for layer in model.layers if layer.visible] == ["Fixed 6710.0 eV", "Registered"]
