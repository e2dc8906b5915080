"""A 2-D XANES scan has nothing to reconstruct."""

import numpy as np

import napari_spectrotomo as st


def images(angles, **more):
    rng = np.random.default_rng(0)
    views = [rng.random((np.size(angles) // 2, 5, 7), np.float32) for _ in range(2)]
    return st.Scan.from_arrays(
        views, [8324, 8354], np.split(np.asarray(angles, float), 2), kind="optical_density", **more
    )


def test_the_images_of_a_2d_scan_are_its_stack_and_nothing_is_resampled():
    od = images([3.0, 3.0], pixel_size=[31.1, 31.2])
    assert od.planar
    stack = st.reconstruct(od, center=1.0)
    assert stack.planar
    assert stack.attenuation_unit == "optical density"
    assert stack.data.shape == (2, 1, 5, 7)
    assert np.array_equal(stack.data[:, 0], np.stack([p[0] for p in od.projections]))
    assert np.array_equal(stack.voxel_size, [31.2] * 3)
    assert np.array_equal(st.reconstruct(od, fixed=0).voxel_size, [31.1] * 3)


def test_frames_of_one_view_are_one_image():
    od = images([0.0, 0.0, 0.0, 0.0])
    assert np.allclose(st.reconstruct(od).data[0, 0], od.projections[0].mean(axis=0))


def test_a_sample_that_was_turned_between_energies_is_doubted():
    assert any("turned" in w for w in st.reconstruct(images([0.0, 1.5])).metadata["warnings"])
    assert not any("turned" in w for w in st.reconstruct(images([1.5, 1.5])).metadata["warnings"])


def test_views_at_several_angles_are_no_2d_scan():
    assert not images([0.0, 90.0, 0.0, 90.0]).planar
