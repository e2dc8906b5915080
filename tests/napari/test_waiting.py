"""The window does not wait: not for the disk, not for what long work shows; judged by what the GUI thread itself has to do."""

from __future__ import annotations

import gc
import threading

import dask.array as da
import numpy as np
import pytest

from napari_spectrotomo._napari.docks import open_panel
from napari_spectrotomo._napari.layers import layer_of, put, volumes_layer
from napari_spectrotomo._napari.layers.ahead import wanted_next
from napari_spectrotomo._napari.layers.glance import _Look
from napari_spectrotomo._napari.layers.held import held_volume, held_volumes, reader_of
from napari_spectrotomo._napari.layers.kept import WHOLE, Kept
from napari_spectrotomo._napari.load.opening import load, reopen
from napari_spectrotomo._napari.run import run_until
from napari_spectrotomo._napari.state import state_of
from napari_spectrotomo._napari.turn_times import TurnTimes
from napari_spectrotomo._napari.turns import Turns
from napari_spectrotomo._napari.waiting import WAITING
from napari_spectrotomo.data import EnergyStack
from napari_spectrotomo.workflow.store import Store

pytestmark = pytest.mark.viewer
LIMIT = 100
"""Milliseconds of processor time that the plugin's own code may take of one turn of the event loop."""


class Slow:
    """An array whose energies above the first are read only when they are let go; it counts what is read of it."""

    def __init__(self, values):
        self.values, self.shape, self.dtype, self.ndim = values, values.shape, values.dtype, values.ndim
        self.go = threading.Event()
        self.readers = set()

    def __getitem__(self, key):
        energy = key[0] if isinstance(key, tuple) else key
        first = energy.start if isinstance(energy, slice) else energy
        if first and first > 0:
            assert self.go.wait(60)
        self.readers.add(threading.current_thread())
        return self.values[key]


@pytest.fixture
def slow():
    source = Slow(np.random.default_rng(0).random((4, 6, 8, 10)).astype(np.float32))
    yield source
    source.go.set()


@pytest.fixture
def stored(tmp_path):
    """Three energies of a volume of several chunks, as a project stores them."""
    store, shape = Store(tmp_path / "project.zarr"), (130, 140, 150)
    values = np.random.default_rng(1).random((3, *shape)).astype(np.float32)
    store.create("reconstruction", shape, np.float32, np.arange(3.0), None, "", "made for a test")
    for index, volume in enumerate(values):
        store.write("reconstruction", index, volume)
    return values, store.array("reconstruction")


def stack_of(source):
    data = da.from_array(source, chunks=(1, *source.shape[1:]), name=False)
    return EnergyStack.from_arrays(data, 6500.0 + np.arange(len(source.values)), 50.0)


def test_a_slice_that_is_not_read_yet_is_empty_and_says_so_until_it_comes(make_napari_viewer, slow, qtbot):
    viewer = make_napari_viewer()
    state_of(viewer)
    layer = put(viewer, volumes_layer(stack_of(slow), "raw", "Raw", 0))
    viewer.dims.set_current_step(0, 0)
    qtbot.waitUntil(lambda: layer not in WAITING)
    slow.readers.clear()
    viewer.dims.set_current_step(0, 2)
    assert layer in WAITING, "the slider has moved, and nobody waited for the disk"
    assert layer._slice.empty, "the energy before is not shown for this one"
    text = viewer.canvas.overlays.text
    assert "6502.0 eV" in text.text
    assert "reading" in text.text
    slow.go.set()
    qtbot.waitUntil(lambda: layer not in WAITING)
    np.testing.assert_array_equal(layer._slice.image.raw, slow.values[2, viewer.dims.current_step[1]])
    assert "reading" not in text.text
    assert threading.main_thread() not in slow.readers


def test_what_is_read_too_late_for_where_the_slider_is_now_is_not_shown(make_napari_viewer, slow, qtbot):
    viewer = make_napari_viewer()
    layer = put(viewer, volumes_layer(stack_of(slow), "raw", "Raw", 0))
    for energy in (1, 3, 2):
        viewer.dims.set_current_step(0, energy)
    slow.go.set()
    qtbot.waitUntil(lambda: layer not in WAITING)
    np.testing.assert_array_equal(layer._slice.image.raw, slow.values[2, viewer.dims.current_step[1]])


def test_who_reads_a_layers_data_gets_them_whole_whatever_is_seen(make_napari_viewer, slow, qtbot):
    viewer = make_napari_viewer()
    layer = put(viewer, volumes_layer(stack_of(slow), "raw", "Raw", 0))
    viewer.dims.set_current_step(0, 2)
    slow.go.set()
    np.testing.assert_array_equal(np.asarray(layer.data), slow.values)
    qtbot.waitUntil(lambda: layer not in WAITING)


def test_napari_slices_layers_of_this_plugin_through_it(model, slow):
    """Fails where a new napari makes its slice requests otherwise: then slices would be right, but the window would wait."""
    slow.go.set()
    layer = put(model, volumes_layer(stack_of(slow), "raw", "Raw", 0))
    assert isinstance(layer._slicing_state._slice_request_class, _Look)


