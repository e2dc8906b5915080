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
    assert "2 particles found" in made.header.text(), "their number, not the highest of their own numbers"


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
    assert "There is no file of labels" in made.message.text()
    assert finished.recipe.label.labels == str(kept)


def test_a_drawn_ellipse_is_a_region_without_its_corners(made, model, finished):
    scale = model.layers["Raw"].scale[-3:]
    box = np.array([[12, 4, 5], [12, 4, 25], [12, 20, 25], [12, 20, 5]], float)
    model.add_shapes([box], shape_type="ellipse", name="sample", scale=scale)
    made.own.layers["region"].value = "sample"
    made.own.take["region"].click()
    y, x = np.array(finished.recipe.binarize.region).T
    np.testing.assert_allclose(((y - 12) / 8) ** 2 + ((x - 15) / 10) ** 2, 1.0, atol=1e-9)


@pytest.mark.parametrize(
    ("kind", "points", "words"),
    [
        ("line", [[12, 4, 5], [12, 20, 25]], "A line encloses nothing"),
        ("path", [[12, 4, 5], [12, 20, 25], [12, 20, 5]], "A path encloses nothing"),
        ("rectangle", [[4, 12, 5], [4, 12, 25], [20, 12, 25], [20, 12, 5]], "Seen along z"),
    ],
)
def test_what_encloses_nothing_is_no_region(made, model, finished, kind, points, words):
    model.add_shapes([np.array(points, float)], shape_type=kind, name="drawn")
    made.own.layers["region"].value = "drawn"
    made.own.take["region"].click()
    assert words in made.message.text()
    assert finished.recipe.binarize.region is None


@pytest.mark.parametrize("number", [65_536 + 7, -1])
def test_labels_that_cannot_be_kept_are_refused(made, model, finished, settle, number):
    own = np.zeros((24, 32, 32), np.int32)
    own[2:8, 10:20, 10:20] = number
    model.add_labels(own, name="mine")
    made.own.layers["labels"].value = "mine"
    made.own.take["labels"].click()
    settle(model)
    assert "numbered from 1 to 65535" in made.message.text()
    assert finished.recipe.label.labels is None
    assert not list(finished.path.glob("*own_labels*"))


def test_a_disk_that_fails_leaves_no_half_of_a_mask(made, model, finished, settle, monkeypatch):
    def fail(*args, **keywords):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(zarr, "create_array", fail)
    model.add_labels(np.ones((24, 32, 32), np.uint8), name="mine")
    made.own.layers["masks"].value = "mine"
    made.own.take["masks"].click()
    settle(model)
    assert "No space left on device" in made.message.text()
    assert finished.recipe.binarize.masks is None
    assert not list(finished.path.glob("*own_masks*"))
