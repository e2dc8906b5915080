"""Layers have their place, their units and their energies, and nothing is computed to show them."""

from __future__ import annotations

import threading

import dask.array as da
import numpy as np
import pytest

from napari_spectrotomo._napari.layers import (
    compare,
    layer_of,
    leave_comparison,
    projections_layer,
    put,
    renew,
    show_stage,
    volumes_layer,
)
from napari_spectrotomo._napari.layers.held import held_volumes
from napari_spectrotomo._napari.layers.tuples import limits
from napari_spectrotomo._napari.load.opening import reopen, show_done
from napari_spectrotomo._napari.state import state_of
from napari_spectrotomo.data import EnergyStack, Scan

pytestmark = pytest.mark.viewer


class Counted:
    """An array that counts what is read of it."""

    def __init__(self, values):
        self.values, self.shape, self.dtype, self.ndim = values, values.shape, values.dtype, values.ndim
        self.read = 0

    def __getitem__(self, key):
        found = self.values[key]
        self.read += found.size
        return found


def counted_stack(energies=4, shape=(6, 8, 10)):
    source = Counted(np.random.default_rng(0).random((energies, *shape)).astype(np.float32))
    data = da.from_array(source, chunks=(1, *shape), name=False)
    return source, EnergyStack.from_arrays(data, 6500.0 + np.arange(energies), 50.0)


def test_every_layer_of_a_project_agrees_on_axes_and_units(model, finished, honest):
    show_done(model, finished)
    assert len(model.layers) >= 9
    assert model.dims.axis_labels == ("energy", "z", "y", "x")
    honest(model, finished)


def test_energy_stacks_are_dask_and_the_squared_difference_is_lazy(model, finished):
    show_done(model, finished)
    for role in ("raw", "registered", "mask", "difference raw", "difference registered"):
        layer = layer_of(model, role)
        assert isinstance(layer.data, da.Array), role
        assert layer.data.chunksize == (1, *layer.data.shape[1:]), role
        np.testing.assert_allclose(layer.metadata["energies_eV"], finished.energies)
    difference = layer_of(model, "difference registered")
    np.testing.assert_allclose(difference.data[2].compute(), finished.squared_difference("registered")[2].compute())


def test_a_stacks_contrast_comes_from_three_slices_of_one_energy():
    source, stack = counted_stack(shape=(40, 8, 10))
    volumes_layer(stack, "raw", "Raw")
    assert source.read == 3 * 8 * 10


def test_a_layer_that_is_shown_again_is_not_looked_into_again(model, finished, monkeypatch):
    from napari_spectrotomo._napari.layers import tuples

    show_stage(model, finished, "reconstruct")
    layer_of(model, "raw").contrast_limits = (0.0, 0.02)
    monkeypatch.setattr(tuples, "_look_into", None)
    show_stage(model, finished, "reconstruct")
    show_stage(model, finished, "register")
    assert tuple(layer_of(model, "raw").contrast_limits) == (0.0, 0.02)


def test_limits_look_at_a_million_values_in_all_places(monkeypatch):
    seen = []
    percentile = np.percentile
    monkeypatch.setattr(np, "percentile", lambda values, parts: seen.append(values.size) or percentile(values, parts))
    values = np.broadcast_to(np.linspace(0.0, 1.0, 256, dtype=np.float32), (100, 256, 256)).copy()
    assert limits(values) == pytest.approx((0.005, 0.998), abs=0.003)
    assert 500_000 < seen[0] <= 1_500_000


def test_each_map_is_looked_into_once_and_in_the_worker(model, finished, settle, monkeypatch):
    from napari_spectrotomo._napari.layers import maps

    looked, read = [], []
    once, edge_map = maps.map_limits, type(finished).edge_map
    monkeypatch.setattr(maps, "map_limits", lambda *a: looked.append(threading.current_thread()) or once(*a))
    monkeypatch.setattr(
        type(finished), "edge_map", lambda self: read.append(threading.current_thread()) or edge_map(self)
    )
    reopen(model, finished.path)
    settle(model)
    assert layer_of(model, "edge energy").visible
    assert (len(looked), len(read)) == (3, 1)
    assert threading.main_thread() not in looked + read


def test_results_are_shown_when_the_scan_is_gone(model, finished, settle):
    finished.record.content |= {"source": str(finished.path / "gone"), "source_from_project": None}
    finished.record.save()
    reopen(model, finished.path)
    settle(model)
    assert layer_of(model, "edge energy").visible
    assert layer_of(model, "registered") is not None


def test_showing_a_stack_reads_an_energy_once(model):
    source, stack = counted_stack()
    one = stack.data[0].size
    put(model, volumes_layer(stack, "raw", "Raw"))
    model.dims.set_current_step(0, 3)
    before = source.read
    for step in ((0, 2), (1, 1), (1, 4), (0, 3), (0, 2), (1, 2)):
        model.dims.set_current_step(*step)
    assert source.read - before <= one, "what was read is at hand"


