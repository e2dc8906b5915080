"""Images of one slice (2-D XANES) are registered within their plane, by the same means as volumes."""

import numpy as np
import pytest
from scipy import ndimage as ndi

import napari_spectrotomo as st
from napari_spectrotomo.register.engine.masks import AT_LARGE

SHAPE = (120, 140)


def blob(center, radius, seed):
    """A rough body, 0 to 1, in an image."""
    rng = np.random.default_rng(seed)
    y, x = np.indices(SHAPE) - np.reshape(center, (2, 1, 1))
    rough = ndi.gaussian_filter(rng.standard_normal(SHAPE), 5)
    edge = radius + 3 * rough / rough.std() - np.hypot(y, 0.8 * x)
    return ndi.gaussian_filter((edge > 0).astype(float), 1.0)


def motion(turn, size, shift, about):
    """A similarity about a point, 3 x 3."""
    a = np.deg2rad(turn)
    linear = size * np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])
    out = np.eye(3)
    out[:2, :2], out[:2, 2] = linear, about - linear @ about + shift
    return out


def seen(image, matrix):
    """Give the image whose points lie where a matrix (fixed to moving) takes them."""
    pull = np.linalg.inv(matrix)
    return ndi.affine_transform(image, pull[:2, :2], pull[:2, 2], order=3)


def embedded(matrix):
    out = np.eye(4)
    out[1:, 1:] = matrix
    return out


def off(found, truth, mask):
    """Root mean square error of a transform over a mask, in pixels."""
    points = np.c_[np.zeros(mask.sum()), np.argwhere(mask), np.ones(mask.sum())]
    return float(np.sqrt(np.mean(np.sum((points @ (found - embedded(truth)).T) ** 2, axis=1))))


@pytest.fixture(scope="module")
def scene():
    """Two bodies; at the first energy one is turned, the other displaced, and the contrast is less."""
    rng = np.random.default_rng(5)
    a, b = blob((40, 45), 24, 1), blob((80, 100), 20, 2)
    truth = (motion(4, 1.01, (2.4, -1.3), np.array([40.0, 45])), motion(0, 1.01, (-1.2, 2.0), np.array([80.0, 100])))
    fixed = 0.1 + a + b
    first = 0.1 + 0.6 * (seen(a, truth[0]) + seen(b, truth[1]))
    images = np.stack([first, fixed])[:, None] + rng.normal(0, 0.01, (2, 1, *SHAPE))
    stack = st.EnergyStack.from_arrays(images, [8300, 8400], attenuation_unit="optical density")
    return stack, truth


@pytest.mark.parametrize(("grey", "within"), [(False, 0.15), (True, 0.05)])
def test_two_bodies_in_an_image_get_a_transform_each(scene, tmp_path, grey, within):
    stack, truth = scene
    masks = st.binarize(stack)
    labels = st.label_particles(masks[-1])
    assert labels.max() == 2
    found = st.register(masks, particles=labels, stack=stack if grey else None)
    for number, expected in zip((1, 2), truth, strict=True):
        matrix = found.particle_matrices[number][0]
        assert np.array_equal(matrix[0], [1, 0, 0, 0])
        assert np.array_equal(matrix[:, 0], [1, 0, 0, 0])
        assert off(matrix, expected, labels[0] == number) < within
    found.save(tmp_path / "registration.json")
    again = st.load_registration(tmp_path / "registration.json")
    assert np.array_equal(again.labels, labels)
    assert np.array_equal(again.particle_matrices[2], found.particle_matrices[2])
    quality = found.quality.iloc[0]
    assert quality["dice_registered"] > quality["dice_global"] > quality["dice_raw"]
    moved = np.asarray(found.apply(stack).data[:, 0])
    inside = ndi.binary_erosion(labels[0] > 0, iterations=3)
    assert np.abs(moved[0] - 0.04 - 0.6 * moved[1])[inside].max() < 0.06


@pytest.mark.parametrize("kind", ["translation", "rigid", "similarity", "affine"])
def test_nothing_moves_across_an_image(scene, kind):
    stack, _ = scene
    matrix = st.register(st.binarize(stack), transform=kind).matrices[0]
    assert np.array_equal(matrix[0], [1, 0, 0, 0])
    assert np.array_equal(matrix[:, 0], [1, 0, 0, 0])


def test_masks_with_ragged_surfaces_are_matched_at_large_and_it_is_said():
    shape = (256, 256)
    y, x = np.indices(shape)
    truth = motion(0, 1.0, (-9.0, 5.0), np.zeros(2))

    def ragged(seed, matrix):
        """Two disks whose rims come and go by ten pixels, differently at each seed."""
        rough = ndi.gaussian_filter(np.random.default_rng(seed).standard_normal(shape), 3)
        at = np.linalg.inv(matrix)
        q = np.stack([y + at[0, 2], x + at[1, 2]])
        depth = np.maximum(52 - np.hypot(q[0] - 90, q[1] - 90), 38 - np.hypot(q[0] - 180, q[1] - 170))
        return depth + 4 * rough / rough.std() > 0

    fixed, moving = ragged(1, np.eye(3)), ragged(2, truth)
    found = st.register_pair(fixed, moving, "translation")
    assert found.status == "converged"
    assert found.flag == AT_LARGE
    middle = np.array([130, 130, 1.0])
    assert np.linalg.norm((found.matrix - truth) @ middle) < min(2.0, 2 * found.uncertainty)
    labels = st.label_particles(fixed[None])
    series = st.register(np.stack([moving, fixed])[:, None], particles=labels)
    assert np.array_equal(series.particle_matrices[1][0], series.matrices[0])
    assert AT_LARGE in series.quality.iloc[0]["flag"]


def test_masks_with_nothing_in_common_still_fail():
    a = np.zeros(SHAPE, bool)
    a[20:100:4, 10:130] = True
    b = np.zeros(SHAPE, bool)
    b[10:110, 20:120:4] = True
    assert st.register_pair(a, b, "translation").status == "failed"
