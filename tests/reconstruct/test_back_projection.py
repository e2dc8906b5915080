"""The kernel of back-projection: the same sums however many slices and views are done at once."""

import numpy as np
import pytest

from napari_spectrotomo.reconstruct.back_projection import TILE, WIDE, back_project_tile, padded, tiles_of
from napari_spectrotomo.reconstruct.geometry import Geometry

SIZE = 50
MIDDLE = (SIZE - 1) / 2


def plainly(views, columns, top, left, circle):
    """Each voxel by itself: what numpy's own interpolation gives, summed over the views."""
    made = np.zeros((TILE, TILE, views.shape[2]))
    for j in range(TILE):
        for i in range(TILE):
            y, x = top + j - MIDDLE, left + i - MIDDLE
            if x * x + y * y <= circle:
                for view, (a, b, c) in zip(views, columns, strict=True):
                    k, f = divmod(a * x + b * y + c, 1)
                    made[j, i] += (1 - f) * view[int(k)] + f * view[int(k) + 1]
    return made


@pytest.mark.parametrize("slices", [1, 5, WIDE, WIDE + 3])
@pytest.mark.parametrize("count", [6, 9])
@pytest.mark.parametrize(("top", "left"), [(0, 0), (18, 40)])
def test_a_tile_holds_the_sum_of_what_views_show_at_each_voxel(slices, count, top, left):
    columns = Geometry(np.linspace(-90, 80, count), MIDDLE + 0.3).columns_of()
    columns[:, 2] += 30
    views = np.random.default_rng(slices).standard_normal((count, SIZE + 60, slices)).astype(np.float32)
    tile = np.full((TILE, TILE, slices), np.nan, np.float32)
    circle = (SIZE / 2) ** 2
    back_project_tile(views, columns, top, left, MIDDLE, circle, tile)
    expected = plainly(views, columns, top, left, circle)
    assert np.allclose(tile, expected, atol=2e-5)
    assert np.array_equal(tile == 0, expected == 0)


def test_few_slices_stay_few_and_many_are_filled_up():
    assert [padded(slices) for slices in (1, 7, 8, 32, 33, 64)] == [1, 7, 32, 32, 64, 64]


def test_tiles_cover_the_circle_and_leave_out_the_corners():
    found = tiles_of((0, 512), (0, 512), 255.5, 256.0**2)
    assert (0, 0) not in found
    assert (0, 256) in found
    inside = np.argwhere(np.hypot(*np.meshgrid(*[np.arange(512) - 255.5] * 2)) <= 256)
    assert {(y - y % TILE, x - x % TILE) for y, x in inside.tolist()} == set(found)
