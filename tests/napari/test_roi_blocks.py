"""What lies about a region is read once, a part of the energies at a time, and no more of it is kept than fits."""

from __future__ import annotations

import dask.array as da
import numpy as np
import pytest

from napari_spectrotomo._napari.layers.held import held_volumes
from napari_spectrotomo._napari.roi_spectrum.blocks import AT_ONCE, SIDE, Blocks, Pause

pytestmark = pytest.mark.viewer
SHAPE = (19, 70, 130, 40)
BOX = (slice(60, 68), slice(50, 70), slice(3, 9))
MANY = 1 << 40


def never():
    return False


@pytest.fixture(scope="module")
def values():
    return np.random.default_rng(0).random(SHAPE, np.float32)


@pytest.fixture
def counted(values):
    """The values, and a list that grows with every energy of every read."""
    reads = []

    class Read:
        shape, dtype, ndim = values.shape, values.dtype, 4

        def __getitem__(self, key):
            reads.append(key)
            return values[key]

    return da.from_array(
        Read(), chunks=(1, *SHAPE[1:]), name=False, asarray=False, meta=np.empty((0,) * 4, np.float32)
    ), reads


@pytest.mark.parametrize("held", [False, True])
def test_a_box_over_several_blocks_is_what_the_array_holds(values, held):
    data = da.from_array(values, chunks=(1, *SHAPE[1:]))
    blocks = Blocks(held_volumes(data) if held else data, MANY)
    assert blocks.read(BOX, never)
    np.testing.assert_array_equal(blocks.part(BOX), values[(slice(None), *BOX)])


def test_what_was_read_is_not_read_again(counted):
    data, reads = counted
    blocks = Blocks(data, MANY)
    blocks.read(BOX, never)
    before = len(reads)
    assert blocks.read((slice(61, 63), slice(52, 60), slice(10, 30)), never)
    assert len(reads) == before


def test_energies_not_read_yet_are_unknown_and_spread_over_the_range(values):
    blocks = Blocks(values, MANY)
    one = (slice(0, 5), slice(0, 5), slice(0, 5))
    asked = iter((False, True))
    assert not blocks.read(one, lambda: next(asked))
    known = np.flatnonzero(np.isfinite(blocks.part(one)).all(axis=(1, 2, 3)))
    assert 1 < len(known) <= AT_ONCE
    assert known[-1] - known[0] > SHAPE[0] / 2
    assert blocks.read(one, never)
    np.testing.assert_array_equal(blocks.part(one), values[:, :5, :5, :5])


def test_an_energy_that_was_written_is_read_anew(counted, values):
    data, reads = counted
    blocks = Blocks(data, MANY)
    one = (slice(0, 5), slice(0, 5), slice(0, 5))
    blocks.read(one, never)
    blocks.forget(4)
    assert np.isnan(blocks.part(one)[4]).all()
    reads.clear()
    blocks.read(one, never)
    assert reads
    np.testing.assert_array_equal(blocks.part(one), values[:, :5, :5, :5])


def test_the_blocks_used_longest_ago_go_first(counted):
    data, reads = counted
    a_block = 4 * SHAPE[0] * SIDE * SIDE * SHAPE[3]
    blocks = Blocks(data, int(1.5 * a_block))
    here, there = ((slice(0, 2), slice(y, y + 2), slice(0, 2)) for y in (0, 70))
    assert not blocks.fits((slice(0, 2), slice(0, 100), slice(0, 2)))
    for place in (here, there):
        blocks.read(place, never)
    before = len(reads)
    blocks.read(there, never)
    assert len(reads) == before
    blocks.read(here, never)
    assert len(reads) > before


def test_what_lies_beside_is_read_ahead_until_all_is_there(values):
    blocks = Blocks(values, MANY)
    one = (slice(0, 5), slice(0, 5), slice(0, 5))
    pieces = 0
    while blocks.read_beside(one):
        pieces += 1
    assert pieces > 1
    far = (slice(66, 69), slice(66, 69), slice(0, 5))
    assert np.isfinite(blocks.part(far)).all()
    assert not Blocks(values, 100).read_beside(one)


def test_where_little_can_be_kept_only_what_lies_in_the_same_slices_is_read_ahead(values):
    one = (slice(0, 5), slice(0, 5), slice(0, 5))
    blocks = Blocks(values, 4 * SHAPE[0] * SIDE * 2 * SIDE * SHAPE[3])
    while blocks.read_beside(one):
        pass
    assert blocks.at_hand((slice(0, 2), slice(60, 100), slice(0, 5)))
    assert not blocks.at_hand((slice(63, 66), slice(0, 2), slice(0, 5)))


def test_a_pause_comes_never_before_the_first_piece_of_work():
    at_once = Pause(-1.0)
    assert [at_once(), at_once()] == [False, True]
    assert not any(Pause(60.0)() for _ in range(3))