@pytest.mark.parametrize("at", [(1, 70, slice(None), slice(None)), (2, slice(None), 139, slice(None)), (0, 3, 5, 149)])
def test_a_slice_that_is_looked_at_brings_the_slab_of_its_chunks(stored, at):
    values, array = stored
    reader = reader_of(held_volumes(array))
    np.testing.assert_array_equal(reader.look(at), values[at])
    assert reader.at_hand(at)
    axis = next(k for k in range(1, 4) if not isinstance(at[k], slice))
    beside = list(at)
    beside[axis] = at[axis] - 1
    assert reader.at_hand(tuple(beside))
    np.testing.assert_array_equal(reader.look(tuple(beside)), values[tuple(beside)])
    beside[axis] = (at[axis] + 64) % array.shape[axis]
    assert not reader.at_hand(tuple(beside)), "another slab"
    assert reader.cost(at) < values[0].nbytes


def test_the_volume_of_one_energy_shares_what_is_kept(stored):
    values, array = stored
    data = held_volumes(array)
    one = held_volume(data, -1)
    np.testing.assert_array_equal(np.asarray(one), values[-1])
    assert reader_of(data).at_hand((2, 5, slice(None), slice(None)))


def test_masks_are_read_as_whole_numbers(tmp_path):
    store = Store(tmp_path / "project.zarr")
    store.create("mask", (4, 5, 6), bool, np.arange(2.0), None, "", "made for a test")
    store.write("mask", 1, np.ones((4, 5, 6), bool))
    data = held_volumes(store.array("mask"), np.uint8)
    assert data.dtype == np.uint8
    np.testing.assert_array_equal(np.asarray(data[:, 2]), np.stack([np.zeros((5, 6)), np.ones((5, 6))]))


def test_what_was_looked_at_longest_ago_goes_first():
    kept, one = Kept(most=3 * 80), np.zeros(10)
    for energy in range(3):
        kept.put((0, energy, 0, 0), one)
    kept.get((0, 0, 0, 0))
    kept.put((0, 3, 0, 0), one)
    assert [kept.get((0, e, 0, 0)) is not None for e in range(4)] == [True, False, True, True]
    kept.put((0, 2, *WHOLE), one)
    assert kept.get((0, 2, 0, 0)) is None, "a whole volume stands for its slabs"


def test_the_energies_beside_the_one_shown_are_read_ahead_nearest_first(model, slow):
    slow.go.set()
    layer = put(model, volumes_layer(stack_of(slow), "raw", "Raw", 0))
    model.dims.set_current_step(1, 3)
    model.dims.set_current_step(0, 1)
    wanted = list(wanted_next(model, 10**9))
    assert [key for _, key in wanted] == [(e, 3, slice(None), slice(None)) for e in (1, 2, 0, 3)]
    one = reader_of(layer.data).cost(wanted[0][1])
    assert len(list(wanted_next(model, 2 * one))) == 2, "no more than there is room for"
    layer.visible = False
    assert not list(wanted_next(model, 10**9))


def test_steps_are_done_one_a_turn_and_go_on_after_an_error(qtbot):
    done, turns = [], Turns()

    def steps(name, error=None):
        done.append(name)
        yield
        if error:
            raise error
        done.append(name)

    turns.add(steps("a", ValueError("wrong")))
    turns.add(steps("b"))
    turns.then(lambda: done.append("then"))
    assert done == []
    with qtbot.capture_exceptions() as seen:
        qtbot.waitUntil(lambda: "then" in done)
    assert done == ["a", "b", "b", "then"]
    assert [str(error) for _, error, _ in seen] == ["wrong"]


@pytest.fixture
def settled():
    """Leave what is there out of collections of garbage, as the plugin does once all is imported."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def worst(times):
    turn = times.longest
    return f"{turn.plugin:.0f} ms, of them {dict(turn.where.most_common(4))}"


def test_the_plugin_never_keeps_the_window_for_a_tenth_of_a_second_in_long_work(
    make_napari_viewer, scan_tiny, tmp_path, settle, settled
):
    viewer = make_napari_viewer()
    open_panel(viewer, "Load")
    actions = {"load": lambda: load(viewer, scan_tiny, tmp_path / "project", {})}
    for stage in ("reconstruct", "label", "register", "spectra"):
        actions[stage] = lambda stage=stage: run_until(viewer, stage, stage)
    for action in actions.values():
        with TurnTimes() as times:
            action()
            settle(viewer)
        assert times.longest.plugin < LIMIT, worst(times)
    assert layer_of(viewer, "edge energy").visible


def test_the_plugin_never_keeps_the_window_for_a_tenth_of_a_second_as_a_project_opens(
    make_napari_viewer, finished, settle, settled
):
    viewer = make_napari_viewer()
    open_panel(viewer, "Load")
    with TurnTimes() as times:
        reopen(viewer, finished.path)
        settle(viewer)
    assert times.longest.plugin < LIMIT, worst(times)
    assert layer_of(viewer, "edge energy").visible
