"""Every particle has a transform of its own, found from its own surface alone."""

import numpy as np
import pytest

from napari_spectrotomo.data import EnergyStack
from napari_spectrotomo.errors import DataError, RegistrationError
from napari_spectrotomo.register import RegisterParameters, Series, load_registration, register

UPPER, LOWER = (13, 20, 20), (38, 20, 20)


@pytest.fixture(scope="module")
def truth(turned):
    return [turned(UPPER, 6, (1, 1.5, -0.7)), turned(LOWER, -5, (0.4, -2, 1.2))]


@pytest.fixture(scope="module")
def registered(apart_pair, truth):
    return register(np.stack([apart_pair.mask(truth), apart_pair.mask()]), particles=apart_pair.labels())


def own(registration, index=0):
    return [registration.matrix_of(index, number) for number in sorted(registration.particle_matrices)]


def test_particles_that_move_separately_are_each_found(registered, apart_pair, truth):
    assert max(apart_pair.errors(own(registered), truth)) < 0.15
    assert min(apart_pair.errors([registered.matrices[0]] * 2, truth)) > 0.5
    first = registered.quality.iloc[0]
    assert first["mse_registered"] < 0.8 * first["mse_global"] < 0.8 * first["mse_raw"]
    assert first["surface_mean_registered"] < 0.6 * first["surface_mean_global"]
    table = registered.particle_quality[registered.particle_quality["energy_eV"].index % 2 == 0]
    assert (table["mse_registered"] < 0.8 * table["mse_global"]).all()
    assert (table["dice_registered"] > table["dice_global"]).all()
    assert (table["uncertainty"] < 0.3).all()
    assert not registered.flagged


def test_the_stated_error_is_about_the_true_one(registered, apart_pair, truth):
    stated = registered.particle_quality["uncertainty"].to_numpy()[::2]
    true = np.array(apart_pair.errors(own(registered), truth))
    assert np.all((true < 3 * stated) & (stated < 5 * true))


def test_apply_brings_every_particle_home(apart_pair, truth):
    energies = np.array([7000.0, 7010.0])
    greys = np.stack([apart_pair.grey(truth), apart_pair.grey()])
    registration = register(greys > 0.5, particles=apart_pair.labels(), energies=energies)
    stack = EnergyStack.from_arrays(greys.astype(np.float32), energies)
    left = [
        np.nanmean((found.apply(stack).data[0].compute() - greys[1]) ** 2)
        for found in (registration, registration.whole())
    ]
    assert left[0] < 0.1 * left[1]


@pytest.fixture(scope="module")
def touching(particles):
    return particles((52, 44, 44), [((26, 22, 22), (20, 17, 15))], split=True, seed=4)


@pytest.mark.parametrize("shift", [(0, 0, 0), (3, 0, 0), (-3, 0, 0), (0, 3, 0)])
def test_touching_particles_do_not_pull_each_other(touching, turned, shift):
    still = turned((36, 22, 22), -2, (0.3, -0.5, 0.4))
    truth = [turned((16, 22, 22), 2, shift), still]
    found = own(register(np.stack([touching.mask(truth), touching.mask()]), particles=touching.labels()))
    assert max(touching.errors(found, truth)) < 0.15


@pytest.mark.parametrize("shift", [(0, 0, 0), (2.5, 0, 0), (0, 3, 0)])
def test_near_particles_do_not_pull_each_other(particles, turned, shift):
    near = particles((52, 40, 40), [((14, 20, 20), (9.5, 12, 10)), ((36, 20, 20), (9.5, 11, 13))])
    labels = near.labels()
    gap = np.argwhere(labels == 2)[:, 0].min() - np.argwhere(labels == 1)[:, 0].max()
    assert 2 <= gap <= 5
    truth = [turned((14, 20, 20), 0, shift), turned((36, 20, 20), -2, (0.3, -0.5, 0.4))]
    found = own(register(np.stack([near.mask(truth), near.mask()]), particles=labels))
    assert max(near.errors(found, truth)) < 0.15


