"""Which transform a fixed voxel takes: known truths of the blend between particles."""

import numpy as np
import pytest
from scipy import ndimage as ndi

from napari_spectrotomo.errors import DataError, RegistrationError
from napari_spectrotomo.register.resampling.resample import positions, resample
from napari_spectrotomo.register.resampling.territory import Territory

SHAPE = (48, 40, 44)
FIRST, SECOND = 12, 3
"""Numbers of the particles: neither from 1 nor without gaps."""


def shift(*zyx: float) -> np.ndarray:
    matrix = np.eye(4)
    matrix[:3, 3] = zyx
    return matrix


@pytest.fixture(scope="module")
def labels() -> np.ndarray:
    """Two rough particles, more than 6 voxels apart in places and less in others."""
    z, y, x = np.indices(SHAPE)
    rough = ndi.gaussian_filter(np.random.default_rng(4).standard_normal(SHAPE), 2.5)
    rough *= 0.12 / rough.std()
    found = np.zeros(SHAPE, np.int32)
    found[((z - 13) / 9) ** 2 + ((y - 20) / 12) ** 2 + ((x - 22) / 13) ** 2 + rough < 1] = FIRST
    found[((z - 35) / 7) ** 2 + ((y - 21) / 11) ** 2 + ((x - 20) / 14) ** 2 + rough < 1] = SECOND
    return found


@pytest.fixture(scope="module")
def territory(labels) -> Territory:
    return Territory.of(labels)


@pytest.fixture(scope="module")
def moves() -> dict[int, np.ndarray]:
    rng = np.random.default_rng(1)
    turned = {FIRST: shift(1.0, -2.0, 0.5), SECOND: shift(-2.0, 1.0, 1.5)}
    for matrix in turned.values():
        matrix[:3, :3] += rng.normal(0, 0.02, (3, 3))
    return turned


def at(matrix: np.ndarray) -> np.ndarray:
    return np.tensordot(matrix[:3, :3], np.indices(SHAPE), 1) + matrix[:3, 3].reshape(3, 1, 1, 1)


def test_a_particles_voxels_take_its_own_matrix_exactly(labels, territory, moves):
    where = positions(SHAPE, np.eye(4), particles=moves, territory=territory)
    for number, matrix in moves.items():
        inside = labels == number
        np.testing.assert_allclose(where[:, inside], at(matrix)[:, inside], rtol=0, atol=1e-12)


def test_two_voxels_outside_its_surface_a_voxel_is_still_its_particles_own(labels, territory, moves):
    where = positions(SHAPE, np.eye(4), particles=moves, territory=territory)
    for number, other in ((FIRST, SECOND), (SECOND, FIRST)):
        near = ndi.distance_transform_edt(labels != number) <= 2
        near &= ndi.distance_transform_edt(labels != other) > 6
        off = np.linalg.norm(where - at(moves[number]), axis=0)[near]
        assert near.sum() > 1000
        assert off.max() < 0.002


def test_between_particles_motion_changes_without_a_jump(labels, territory):
    apart = 3.0
    where = positions(
        SHAPE, np.eye(4), particles={FIRST: shift(0, 0, apart), SECOND: shift(0, 0, 0)}, territory=territory
    )
    share = (where[2] - np.indices(SHAPE)[2]) / apart
    assert share.min() == 0
    assert share.max() == 1
    gap = ndi.distance_transform_edt(labels != FIRST) + ndi.distance_transform_edt(labels != SECOND)
    for axis in range(3):
        outside = np.minimum(np.roll(gap, -1, axis), gap) > 8
        outside &= (labels == 0) & (np.roll(labels, -1, axis) == 0)
        jump = np.abs(np.diff(share, axis=axis))
        assert jump[tuple(slice(0, n) for n in jump.shape)][np.delete(outside, -1, axis)].max() < 0.5


def test_far_from_all_particles_their_plain_mean_is_taken():
    labels = np.zeros((8, 200, 12), np.uint16)
    labels[3:5, 98:102, 2], labels[3:5, 98:102, 9] = 1, 2
    where = positions(
        labels.shape, np.eye(4), particles={1: shift(1, 0, 0), 2: shift(0, 2, 0)}, territory=Territory.of(labels)
    )
    middle = where[:, 4, 0, 5] - (4, 0, 5)
    np.testing.assert_allclose(middle, (0.5, 1, 0), atol=0.02)


