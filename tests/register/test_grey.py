"""Grey volumes take transforms from a tenth of a voxel to a hundredth, and are believed only where they know better."""

import numpy as np
import pytest
from scipy import ndimage as ndi

from napari_spectrotomo.errors import RegistrationError
from napari_spectrotomo.register import register


class Case:
    """Two particles that moved, registered by their masks, and on whatever grey volumes are given."""

    def __init__(self, pair, turned):
        self.pair = pair
        self.truth = [turned((13, 20, 20), 6, (1, 1.5, -0.7)), turned((38, 20, 20), -5, (0.4, -2, 1.2))]
        self.grey = np.stack([pair.grey(self.truth), pair.grey()])
        self.masks = self.grey > 0.5
        self.by_masks = register(self.masks, particles=pair.labels())

    def refined(self, grey, **settings):
        return register(self.masks, particles=self.pair.labels(), stack=grey, **settings)

    def errors(self, found):
        return np.array(self.pair.errors([found.matrix_of(0, 1), found.matrix_of(0, 2)], self.truth))

    def noise(self, size, seed=0):
        return np.random.default_rng(seed).normal(0, size, self.grey.shape)


def rows(found):
    """The table of particles at the first energy."""
    return found.particle_quality.iloc[::2]


@pytest.fixture(scope="module")
def case(apart_pair, turned):
    return Case(apart_pair, turned)


def test_grey_volumes_know_a_hundredth_of_a_voxel(case):
    found = case.refined(case.grey + case.noise(0.02))
    assert (case.errors(found) < 0.02).all()
    assert (case.errors(found) < 0.3 * case.errors(case.by_masks)).all()
    assert rows(found)["refined"].all()
    assert (rows(found)["grey_refined"] < rows(found)["grey_masks"]).all()
    assert (rows(found)["uncertainty"] < 0.3 * rows(case.by_masks)["uncertainty"]).all()


def test_contrast_and_background_of_an_energy_do_not_matter(case):
    scaled = np.stack([2.5 * case.grey[0] + 0.3, case.grey[1]]) + case.noise(0.02)
    assert (case.errors(case.refined(scaled)) < 0.03).all()


def test_chemistry_that_changes_the_contrast_from_place_to_place_does_not_matter(case):
    rough = ndi.gaussian_filter(np.random.default_rng(0).standard_normal(case.pair.shape), 9)
    shade = 1 + 0.1 * rough / rough.std()
    grey = np.stack([case.pair.grey(case.truth, shade=shade), case.grey[1]]) + case.noise(0.02)
    assert (case.errors(case.refined(grey)) < 0.05).all()


def test_a_shell_of_other_chemistry_does_not_matter(case):
    depth = np.maximum(*case.pair.heights)
    shade = 1 + 0.15 * np.exp(-np.clip(depth, 0, None) / 3)
    grey = np.stack([case.pair.grey(case.truth, shade=shade), case.grey[1]]) + case.noise(0.02)
    assert (case.errors(case.refined(grey)) < 0.05).all()


def test_unknown_voxels_are_left_out(case):
    grey = case.grey + case.noise(0.02)
    grey[:, :3], grey[:, :, :5], grey[0, :, :, -7:] = np.nan, np.nan, np.nan
    assert (case.errors(case.refined(grey)) < 0.05).all()


@pytest.mark.parametrize("what", ["noise", "unknown", "nothing", "too noisy"])
def test_volumes_that_know_nothing_better_leave_the_transforms_of_the_masks(case, what):
    moving = {
        "noise": case.noise(1.0)[0],
        "unknown": np.full(case.pair.shape, np.nan),
        "nothing": np.zeros(case.pair.shape),
        "too noisy": case.grey[0] + case.noise(0.5)[0],
    }[what]
    found = case.refined(np.stack([moving, case.grey[1]]))
    assert not rows(found)["refined"].any()
    for number in (1, 2):
        assert np.array_equal(found.matrix_of(0, number), case.by_masks.matrix_of(0, number))


def test_a_neighbour_that_comes_near_does_not_pull(particles, turned):
    near = particles((52, 40, 40), [((15, 20, 20), (8, 12, 10)), ((35, 20, 20), (8, 10, 12))])
    truth = [turned((15, 20, 20), 0, (2.2, 0.3, 0)), turned((35, 20, 20), -2, (-0.8, -0.5, 0.4))]
    grey = np.stack([near.grey(truth), near.grey()]) + np.random.default_rng(0).normal(0, 0.02, (2, *near.shape))
    found = register(grey > 0.5, particles=near.labels(), stack=grey)
    assert max(near.errors([found.matrix_of(0, 1), found.matrix_of(0, 2)], truth)) < 0.03


def test_it_is_done_where_volumes_are_given_unless_it_is_not_wanted(case):
    assert case.by_masks.particle_quality["grey_masks"].isna().all()
    found = case.refined(case.grey, refine="none")
    assert np.array_equal(found.matrices, case.by_masks.matrices)
    for number in (1, 2):
        assert np.array_equal(found.matrix_of(0, number), case.by_masks.matrix_of(0, number))
    assert not found.particle_quality["refined"].any()


def test_what_is_missing_or_does_not_fit_is_said(case):
    with pytest.raises(RegistrationError, match="give them as stack="):
        register(case.masks, refine="grey")
    with pytest.raises(RegistrationError, match="grey volumes have shape"):
        register(case.masks, stack=case.grey[:, 1:])
    with pytest.raises(RegistrationError, match="without refinement on grey volumes"):
        register(case.masks, stack=case.grey, engine="simpleitk")


def test_the_whole_is_refined_where_there_are_no_particles(body, motion, error):
    matrix = motion("affine", body.shape, 3, degrees=4, shift=1.5)
    moving = ndi.affine_transform(body, np.linalg.inv(matrix), order=3)
    masks = np.stack([moving, body]) > 0.5
    by_masks = register(masks)
    found = register(masks, stack=np.stack([moving, body]))
    assert error(found.matrices[0], matrix, masks[1]) < 0.02
    assert error(found.matrices[0], matrix, masks[1]) < error(by_masks.matrices[0], matrix, masks[1])
    assert found.quality["grey_refined"][0] < found.quality["grey_masks"][0]
