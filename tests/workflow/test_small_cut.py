"""A whole analysis can be tried on a small cut first: binned projections, a region of the volume."""

import numpy as np
import pytest

from napari_spectrotomo import Project, run
from napari_spectrotomo.preprocess import binned_column


@pytest.fixture(scope="module")
def binned(small_scan, tmp_path_factory) -> Project:
    recipe = {"correct": {"binning": 2}, "align": {"motion": False}}
    return run(small_scan, tmp_path_factory.mktemp("binned") / "p", recipe, until="reconstruct")


def test_binned_volumes_have_larger_voxels_the_same_attenuation_and_the_same_axis(binned, finished):
    coarse, fine = binned.stack(), finished.stack()
    assert coarse.shape == tuple(n // 2 for n in fine.shape)
    np.testing.assert_allclose(coarse.voxel_size, 2 * fine.voxel_size)
    columns = finished.scan().projections[0].shape[2]
    expected = [binned_column(c, columns, 2) for c in finished.alignment().centers]
    np.testing.assert_allclose(binned.alignment().centers, expected, atol=0.1)
    a, b = (np.asarray(s.data[-1]) for s in (coarse, fine))
    assert a.sum() * 8 == pytest.approx(b.sum(), rel=0.03)


def test_a_region_is_a_cut_of_the_whole_volume_in_a_run_too(small_scan, finished, tmp_path):
    recipe = {"reconstruct": {"region": [6, 18, 4, 30, 2, 29]}, "align": {"motion": False, "jitter": "none"}}
    project = run(small_scan, tmp_path / "p", recipe, until="reconstruct")
    assert project.stack().shape == (12, 26, 27)
    whole = np.asarray(finished.stack().data[-1])[6:18, 4:30, 2:29]
    np.testing.assert_allclose(np.asarray(project.stack().data[-1]), whole, atol=1e-3 * whole.max())
