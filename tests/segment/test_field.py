"""A particle that the field cuts off is named."""

import numpy as np
import pytest

from napari_spectrotomo import DataError
from napari_spectrotomo.segment import field_warnings


def test_particles_inside_the_field_warn_of_nothing():
    labels = np.zeros((10, 32, 32), np.int32)
    labels[3:7, 12:20, 12:20] = 1
    assert field_warnings(labels) == ()


def test_particles_at_a_face_are_named():
    labels = np.zeros((10, 30, 40), np.int32)
    labels[0:3, 12:20, 12:20] = 2
    labels[4:6, 5:9, 36:40] = 7
    labels[5:7, 12:20, 12:20] = 3
    (said,) = field_warnings(labels)
    assert said.startswith("Particles 2, 7 touch a face of the volume")


def test_a_particle_at_the_rim_of_the_circle_is_named():
    labels = np.zeros((10, 64, 64), np.int32)
    y, x = np.mgrid[:64, :64] - 31.5
    labels[3:6, (np.hypot(y, x) <= 32) & (np.hypot(y + 20, x + 20) < 6)] = 4
    (said,) = field_warnings(labels)
    assert said.startswith("Particle 4 touches the rim")


def test_a_square_volume_with_sample_in_its_corners_has_no_circle():
    labels = np.zeros((10, 64, 64), np.int32)
    labels[3:6, 2:9, 2:9] = 1
    assert field_warnings(labels) == ()


def test_one_slice_has_no_faces_above_and_below():
    labels = np.zeros((1, 32, 32), np.int32)
    labels[0, 12:20, 12:20] = 1
    assert field_warnings(labels) == ()


def test_what_are_no_labels_is_refused():
    with pytest.raises(DataError, match="three axes"):
        field_warnings(np.zeros((3, 3)))
