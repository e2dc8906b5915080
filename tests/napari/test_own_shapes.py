"""Masks, labels and a region of one's own go into the project and are used."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile
import zarr

from napari_spectrotomo._napari.binarize import BinarizePanel
from napari_spectrotomo._napari.layers import show_stage
from napari_spectrotomo._napari.state import state_of

pytestmark = pytest.mark.viewer


@pytest.fixture
def made(panel, model, finished):
    state_of(model).project = finished
    show_stage(model, finished, "reconstruct")
    return panel(BinarizePanel, model)


def test_a_labels_layer_becomes_the_masks(made, model, finished, settle):
    own = np.zeros((24, 32, 32), np.uint8)
    own[8:16, 10:20, 10:20] = 1
    model.add_labels(own, name="mine", scale=model.layers["Raw"].scale[-3:])
    made.own.layers["masks"].value = "mine"
    made.own.take["masks"].click()
    settle(model)
    saved = finished.recipe.binarize.masks
    np.testing.assert_array_equal(zarr.open(saved, mode="r")[:], own != 0)
    assert "In use: own_masks_1.zarr" in made.own.used["masks"].text()
    assert finished.state("register") == "outdated"
    made.primary.click()
    settle(model)
    assert made.message.text() == ""
    np.testing.assert_array_equal(finished.masks()[4].compute(), own != 0)
    assert finished.state("register") in ("outdated", "missing")
    made.own.clear["masks"].click()
    assert finished.recipe.binarize.masks is None


def test_a_labels_layer_becomes_the_particles(made, model, finished, settle):
    own = np.zeros((24, 32, 32), np.int32)
    own[2:8, 10:20, 10:20] = 2
    own[12:18, 10:20, 10:20] = 5
    model.add_labels(own, name="mine")
    made.own.layers["labels"].value = "mine"
    made.own.take["labels"].click()
    settle(model)
    made.primary.click()
    settle(model)
    assert made.message.text() == ""
    np.testing.assert_array_equal(finished.labels(), own)
    np.testing.assert_array_equal(model.layers["Particles"].data, own)


def test_masks_of_another_shape_are_refused(made, model, finished, settle):
    model.add_labels(np.ones((3, 4, 5), np.uint8), name="odd")
    made.own.layers["masks"].value = "odd"
    made.own.take["masks"].click()
    settle(model)
    assert "(3, 4, 5)" in made.message.text()
    assert finished.recipe.binarize.masks is None


def test_a_drawn_rectangle_becomes_the_region(made, model, finished):
    scale = model.layers["Raw"].scale[-3:]
    corners = np.array([[12, 4, 5], [12, 4, 25], [12, 20, 25], [12, 20, 5]], float)
    model.add_shapes([corners], shape_type="rectangle", name="sample", scale=scale)
    made.own.layers["region"].value = "sample"
    made.own.take["region"].click()
    np.testing.assert_allclose(finished.recipe.binarize.region, corners[:, 1:], atol=1e-9)
    assert finished.state("binarize") == "outdated"


def test_a_file_of_labels_is_kept_in_the_project(made, model, finished, settle, tmp_path):
    own = np.zeros((24, 32, 32), np.uint16)
    own[2:8, 10:20, 10:20] = 3
    tifffile.imwrite(tmp_path / "mine.tif", own)
    made.own.file_chosen.emit("labels", str(tmp_path / "mine.tif"))
    settle(model)
    kept = finished.path / "own_labels_1.tif"
    assert finished.recipe.label.labels == str(kept)
    np.testing.assert_array_equal(tifffile.imread(kept), own)
    made.own.file_chosen.emit("labels", str(tmp_path / "absent.tif"))
    settle(model)
    assert "absent.tif cannot be copied" in made.message.text()
