"""A scan and a stack hold together, or say what does not fit."""

import dask.array as da
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_spectrotomo import DataError, EnergyStack, Scan


def views(n=3, value=0, shape=(4, 5)):
    return np.full((n, *shape), value, np.uint16)


@given(st.permutations([6500.0, 6600.0, 6700.0, 6800.0]))
def test_a_scan_is_sorted_by_energy_with_all_that_belongs_to_it(energies):
    scan = Scan.from_arrays(
        [views(value=int(e)) for e in energies],
        energies,
        [np.arange(3.0) + e for e in energies],
        flats=[views(2, int(e)) for e in energies],
        pixel_size=[e / 100 for e in energies],
        time=[float(i) for i in range(4)],
    )
    assert list(scan.energies) == sorted(energies)
    for i, energy in enumerate(scan.energies):
        assert scan.projections[i].compute().max() == energy
        assert scan.flats[i].compute().max() == energy
        assert scan.angles[i][0] == energy
        assert scan.pixel_size[i] == energy / 100
        assert scan.time[i] == energies.index(energy)


def test_one_pixel_size_is_that_of_the_highest_energy_and_others_go_with_energy():
    scan = Scan.from_arrays([views(), views()], [7000, 6300], [0, 1, 2], pixel_size=30.0)
    np.testing.assert_allclose(scan.pixel_size, [27.0, 30.0])


def test_a_ring_current_is_known_of_every_frame_and_goes_with_its_energy():
    given = {"flats": [views(2), views(2)], "current": [[100, 101, np.nan], [90, 91, 92]], "flat_current": [102, 93]}
    scan = Scan.from_arrays([views(), views()], [6600.0, 6500.0], [0, 1, 2], **given)
    assert scan.current[0].tolist() == [90, 91, 92]
    assert [c.tolist() for c in scan.flat_current] == [[93, 93], [102, 102]]
    np.testing.assert_array_equal(scan.select([1]).current[0], [100, 101, np.nan])
    assert scan.select([1]).flat_current[0].tolist() == [102, 102]
    uneven = Scan.from_arrays([views(3), views(2)], [6500.0, 6600.0], [[0, 1, 2], [0, 1]], current=[[3, 2, 1], [5, 4]])
    assert [c.tolist() for c in uneven.current] == [[3, 2, 1], [5, 4]]
    assert Scan.from_arrays([views()], [6500.0], [0, 1, 2], current=7).current[0].tolist() == [7, 7, 7]
    with pytest.raises(DataError, match="2 ring currents of projections do not fit 3 frames"):
        Scan.from_arrays([views()], [6500.0], [0, 1, 2], current=[[100, 101]])


def test_lazy_arrays_stay_lazy():
    lazy = da.from_array(views(), chunks=(1, 4, 5))
    assert Scan.from_arrays([lazy], [7000], [0, 1, 2]).projections[0] is lazy


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"energies": [6500.0]}, "2 sets of projections do not fit 1 energies"),
        ({"energies": [6500.0, 6500.0]}, "6500 eV occurs twice"),
        ({"energies": [6500.0, np.nan]}, "positive numbers"),
        ({"angles": [0.0, 1.0]}, "2 angles for 3 projections"),
        ({"angles": [0.0, np.nan, 1.0]}, "angle of projection 1 is not a number"),
        ({"flats": [views(2, shape=(4, 6))] * 2}, "flats have 4 x 6 pixels and projections 4 x 5"),
        ({"projections": [views(), views(shape=(5, 5))]}, "different sizes"),
        ({"pixel_size": [30.0, -1.0]}, "pixel sizes must be positive"),
        ({"kind": "photons"}, "one of counts, transmission, optical_density"),
        ({"projections": [views(), views(0)]}, "6600 eV there are no projections"),
    ],
)
def test_what_does_not_fit_together_is_said(change, words):
    given = {"projections": [views(), views()], "energies": [6500.0, 6600.0], "angles": [0.0, 1.0, 2.0]} | change
    with pytest.raises(DataError, match=words):
        Scan.from_arrays(**given)


def test_a_stack_is_sorted_and_keeps_one_energy_a_chunk():
    volumes = np.stack([np.full((2, 3, 4), e, np.float64) for e in (3.0, 1.0, 2.0)])
    stack = EnergyStack.from_arrays(volumes, [6700.0, 6500.0, 6600.0], voxel_size=20)
    assert stack.data.dtype == np.float32
    assert stack.data.chunks == ((1, 1, 1), (2,), (3,), (4,))
    np.testing.assert_array_equal(stack.data[:, 0, 0, 0].compute(), [1, 2, 3])
    assert stack.attenuation_unit == "1/µm"
    assert EnergyStack.from_arrays(volumes, [6500, 6600, 6700]).attenuation_unit == "1/voxel"


def test_selected_energies_keep_what_belongs_to_them():
    scan = Scan.from_arrays(
        [views(value=i) for i in range(3)], [6500.0, 6600.0, 6700.0], [0, 1, 2], pixel_size=[1, 2, 3]
    )
    some = scan.select([-1, 0])
    assert list(some.energies) == [6500, 6700]
    assert list(some.pixel_size) == [1, 3]
    assert some.projections[1].compute().max() == 2