def test_a_particle_that_is_gone_is_failed_and_the_other_is_found(apart_pair, truth):
    energies = np.array([7000.0, 7010.0, 7020.0])
    greys = np.stack([apart_pair.grey(truth, without=(2,)), apart_pair.grey(truth), apart_pair.grey()])
    registration = register(greys > 0.5, particles=apart_pair.labels(), energies=energies)
    assert apart_pair.errors(own(registration)[:1], truth[:1])[0] < 0.15
    assert max(apart_pair.errors(own(registration, 1), truth)) < 0.15
    assert np.isnan(registration.matrix_of(0, 2)).all()
    row = registration.particle_quality.query("particle == 2").iloc[0]
    assert row["status"] == "failed"
    assert "Particle 2 was not found" in row["flag"]
    assert "article 2 was not found" in registration.quality["flag"][0]
    assert registration.flagged == [0]
    moved = registration.apply(EnergyStack.from_arrays(greys.astype(np.float32), energies)).data.compute()
    labels = apart_pair.labels()
    assert np.isnan(moved[0][labels == 2]).all()
    assert np.isfinite(moved[0][labels == 1]).all()
    assert np.abs(moved[0] - greys[2])[labels == 1].mean() < 0.03
    assert np.isfinite(moved[1][labels > 0]).all()


def test_how_little_is_known_of_a_tiny_particle_is_said(particles, turned):
    tiny = particles((44, 36, 36), [((12, 18, 18), (9, 11, 10)), ((34, 18, 18), (2.6, 2.4, 2.8))])
    assert 40 < (tiny.labels() == 2).sum() < 100
    truth = [turned((12, 18, 18), 3, (0.5, 0.8, -0.4))] * 2
    found = register(np.stack([tiny.mask(truth), tiny.mask()]), particles=tiny.labels())
    row = found.particle_quality.query("particle == 2").iloc[0]
    assert row["flag"]
    assert row["status"] == "failed" or not row["uncertainty"] < 0.1
    assert tiny.errors(own(found)[:1], truth[:1])[0] < 0.15


def test_particles_keep_their_numbers(apart_pair, truth):
    masks = np.stack([apart_pair.mask(truth), apart_pair.mask()])
    found = register(masks, particles=apart_pair.labels((40, 7)).astype(np.uint16))
    assert list(found.particle_matrices) == [7, 40]
    assert max(apart_pair.errors([found.matrix_of(0, 40), found.matrix_of(0, 7)], truth)) < 0.15
    assert sorted(set(found.particle_quality["particle"])) == [7, 40]


def test_one_particle_alone_moves_as_the_whole(body, moved, motion, error):
    matrix = motion("affine", body.shape, 2, degrees=5, shift=2)
    masks = np.stack([moved(body, matrix), body > 0.4])
    found = register(masks, particles=(body > 0.4).astype(int))
    assert error(found.matrix_of(0, 1), matrix, masks[1]) < 0.1
    assert error(found.matrices[0], matrix, masks[1]) < 0.1


def test_labels_without_particles_are_as_none(body):
    masks = np.stack([body > 0.4] * 2)
    assert register(masks, particles=np.zeros(masks.shape[1:], int)).particle_matrices is None


def test_labels_that_do_not_fit_are_refused(apart_pair):
    masks, labels = np.stack([apart_pair.mask()] * 2), apart_pair.labels()
    with pytest.raises(RegistrationError, match=r"labels have shape \(51, 40, 40\)"):
        register(masks, particles=labels[1:])
    with pytest.raises(RegistrationError, match="renumber"):
        register(masks, particles=labels.astype(np.int64) << 40)
    with pytest.raises(DataError, match="whole numbers"):
        register(masks, particles=labels + 0.5)


def test_the_published_method_moves_everything_together_and_says_so(apart_pair):
    masks = np.stack([apart_pair.mask()] * 2)
    with pytest.raises(RegistrationError, match=r"without a transform a particle.*engine 'auto'"):
        register(masks, engine="simpleitk", particles=apart_pair.labels())
    series = Series(masks, RegisterParameters(engine="simpleitk", by_particle=False), particles=apart_pair.labels())
    assert series.reference.bodies == {}


def test_what_is_saved_of_particles_is_what_is_loaded(registered, tmp_path):
    registered.save(tmp_path / "registration.json")
    again = load_registration(tmp_path / "registration.json")
    for number, matrices in registered.particle_matrices.items():
        assert np.array_equal(again.particle_matrices[number], matrices)
    assert again.particle_quality.equals(registered.particle_quality)
    assert again.quality.equals(registered.quality)
    assert np.array_equal(again.labels, registered.labels)