def test_volumes_come_up_at_the_last_energy_and_no_other_is_read(model, finished, monkeypatch):
    source, stack = counted_stack(energies=9)
    monkeypatch.setattr(type(finished), "stack", lambda self, name: stack)
    show_stage(model, finished, "reconstruct")
    assert model.dims.current_step[0] == 8
    assert layer_of(model, "raw").visible
    assert source.read <= 1.5 * stack.data[0].size, "three of six slices for the contrast, and what is seen"


def test_an_energy_that_was_written_meanwhile_is_read_anew(model):
    source, stack = counted_stack()
    layer = put(model, volumes_layer(stack, "raw", "Raw"))
    model.dims.set_current_step(0, 2)
    model.dims.set_current_step(1, 3)
    source.values[2] = 7.0
    renew(model, "raw", stack.energies[2])
    np.testing.assert_array_equal(layer.data[2, 3].compute(), 7.0)
    np.testing.assert_array_equal(layer._slice.image.raw, 7.0)


def test_a_part_of_a_volume_is_read_alone():
    source, stack = counted_stack()
    part = held_volumes(stack.data)[:, 1:3, 2:4, 5]
    np.testing.assert_array_equal(part.compute(), source.values[:, 1:3, 2:4, 5])
    assert source.read == part.size


def test_projections_of_all_energies_are_one_lazy_layer_and_leave_when_volumes_come(model):
    source = Counted(np.ones((3, 4, 5), np.uint16))
    lazy = [da.from_array(source, chunks=(3, 4, 5), name=False) for _ in range(2)]
    scan = Scan.from_arrays(lazy, [7000.0, 7010.0], [0.0, 60.0, 120.0])
    data, given, kind = projections_layer(scan)
    assert isinstance(data, da.Array)
    assert source.read == 4 * 5, "one frame, for the contrast"
    assert (data.shape, kind, given["axis_labels"]) == ((2, 3, 4, 5), "image", ("energy", "angle", "row", "column"))
    put(model, (data, given, kind))
    put(model, volumes_layer(counted_stack()[1], "raw", "Raw"))
    assert [layer.name for layer in model.layers] == ["Raw"]


def test_energies_with_other_numbers_of_views_lack_those_they_have_not(model):
    scan = Scan.from_arrays(
        [np.zeros((3, 4, 5)), np.ones((2, 4, 5))], [7000.0, 7010.0], [[0.0, 60.0, 120.0], [0.0, 90.0]]
    )
    data, given, _ = projections_layer(scan)
    shown = np.asarray(data)
    assert shown.shape == (2, 3, 4, 5)
    assert (shown[0] == 0).all()
    assert (shown[1, :2] == 1).all()
    assert np.isnan(shown[1, 2]).all()
    assert [list(angles) for angles in given["metadata"]["angles_deg"]] == [[0, 60, 120], [0, 90]]


def test_the_canvas_says_the_energy_as_the_slider_moves(model, qtbot):
    state_of(model)
    text = model.canvas.overlays.text
    assert not text.visible
    put(model, volumes_layer(counted_stack()[1], "raw", "Raw"))
    qtbot.waitUntil(lambda: text.visible)
    for step, words in ((0, "6500.0 eV"), (3, "6503.0 eV"), (1, "6501.0 eV")):
        model.dims.set_current_step(0, step)
        assert (text.visible, text.text) == (True, words)
    layer_of(model, "raw").visible = False
    assert not text.visible


def test_before_and_after_are_magenta_and_green_and_side_by_side_shares_its_contrast(model, finished):
    show_done(model, finished)
    raw, registered, fixed = (layer_of(model, role) for role in ("raw", "registered", "fixed"))
    compare(model, "overlay", before=True)
    assert [x.name for x in model.layers if x.visible] == ["Raw", "Fixed 6710.0 eV"]
    assert (fixed.colormap.name, raw.colormap.name, str(raw.blending)) == ("magenta", "green", "additive")
    compare(model, "overlay")
    assert [x.name for x in model.layers if x.visible] == ["Fixed 6710.0 eV", "Registered"]
    assert not model.canvas.grid.enabled
    compare(model, "side by side")
    assert model.canvas.grid.enabled
    raw.contrast_limits = (0.01, 0.07)
    assert tuple(registered.contrast_limits) == (0.01, 0.07)
    leave_comparison(model)
    raw.contrast_limits = (0.02, 0.05)
    assert tuple(registered.contrast_limits) == (0.01, 0.07)
    assert not model.canvas.grid.enabled


def test_the_edge_map_has_a_colour_bar_in_electronvolts(model, finished):
    show_stage(model, finished, "spectra")
    layer = layer_of(model, "edge energy")
    assert layer.name == "Edge energy (eV)"
    assert layer.colorbar.visible
    low, high = layer.contrast_limits
    assert 6540 < low < high < 6560
    np.testing.assert_array_equal(layer.data, finished.edge_map().energy)
