"""Series that are short, broken, flat or stopped are registered as far as they can be, the same on any number of threads."""

import threading

import dask
import numpy as np
import pytest
import zarr
from scipy import ndimage as ndi

from napari_spectrotomo.data import EnergyStack
from napari_spectrotomo.errors import Aborted
from napari_spectrotomo.register import RegisterParameters, Series, register


@pytest.fixture(scope="module")
def truth(turned):
    return [[turned((13, 20, 20), k, (0.4 * k, 0.3, 0)), turned((38, 20, 20), -k, (0, -0.5, 0.2))] for k in (4, 2)]


@pytest.fixture(scope="module")
def greys(apart_pair, truth):
    clean = np.stack([apart_pair.grey(matrices) for matrices in truth] + [apart_pair.grey()])
    return clean + np.random.default_rng(0).normal(0, 0.03, clean.shape)


def test_the_result_is_the_same_on_any_number_of_threads(greys, apart_pair):
    found = []
    for threads in (1, 2):
        with dask.config.set(num_workers=threads):
            found.append(register(greys > 0.5, particles=apart_pair.labels(), stack=greys))
    one, two = found
    assert np.array_equal(one.matrices, two.matrices)
    for number in (1, 2):
        assert np.array_equal(one.particle_matrices[number], two.particle_matrices[number])
    assert one.quality.equals(two.quality)
    assert one.particle_quality.equals(two.particle_quality)


class After(threading.Event):
    """An event that is set once it has been looked at so many times."""

    def __init__(self, looks):
        super().__init__()
        self.left, self.late = looks, 0

    def is_set(self):
        self.left -= 1
        self.late += self.left < 0
        return self.left < 0


def looks_of(greys, labels):
    """How often a whole registration looks at its event."""
    event = After(10**9)
    register(greys > 0.5, particles=labels, stack=greys, abort=event)
    return 10**9 - event.left


def test_an_abort_anywhere_ends_the_series_at_once(greys, apart_pair):
    labels = apart_pair.labels()
    total = looks_of(greys, labels)
    assert total > 100
    for share in (0.0, 0.3, 0.6, 0.9):
        event = After(int(share * total))
        with dask.config.set(num_workers=1), pytest.raises(Aborted):
            register(greys > 0.5, particles=labels, stack=greys, abort=event)
        assert event.late < 8  # each function on the way out may look once


def test_an_abort_leaves_what_was_finished(greys, apart_pair):
    abort, kept = threading.Event(), {}
    with pytest.raises(Aborted):  # noqa: PT012
        for index, found in Series(greys > 0.5, RegisterParameters(), abort=abort).steps():
            kept[index] = found
            abort.set()
    assert list(kept) == [2]


@pytest.mark.parametrize("fill", [False, True])
def test_without_a_fixed_surface_every_energy_fails_and_says_why(greys, apart_pair, fill):
    masks = greys > 0.5
    masks[2] = fill
    found = register(masks, particles=apart_pair.labels(), energies=[7000, 7010, 7020], stack=greys)
    assert list(found.quality["status"][:2]) == ["failed"] * 2
    assert found.quality["flag"].str.contains("fixed mask").all()
    assert np.isnan(found.matrices[:2]).all()
    assert np.isnan(found.particle_matrices[1][:2]).all()
    assert np.array_equal(found.matrices[2], np.eye(4))


def test_where_all_others_fail_they_say_so(greys):
    masks = greys > 0.5
    masks[:2] = False
    found = register(masks)
    assert list(found.quality["status"]) == ["failed", "failed", "converged"]
    assert found.flagged == [0, 1]


def test_a_chain_goes_on_past_a_link_that_failed(greys, apart_pair, truth):
    masks = greys > 0.5
    masks[1] = False
    found = register(masks, particles=apart_pair.labels(), reference="chain", stack=greys)
    assert list(found.quality["status"]) == ["converged", "failed", "converged"]
    assert max(apart_pair.errors([found.matrix_of(0, 1), found.matrix_of(0, 2)], truth[0])) < 0.05


def test_a_chain_goes_on_past_a_particle_that_was_gone(greys, apart_pair, truth):
    masks = greys > 0.5
    masks[1] = apart_pair.mask(truth[1], without=(2,))
    found = register(masks, particles=apart_pair.labels(), reference="chain")
    assert np.isnan(found.matrix_of(1, 2)).all()
    assert max(apart_pair.errors([found.matrix_of(0, 1), found.matrix_of(0, 2)], truth[0])) < 0.15
    with_error = found.particle_quality.query("particle == 1")["uncertainty"].to_numpy()
    assert with_error[0] > with_error[1] > with_error[2] == 0


def test_grey_volumes_of_a_stack_are_taken_with_their_masks_as_a_stack(greys):
    energies = np.array([7000.0, 7010, 7020])
    masks = EnergyStack.from_arrays(greys > 0.5, energies, 30.0)
    found = register(masks, stack=EnergyStack.from_arrays(greys, energies, 30.0))
    assert np.array_equal(found.energies, energies)
    assert np.array_equal(found.voxel_size, [30, 30, 30])


def test_flat_volumes_of_one_slice_are_registered_by_particle_and_on_grey(picture):
    turn = np.eye(4)
    angle = np.deg2rad(3)
    turn[1:3, 1:3] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    turn[1:3, 3] = (2.0, -1.5)
    moving = ndi.affine_transform(picture, np.linalg.inv(turn[1:, 1:]), order=3)
    greys = np.stack([moving, picture])[:, None]
    labels = (ndi.binary_fill_holes(picture > 0.4))[None].astype(int)
    found = register(greys > 0.4, particles=labels, stack=greys)
    points = np.argwhere(labels)
    points = np.c_[points, np.ones(len(points))]
    for matrix in (found.matrices[0], found.matrix_of(0, 1)):
        assert np.abs((points @ (matrix - turn).T)[:, :3]).max() < 0.1
    assert found.particle_quality["refined"][0]


def test_masks_on_disk_are_read_an_energy_at_a_time(greys, tmp_path):
    masks = zarr.open_group(str(tmp_path / "series.zarr"), mode="w").create_array("masks", data=greys > 0.5)
    assert np.array_equal(register(masks).matrices, register(greys > 0.5).matrices)
