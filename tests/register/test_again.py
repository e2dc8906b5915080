"""One energy of a series is registered again; what the others have stays to the last bit."""

import numpy as np
import pytest

from napari_spectrotomo import RegistrationError, register
from napari_spectrotomo.register import register_again

SHAPE = (32, 32, 32)


def ball(centre, radius=6.5):
    return sum((g - c) ** 2 for g, c in zip(np.indices(SHAPE), centre, strict=True)) <= radius**2


@pytest.fixture(scope="module")
def masks():
    """Two balls that move apart, energy by energy; the last is the fixed one."""
    return np.stack([ball((8.5, 16 + s, 16)) | ball((23.5, 16, 16 - s)) for s in (2.0, 1.0, 0.0)])


@pytest.fixture(scope="module")
def bent(masks):
    labels = 1 * ball((8.5, 16, 16)) + 2 * ball((23.5, 16, 16))
    return register(masks, particles=labels, transform="deformable")


def test_the_deformations_of_the_others_stay(masks, bent):
    again = register_again(bent, masks, 0, start=bent.matrix_of(0))
    np.testing.assert_array_equal(again.deformation.coefficients[1:], bent.deformation.coefficients[1:])
    assert again.quality["mse_registered"][0] == pytest.approx(bent.quality["mse_registered"][0], rel=0.2)


def test_what_is_kept_or_affine_is_not_bent(masks, bent):
    kept = register_again(bent, masks, 0, start=bent.matrix_of(0), keep=True)
    assert not kept.deformation.coefficients[0].any()
    assert kept.quality["flag"][0] == "It was placed by hand."
    assert kept.quality["mse_registered"][0] == pytest.approx(kept.quality["mse_global"][0])
    affine = register_again(bent, masks, 0, transform="affine")
    assert not affine.deformation.coefficients[0].any()


def test_one_energy_alone_is_not_bent_in_a_series_that_is_not(masks):
    straight = register(masks, transform="translation")
    with pytest.raises(RegistrationError, match="of all or of none"):
        register_again(straight, masks, 0, transform="deformable")
    with pytest.raises(RegistrationError, match="4 x 4 numbers"):
        register_again(straight, masks, 0, start="here")
