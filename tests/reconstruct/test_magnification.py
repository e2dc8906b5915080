"""How large the image is at each energy is known, ruled or said to be nominal; never guessed in silence."""

import numpy as np
import pytest

import napari_spectrotomo as st
from napari_spectrotomo.reconstruct import magnifications

ENERGIES = [6480.0, 6550.0, 6710.0]


def scan_of(pixel_size):
    return st.Scan.from_arrays([np.ones((3, 2, 2))] * 3, ENERGIES, [0, 60, 120], pixel_size=pixel_size)


def test_pixel_sizes_that_go_with_the_energy_are_believed():
    ratio, sizes, warnings = magnifications(scan_of([30.0, 30.5, 31.2]))
    np.testing.assert_allclose(ratio, [31.2 / 30.0, 31.2 / 30.5, 1])
    np.testing.assert_allclose(sizes, [30.0, 30.5, 31.2])
    assert warnings == ()


def test_a_pixel_size_that_is_the_same_at_different_energies_is_nominal():
    ratio, sizes, warnings = magnifications(scan_of([31.2] * 3))
    np.testing.assert_allclose(ratio, 6710 / np.array(ENERGIES))
    np.testing.assert_allclose(sizes, 31.2 * np.array(ENERGIES) / 6710)
    assert "nominal" in warnings[0]


def test_a_nominal_pixel_size_is_recognised_although_files_round_it_differently():
    sizes = [31.2, float(np.float32(31.2)), 31.2 * (1 - 1e-9)]
    ratio, _, warnings = magnifications(scan_of(sizes))
    np.testing.assert_allclose(ratio, 6710 / np.array(ENERGIES))
    assert "nominal" in warnings[0]


def test_without_a_pixel_size_the_zone_plate_rules_and_it_is_said():
    ratio, sizes, warnings = magnifications(scan_of(None))
    np.testing.assert_allclose(ratio, 6710 / np.array(ENERGIES))
    assert sizes is None
    assert "unknown" in warnings[0]


def test_the_user_decides():
    np.testing.assert_allclose(magnifications(scan_of([30.0, 30.5, 31.2]), "rule")[0], 6710 / np.array(ENERGIES))
    assert magnifications(scan_of([31.2] * 3), "metadata")[0].tolist() == [1, 1, 1]
    ratio, sizes, warnings = magnifications(scan_of([30.0, 30.5, 31.2]), "none")
    assert (ratio.tolist(), sizes.tolist(), warnings) == ([1, 1, 1], [31.2] * 3, ())
    with pytest.raises(st.ReconstructionError, match="no pixel size"):
        magnifications(scan_of(None), "metadata")


def test_any_energy_can_be_the_fixed_one():
    ratio, sizes, _ = magnifications(scan_of([30.0, 30.5, 31.2]), fixed=0)
    assert ratio[0] == 1
    assert sizes[0] == 30.0
    with pytest.raises(st.ReconstructionError, match="index 3"):
        magnifications(scan_of(None), fixed=3)
