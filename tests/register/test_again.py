"""One energy is registered again by itself; the others stay as they are, bit for bit."""

import threading

import numpy as np
import pytest

from napari_spectrotomo.errors import Aborted, RegistrationError
from napari_spectrotomo.register import register, register_again

ENERGIES = np.array([7000.0, 7010, 7020])


@pytest.fixture(scope="module")
def truth(turned):
    return [
        [turned((13, 20, 20), 2 * k, (0.4 * k, 0.3, 0)), turned((38, 20, 20), -k, (0, -0.5 * k, 0.2))] for k in (2, 1)
    ]


@pytest.fixture(scope="module")
def greys(apart_pair, truth):
    return np.stack([apart_pair.grey(matrices) for matrices in truth] + [apart_pair.grey()])


@pytest.fixture(scope="module")
def first(apart_pair, greys):
    return register(greys > 0.5, particles=apart_pair.labels(), energies=ENERGIES)


def others_are_untouched(before, after, index):
    rest = [e for e in range(len(ENERGIES)) if e != index]
    assert np.array_equal(after.matrices[rest], before.matrices[rest])
    assert after.quality.iloc[rest].equals(before.quality.iloc[rest])
    for number, matrices in before.particle_matrices.items():
        assert np.array_equal(after.particle_matrices[number][rest], matrices[rest])
    rows = after.particle_quality["energy_eV"] != ENERGIES[index]
    assert after.particle_quality[rows].equals(before.particle_quality[rows])


def test_other_settings_change_one_energy_alone(first, greys, apart_pair, truth):
    kept = first.matrices.copy()
    again = register_again(first, greys > 0.5, 0, stack=greys)
    others_are_untouched(first, again, 0)
    assert np.array_equal(first.matrices, kept)
    found = [again.matrix_of(0, 1), again.matrix_of(0, 2)]
    assert max(apart_pair.errors(found, truth[0])) < 0.03
    assert again.particle_quality.query("energy_eV == 7000")["refined"].all()


def test_a_start_by_hand_leads_to_the_same_place(first, greys, apart_pair, truth):
    nudged = first.matrix_of(0)
    nudged[1, 3] += 2
    again = register_again(first, greys > 0.5, -3, start=nudged)
    others_are_untouched(first, again, 0)
    for number in (1, 2):
        apart = apart_pair.errors([again.matrix_of(0, number)] * 2, [first.matrix_of(0, number)] * 2)[number - 1]
        assert apart < 0.03


def test_what_was_placed_by_hand_stays_there(first, greys):
    nudged = first.matrix_of(1)
    nudged[1, 3] += 2
    again = register_again(first, greys > 0.5, 1, start=nudged, keep=True)
    others_are_untouched(first, again, 1)
    assert np.array_equal(again.matrix_of(1), nudged)
    assert np.array_equal(again.matrix_of(1, 2), nudged)
    assert again.quality["mse_registered"][1] > first.quality["mse_registered"][1]
    assert "by hand" in again.quality["stop_reason"][1]


def test_another_transform_may_be_taken(first, greys):
    again = register_again(first, greys > 0.5, 0, transform="rigid")
    linear = again.matrix_of(0, 1)[:3, :3]
    assert np.allclose(linear @ linear.T, np.eye(3), atol=1e-9)


def test_what_cannot_be_done_again_is_said(first, greys):
    masks = greys > 0.5
    for index in (2, -1, 3):
        with pytest.raises(RegistrationError, match="cannot be registered again"):
            register_again(first, masks, index)
    for start in (np.eye(3), "there", np.full((4, 4), np.nan)):
        with pytest.raises(RegistrationError, match="4 x 4"):
            register_again(first, masks, 0, start=start)
    with pytest.raises(RegistrationError, match="labels have shape"):
        register_again(first, masks[:, 1:], 0)
    with pytest.raises(RegistrationError, match="do not fit 2 masks"):
        register_again(first, masks[1:], 0)
    with pytest.raises(RegistrationError, match="not deformed"):
        register_again(first, masks, 0, transform="deformable")


def test_an_abort_ends_it(first, greys):
    abort = threading.Event()
    abort.set()
    with pytest.raises(Aborted):
        register_again(first, greys > 0.5, 0, abort=abort)