def test_one_particle_moves_everything(moves):
    labels = np.zeros(SHAPE, np.uint16)
    labels[20:30, 10:30, 10:30] = 40000
    alone = {40000: moves[FIRST]}
    where = positions(SHAPE, np.full((4, 4), np.nan), particles=alone, territory=Territory.of(labels))
    assert np.array_equal(where, positions(SHAPE, moves[FIRST]))
    grey = np.random.default_rng(0).random(SHAPE, dtype=np.float32)
    one = resample(grey, np.eye(4), particles=alone, territory=Territory.of(labels))
    assert np.array_equal(one, resample(grey, moves[FIRST]), equal_nan=True)


def test_a_particle_that_failed_is_unknown_and_takes_no_part_in_others(labels, territory, moves):
    where = positions(SHAPE, np.eye(4), particles=moves | {SECOND: np.full((4, 4), np.nan)}, territory=territory)
    both = positions(SHAPE, np.eye(4), particles={FIRST: shift(0, 0, 0), SECOND: shift(0, 0, 1)}, territory=territory)
    weight = both[2] - np.indices(SHAPE)[2]
    unknown = np.isnan(where).any(axis=0)
    assert np.array_equal(unknown[np.abs(weight - 0.5) > 1e-6], (weight > 0.5)[np.abs(weight - 0.5) > 1e-6])
    np.testing.assert_allclose(where[:, ~unknown], at(moves[FIRST])[:, ~unknown], atol=1e-9)
    none = positions(SHAPE, np.eye(4), particles=dict.fromkeys(moves, np.full((4, 4), np.nan)), territory=territory)
    assert np.isnan(none).all()


def test_a_particle_without_a_transform_of_its_own_takes_the_one_of_the_whole(territory, moves):
    named = moves | {SECOND: shift(1, 1, 1)}
    one = positions(SHAPE, shift(1, 1, 1), particles={FIRST: moves[FIRST]}, territory=territory)
    assert np.array_equal(one, positions(SHAPE, np.eye(4), particles=named, territory=territory))


def test_without_particles_all_move_together(moves):
    empty = Territory.of(np.zeros(SHAPE, np.int32))
    assert len(empty.numbers) == 0
    where = positions(SHAPE, moves[FIRST], particles={}, territory=empty)
    assert np.array_equal(where, positions(SHAPE, moves[FIRST]))


def test_images_have_territories_too():
    labels = np.zeros((30, 40), np.uint8)
    labels[5:25, 3:12], labels[5:25, 26:36] = 1, 2
    left, right = np.eye(3), np.eye(3)
    left[1, 2], right[0, 2] = 1.0, -1.0
    where = positions(labels.shape, np.eye(3), particles={1: left, 2: right}, territory=Territory.of(labels))
    assert where.shape == (2, 30, 40)
    np.testing.assert_array_equal(where[:, 10, 5], (10, 6))
    np.testing.assert_array_equal(where[:, 10, 30], (9, 30))


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.int32, np.int64, ">i4"])
def test_labels_of_any_kind_give_the_same(labels, territory, kind):
    other = Territory.of(np.asfortranarray(labels.astype(kind)))
    assert other.numbers.tolist() == [SECOND, FIRST]
    assert np.array_equal(other.slots, territory.slots)
    assert np.array_equal(other.distances, territory.distances)


def test_distances_on_the_coarse_grid_are_exact(labels, territory):
    nodes = tuple(slice(0, n, territory.step) for n in SHAPE)
    for k, number in enumerate(territory.numbers):
        outside = ndi.distance_transform_edt(labels != number)[nodes]
        found = territory.distances[k][tuple(slice(n) for n in outside.shape)] / 32
        np.testing.assert_allclose(found[outside > 0], outside[outside > 0] - 0.5, atol=1 / 64)
        assert (found[outside == 0] < 0).all()


def test_many_particles_need_less_memory_than_one_volume():
    labels = np.zeros((40, 40, 40), np.int32)
    labels[::4, ::4, ::4] = np.arange(1, 1001).reshape(10, 10, 10)
    found = Territory.of(labels)
    assert len(found.numbers) == 1000
    assert found.slots.nbytes + found.distances.nbytes < 4 * labels.size
    matrices = {k: shift(0, 0, 0.001 * k) for k in range(1, 1001)}
    where = positions(labels.shape, np.eye(4), particles=matrices, territory=found)
    own = labels > 0
    np.testing.assert_allclose((where[2] - np.indices(labels.shape)[2])[own], 0.001 * labels[own], atol=1e-9)
    assert np.isfinite(where).all()


def test_what_are_no_labels_is_refused():
    with pytest.raises(DataError, match="whole numbers"):
        Territory.of(np.full((3, 3, 3), 0.5))
    with pytest.raises(RegistrationError, match="2 or 3 axes"):
        Territory.of(np.zeros(5, int))
    with pytest.raises(RegistrationError, match="renumber"):
        Territory.of(np.full((2, 2, 2), 2**30))
