"""Pictures that show whether volumes lie on each other say what they claim."""

import dask.array as da
import numpy as np
import pytest

from napari_spectrotomo.assess import checkerboard, mask_outlines, moved_mask, squared_difference
from napari_spectrotomo.errors import DataError

RNG = np.random.default_rng(6)


def test_every_other_field_of_a_checkerboard_is_the_fixed_volume():
    stack = RNG.random((2, 6, 8, 10)).astype(np.float32)
    fixed = -RNG.random((6, 8, 10)).astype(np.float32)
    board = checkerboard(stack, fixed, side=3)
    z, y, x = np.indices(fixed.shape) // 3
    expected = np.where((z + y + x) % 2 == 1, stack, fixed)
    np.testing.assert_array_equal(board.compute(), expected)
    assert board.dtype == np.float32


def test_of_a_part_of_a_checkerboard_that_part_alone_is_read():
    values, fixed = RNG.random((3, 8, 8, 8)).astype(np.float32), np.zeros((8, 8, 8), np.float32)
    read = []

    class Watched:
        shape, dtype, ndim = values.shape, values.dtype, values.ndim

        def __getitem__(self, key):
            read.append(values[key].size)
            return values[key]

    stack = da.from_array(Watched(), chunks=(1, 8, 8, 8), name=False, meta=np.empty((0,) * 4, np.float32))
    board = checkerboard(stack, fixed, 2)
    whole = checkerboard(values, fixed, 2).compute()
    for part, size in ((np.s_[1, 5], 64), (np.s_[2, :, 3, 1:7], 48), (np.s_[0, 1, 2, 3], 1), (np.s_[:2, 4:, 7], 64)):
        read.clear()
        np.testing.assert_array_equal(board[part].compute(scheduler="synchronous"), whole[part])
        assert sum(read) == size


def test_what_makes_no_checkerboard_is_refused_in_words():
    with pytest.raises(DataError, match="one of its volumes"):
        checkerboard(np.zeros((2, 3, 3, 3)), np.zeros((3, 3, 4)))
    for side in (0, 2.5):
        with pytest.raises(DataError, match="whole number of voxels"):
            checkerboard(np.zeros((2, 3, 3, 3)), np.zeros((3, 3, 3)), side)


def test_the_outline_of_a_disc_lies_at_its_radius():
    y, x = np.indices((41, 41)) - 20.0
    soft = np.clip((12.3 - np.hypot(y, x)) / 4 + 0.5, 0, 1)
    pieces = mask_outlines(soft)
    np.testing.assert_allclose(np.hypot(*(pieces - 20.0).reshape(-1, 2).T), 12.3, atol=0.05)
    np.testing.assert_array_equal(pieces[:-1, 1], pieces[1:, 0], "one line, piece after piece")
    np.testing.assert_array_equal(pieces[-1, 1], pieces[0, 0], "which closes")


def test_the_outlines_of_a_mask_shifted_by_a_tenth_of_a_voxel_lie_a_tenth_apart():
    edge = np.tile(np.clip((8.0 - np.arange(16.0)) / 4, 0, 1), (4, 1))
    moved = np.tile(np.clip((8.1 - np.arange(16.0)) / 4, 0, 1), (4, 1))
    assert mask_outlines(moved)[:, :, 1].mean() - mask_outlines(edge)[:, :, 1].mean() == pytest.approx(0.1, abs=1e-5)


def test_nothing_has_no_outline_and_unknown_pixels_have_none():
    for empty in (np.zeros((5, 5), bool), np.ones((5, 5)), np.full((5, 5), np.nan), np.zeros((1, 9))):
        assert mask_outlines(empty).shape == (0, 2, 2)
    with pytest.raises(DataError, match="3 axes"):
        mask_outlines(np.zeros((3, 3, 3)))


@pytest.mark.parametrize("lazily", [False, True])
def test_a_moved_mask_is_read_back_from_its_squared_difference(lazily):
    fixed = RNG.random((3, 4, 5)) > 0.5
    moved = RNG.random((3, 4, 5)).astype(np.float32)
    moved[0, 0, 0] = np.nan
    difference = squared_difference(np.stack([moved, fixed]), fixed=1)[0]
    back = moved_mask(difference if lazily else difference.compute(), fixed)
    assert isinstance(back, da.Array) == lazily
    np.testing.assert_allclose(np.asarray(back), moved, atol=1e-6)
