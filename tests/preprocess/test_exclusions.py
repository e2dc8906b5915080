"""What is left out by hand is gone, and why stays known."""

import numpy as np
import pytest

import napari_spectrotomo as st
from napari_spectrotomo.preprocess import Exclusion, leave_out


@pytest.fixture
def scan() -> st.Scan:
    views = np.arange(3 * 6, dtype=np.float32).reshape(3, 6, 1, 1) + np.zeros((2, 2), np.float32)
    flats = np.ones((4, 2, 2), np.float32)
    positions = [[0, 0, 3, 6]] * 3
    return st.Scan.from_arrays(
        list(views), [6500.0, 6550.0, 6600.0], np.arange(6) * 30.0, [flats] * 3, flat_positions=positions
    )


def test_a_whole_energy_is_left_out_with_its_reason(scan):
    left = leave_out(scan, [Exclusion("the beam was dumped", energy=6550.2)])
    assert left.energies.tolist() == [6500.0, 6600.0]
    assert left.metadata["excluded"] == ["Everything at 6550.2 eV was left out: the beam was dumped."]


def test_projections_go_by_index_and_by_angle_at_one_energy_or_all(scan):
    left = leave_out(
        scan, [Exclusion("jump", projections=(0, 5)), Exclusion("sample holder", energy=6600.0, angles=(90.02,))]
    )
    assert [a.tolist() for a in left.angles] == [[30, 60, 90, 120], [30, 60, 90, 120], [30, 60, 120]]
    assert left.projections[2][:, 0, 0].compute().tolist() == [13, 14, 16]
    assert len(left.metadata["excluded"]) == 2


def test_flats_keep_their_place_between_the_projections_that_are_left(scan):
    left = leave_out(scan, [Exclusion("jump", projections=(0, 4))])
    assert left.flat_positions[0].tolist() == [0, 0, 2, 4]


def test_projections_that_are_left_keep_their_ring_currents(scan):
    known = st.Scan.from_arrays(
        scan.projections, scan.energies, scan.angles, current=[np.arange(6) + 100.0] * 3, flats=scan.flats
    )
    left = leave_out(known, [Exclusion("jump", projections=(0, 4)), Exclusion("beam", energy=6550.0)])
    assert [c.tolist() for c in left.current] == [[101, 102, 103, 105]] * 2


def test_indices_of_several_exclusions_count_the_same_projections(scan):
    left = leave_out(scan, [Exclusion("a", projections=(0,)), Exclusion("b", projections=(1,))])
    assert left.angles[0].tolist() == [60, 90, 120, 150]


@pytest.mark.parametrize(
    ("exclusion", "words"),
    [
        (Exclusion("  ", energy=6500.0), "no reason"),
        (Exclusion("x"), "names nothing"),
        (Exclusion("x", energy=6501.0), "nearest is 6500"),
        (Exclusion("x", projections=(6,)), "from 0 to 5"),
        (Exclusion("x", angles=(33.0,)), "no projection at 33°"),
    ],
)
def test_an_exclusion_that_cannot_be_says_why(scan, exclusion, words):
    with pytest.raises(st.ParameterError, match=words):
        leave_out(scan, [exclusion])


def test_a_reason_is_demanded_of_a_recipe_too(scan):
    with pytest.raises(st.ParameterError, match="exclude"):
        st.correct(scan, exclude=[{"reason": "", "energy": 6500.0}])


def test_something_must_be_left(scan):
    with pytest.raises(st.DataError, match="every energy"):
        leave_out(scan, [Exclusion("x", energy=float(e)) for e in scan.energies])
    with pytest.raises(st.DataError, match="every projection"):
        leave_out(scan, [Exclusion("x", projections=tuple(range(6)))])


def test_correction_applies_exclusions(scan):
    od = st.correct(scan, exclude=(Exclusion("jump", projections=(1,)),))
    assert od.projections[0].shape == (5, 2, 2)
    assert "jump" in od.metadata["excluded"][0]
