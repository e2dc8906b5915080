"""The record of a whole series: it places points and volumes as it says, and is made into others without losing its meaning."""

import pickle
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import dask
import dask.array as da
import numpy as np
import pandas as pd
import pytest
from scipy.ndimage import gaussian_filter

from napari_spectrotomo.data import EnergyStack
from napari_spectrotomo.errors import RegistrationError
from napari_spectrotomo.register.resampling import placement
from napari_spectrotomo.register.resampling.deformation import Deformation, control_points
from napari_spectrotomo.register.resampling.placement import Placement
from napari_spectrotomo.register.resampling.resample import positions, resample
from napari_spectrotomo.register.resampling.territory import Territory
from napari_spectrotomo.register.result.exchange import invert
from napari_spectrotomo.register.result.registration import Registration
from napari_spectrotomo.register.result.tables import PARTICLE_QUALITY, QUALITY

SHAPE = (24, 26, 28)
ENERGIES = np.array([6540.0, 6550.0, 6560.0, 6570.0])
SPACING = 6


def labels() -> np.ndarray:
    """Two balls, 1 and 5, eight voxels apart, and a third far off in a corner."""
    z, y, x = np.indices(SHAPE)
    out = np.zeros(SHAPE, np.int32)
    for number, centre, radius in ((1, (12, 13, 6), 4.5), (5, (12, 13, 21), 4.5), (9, (5, 5, 13), 2.5)):
        out[(z - centre[0]) ** 2 + (y - centre[1]) ** 2 + (x - centre[2]) ** 2 < radius**2] = number
    return out


def moves(seed: int) -> np.ndarray:
    """Matrices of four energies: the second failed, the last is fixed."""
    rng = np.random.default_rng(seed)
    out = np.tile(np.eye(4), (4, 1, 1))
    out[:3, :3] += np.concatenate([0.03 * rng.standard_normal((3, 3, 3)), rng.standard_normal((3, 3, 1))], axis=2)
    out[1] = np.nan
    return out


@pytest.fixture
def whole() -> Registration:
    table = {
        "energy_eV": ENERGIES,
        "mse_raw": [0.2, np.nan, 0.3, 0.0],
        "mse_global": [0.02, np.nan, 0.03, 0.0],
        "mse_registered": [0.01, np.nan, 0.01, 0.0],
        "uncertainty": [0.02, np.nan, 0.03, 0.0],
        "iterations": [4, 0, 5, 0],
        "stop_reason": ["", "", "", "This is the fixed energy."],
        "status": ["converged", "failed", "converged", "converged"],
        "flag": ["", "The mask is empty.", "", ""],
    }
    return Registration(ENERGIES, 3, "affine", SHAPE, np.full(3, 30.0), moves(1), None, pd.DataFrame(table))


@pytest.fixture
def by_particle(whole) -> Registration:
    own = {1: moves(2), 5: moves(3), 9: moves(4)}
    table = {
        "energy_eV": np.tile(ENERGIES, 3),
        "particle": np.repeat([1, 5, 9], 4),
        "mse_registered": np.full(12, 0.01),
        "status": ["converged"] * 12,
        "flag": ["", "", "It left the field.", ""] + [""] * 8,
    }
    return replace(whole, particle_matrices=own, particle_quality=pd.DataFrame(table), labels=labels())


@pytest.fixture
def bent(whole) -> Registration:
    coefficients = np.random.default_rng(7).standard_normal((4, 3, *control_points(SHAPE, SPACING))).astype(np.float32)
    coefficients[[1, 3]] = 0
    return replace(whole, transform="deformable", deformation=Deformation(coefficients, SPACING, SHAPE))


def stack_of(volumes: np.ndarray) -> EnergyStack:
    return EnergyStack.from_arrays(volumes, ENERGIES, 30.0)


def some_points(count: int = 200, within: tuple[int, ...] = SHAPE) -> np.ndarray:
    return np.random.default_rng(0).uniform(0, 1, (count, 3)) * (np.array(within) - 1)


# --- the record ---


def test_tables_have_all_their_columns_and_what_is_not_known_is_nan(whole, by_particle):
    assert list(whole.quality) == list(QUALITY)
    assert whole.quality["surface_mean_raw"].isna().all()
    assert whole.quality["iterations"].dtype == np.int64
    assert list(by_particle.particle_quality) == list(PARTICLE_QUALITY)
    assert not by_particle.particle_quality["refined"].any()
    more = replace(whole, quality=whole.quality.assign(remark=["a", "b", "c", "d"]))
    assert more.quality["remark"].tolist() == ["a", "b", "c", "d"]


def test_flagged_energies_are_those_that_failed_or_say_something_in_a_particle_too(whole, by_particle):
    assert whole.flagged == [1]
    assert by_particle.flagged == [1, 2]


def test_matrices_are_found_by_energy_and_particle(by_particle):
    assert np.array_equal(by_particle.matrix_of(0), by_particle.matrices[0])
    assert np.array_equal(by_particle.matrix_of(-2, 5), by_particle.particle_matrices[5][2])
    np.testing.assert_allclose(by_particle.inverse(0, 5) @ by_particle.matrix_of(0, 5), np.eye(4), atol=1e-12)
    assert np.isnan(by_particle.inverse(1)).all()
    for absent in (4, -5, 1.5, "0"):
        with pytest.raises(RegistrationError, match=f"no energy {absent}"):
            by_particle.matrix_of(absent)
    with pytest.raises(RegistrationError, match=r"particle 2; there are those of \[1, 5, 9\]"):
        by_particle.matrix_of(0, 2)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"matrices": np.eye(4)}, "need"),
        ({"fixed_index": 4}, "no energy 4"),
        ({"labels": None}, "need the labels"),
        ({"labels": np.ones((2, 2, 2), np.int32)}, "do not fit"),
        ({"particle_matrices": {1: np.eye(4)}}, "particle 1"),
        ({"quality": pd.DataFrame({"energy_eV": [1.0]})}, "1 rows for 4"),
        ({"quality": pd.DataFrame({"energy_eV": ["far"] * 4})}, "energy_eV"),
        ({"particle_quality": pd.DataFrame({"particle": [1, 1]})}, "4 rows"),
        ({"deformation": Deformation(np.zeros((1, 3, 7, 8, 8), np.float32), SPACING, SHAPE)}, "deformation"),
    ],
)
def test_parts_that_do_not_belong_together_are_refused(by_particle, change, words):
    with pytest.raises(RegistrationError, match=words):
        replace(by_particle, **change)


# --- points ---


def test_points_of_the_whole_and_of_a_particle_lie_where_their_matrix_puts_them(by_particle, whole):
    p = some_points(20)
    expected = (np.c_[p, np.ones(20)] @ whole.matrices[0].T)[:, :3]
    np.testing.assert_allclose(whole.points(0, p), expected, atol=1e-12)
    np.testing.assert_allclose(whole.points(0, p.reshape(4, 5, 3)), expected.reshape(4, 5, 3), atol=1e-12)
    own = (np.c_[p, np.ones(20)] @ by_particle.particle_matrices[5][0].T)[:, :3]
    np.testing.assert_allclose(by_particle.points(0, p, 5), own, atol=1e-12)
    assert np.isnan(whole.points(1, p)).all()
    with pytest.raises(RegistrationError, match="three coordinates"):
        whole.points(0, [1, 2])


@pytest.mark.parametrize("failed", [(), (5,), (1, 5, 9)])
def test_points_lie_where_apply_takes_every_voxel_from(by_particle, bent, failed):
    own = {k: m.copy() for k, m in by_particle.particle_matrices.items()}
    for k in failed:
        own[k][0] = np.nan
    found = replace(by_particle, particle_matrices=own, deformation=bent.deformation)
    grid = np.moveaxis(np.indices(SHAPE), 0, -1).astype(float)
    taken = positions(
        SHAPE,
        found.matrices[0],
        particles={k: m[0] for k, m in own.items()},
        territory=Territory.of(found.labels),
        coefficients=found.deformation.coefficients[0],
        spacing=SPACING,
    )
    np.testing.assert_allclose(np.moveaxis(found.points(0, grid), -1, 0), taken, atol=2e-5)
    assert np.isnan(taken).any() == bool(failed)


def test_points_between_voxels_are_placed_between_them(by_particle, bent):
    found = replace(by_particle, deformation=bent.deformation)
    p = some_points()
    eighth = np.array(np.meshgrid(*[[-0.25, 0.25]] * 3)).reshape(3, 8).T
    near = found.points(0, p[:, None] + eighth).mean(axis=1)
    apart = np.abs(near - found.points(0, p)).max(axis=1)
    assert np.median(apart) < 0.01


# --- apply ---


def test_apply_puts_every_particle_back_by_its_own_transform(by_particle):
    """A smooth density that moved with each particle, by a known matrix each, is found again at the fixed voxels."""
    grid = np.moveaxis(np.indices(SHAPE), 0, -1).astype(float)
    fixed, moving = np.zeros(SHAPE), np.zeros(SHAPE)
    for number, own in by_particle.particle_matrices.items():
        inside = by_particle.labels == number
        centre = np.argwhere(inside).mean(axis=0)
        fixed += np.exp(-((grid - centre) ** 2).sum(-1) / (2 * 1.7**2))
        back = grid @ invert(own[0])[:3, :3].T + invert(own[0])[:3, 3]
        moving += np.exp(-((back - centre) ** 2).sum(-1) / (2 * 1.7**2))
    out = by_particle.apply(stack_of(np.stack([moving, moving, fixed, fixed]))).data
    one = np.asarray(out[0])
    inside = (by_particle.labels > 0) & np.isfinite(one)
    assert inside.sum() > 0.95 * (by_particle.labels > 0).sum()
    assert np.abs(one - fixed)[inside].max() < 0.01
    wholly = np.asarray(by_particle.whole().apply(stack_of(np.stack([moving] * 4))).data[0])
    assert np.nanmax(np.abs(wholly - fixed)[by_particle.labels > 0]) > 0.2
    assert np.isnan(np.asarray(out[1])).all()
    np.testing.assert_array_equal(np.asarray(out[3]), fixed.astype(np.float32))


def test_apply_bends_a_volume_back(bent):
    def density(p: np.ndarray) -> np.ndarray:
        return np.sin(p[..., 0] / 3) + np.cos(p[..., 1] / 4) * np.sin(p[..., 2] / 5)

    grid = np.moveaxis(np.indices(SHAPE), 0, -1).astype(float)
    stack = stack_of(np.stack([density(grid)] * 4))
    out, flat = (np.asarray(found.apply(stack).data[0]) for found in (bent, bent.whole()))
    there = bent.points(0, grid)
    expected = density(there)
    inner = np.all(
        (there > 3) & (there < np.array(SHAPE) - 4), axis=-1
    )  # where the spline does not feel the field's end
    assert inner.mean() > 0.3
    assert np.abs(out - expected)[inner].max() < 0.002
    assert np.nanmean(np.abs(flat - expected)) > 0.05


def test_apply_takes_one_energy_when_one_is_asked_for_and_finds_the_territory_once(by_particle, monkeypatch):
    taken, made = [], []

    def volume(index: int) -> np.ndarray:
        taken.append(index)
        return np.zeros(SHAPE, np.float32)

    class Counted(Territory):
        @classmethod
        def of(cls, labels):
            made.append(1)
            return Territory.of(labels)

    monkeypatch.setattr(placement, "Territory", Counted)
    lazy = [da.from_delayed(dask.delayed(volume)(e), SHAPE, np.float32) for e in range(4)]
    out = by_particle.apply(EnergyStack.from_arrays(da.stack(lazy), ENERGIES, 30.0))
    assert (taken, made) == ([], [])
    assert out.data.chunks == ((1, 1, 1, 1), *((n,) for n in SHAPE))
    out.data[2].compute()
    assert (taken, made) == ([2], [1])
    out.data.compute(scheduler="threads", num_workers=2)
    assert made == [1]
    whole = by_particle.whole().apply(EnergyStack.from_arrays(da.stack(lazy), ENERGIES, 30.0))
    whole.data[2].compute()
    assert made == [1]


def test_the_territory_is_made_once_though_threads_want_it_together(by_particle, monkeypatch):
    shared = Placement(by_particle)
    with ThreadPoolExecutor(4) as pool:
        assert len({id(t) for t in pool.map(lambda _: shared.territory(), range(8))}) == 1
    again = pickle.loads(pickle.dumps(shared))
    p = some_points(20)
    np.testing.assert_array_equal(again.points(0, p), shared.points(0, p))


def test_masks_are_moved_linearly_as_volumes_are_by_the_spline(by_particle):
    mask = by_particle.labels > 0
    shared = Placement(by_particle)
    moved = shared.move(mask, 0, order=1)
    expected = resample(
        mask,
        by_particle.matrices[0],
        order=1,
        particles={k: m[0] for k, m in by_particle.particle_matrices.items()},
        territory=Territory.of(by_particle.labels),
    )
    np.testing.assert_array_equal(moved, expected)
    assert np.nanmin(moved) == 0
    assert np.nanmax(moved) == 1


def test_an_image_is_a_volume_of_one_slice(by_particle):
    shape = (1, *SHAPE[1:])
    own = {k: m.copy() for k, m in by_particle.particle_matrices.items()}
    for matrices in own.values():
        matrices[:, 0] = matrices[:, :3, 0] = 0
        matrices[:, 0, 0] = 1
    flat = replace(by_particle, shape=shape, labels=by_particle.labels[12:13], particle_matrices=own)
    picture = gaussian_filter(np.random.default_rng(0).random(shape), (0, 3, 3))
    out = np.asarray(flat.apply(stack_of(np.stack([picture] * 4))).data[2])
    assert np.isfinite(out).mean() > 0.7
    y, x = 13, 21
    there = flat.points(2, [0.0, y, x])
    near = picture[0, int(there[1]) : int(there[1]) + 2, int(there[2]) : int(there[2]) + 2]
    assert near.min() - 0.01 <= out[0, y, x] <= near.max() + 0.01


def test_the_same_registration_of_the_same_stack_has_the_same_name(by_particle, whole):
    stack = stack_of(np.zeros((4, *SHAPE), np.float32))
    name = by_particle.apply(stack).data.name
    assert by_particle.apply(stack).data.name == name
    assert whole.apply(stack).data.name != name


# --- made of another ---


def test_whole_is_what_is_called_global(by_particle, bent):
    found = replace(by_particle, deformation=bent.deformation).whole()
    assert (found.particle_matrices, found.particle_quality, found.labels, found.deformation) == (None,) * 4
    assert found.quality["mse_registered"].equals(found.quality["mse_global"].rename("mse_registered"))
    assert by_particle.quality["mse_registered"][0] == 0.01


def test_a_registration_to_another_energy_leads_to_the_same_points(whole, by_particle):
    p = some_points(50)
    for index in (0, 2):
        other = whole.rebased(index)
        assert np.array_equal(other.matrices[index], np.eye(4))
        for e in (0, 2, 3):
            np.testing.assert_allclose(other.points(e, whole.points(index, p)), whole.points(e, p), atol=1e-9)
        assert np.isnan(other.matrices[1]).all()
        assert other.fixed_index == index
        assert other.quality[["mse_raw", "mse_registered", "uncertainty"]].isna().all(axis=None)
        assert other.quality["status"].tolist() == whole.quality["status"].tolist()
        np.testing.assert_allclose(other.rebased(3).matrices, whole.matrices, atol=1e-12)
    theirs = np.asarray(resample(by_particle.labels.astype(np.float32), by_particle.inverse(0), order=1))
    moved = np.where(np.nan_to_num(theirs) > 0, by_particle.labels, 0)
    other = by_particle.rebased(0, moved)
    for k in (1, 5, 9):
        there = by_particle.points(0, p, k)
        np.testing.assert_allclose(other.points(2, there, k), by_particle.points(2, p, k), atol=1e-9)
    assert np.array_equal(other.labels, moved)


def test_what_cannot_be_turned_round_says_why(whole, by_particle, bent):
    with pytest.raises(RegistrationError, match="failed at energy 1"):
        whole.rebased(1)
    with pytest.raises(RegistrationError, match="labels="):
        by_particle.rebased(0)
    with pytest.raises(RegistrationError, match=r"whole\(\)\.rebased\(0\)"):
        bent.rebased(0)
    with pytest.raises(RegistrationError, match="Particle 5"):
        by_particle.rebased(0, np.where(by_particle.labels == 5, 0, by_particle.labels))
    assert bent.whole().rebased(0).fixed_index == 0


def test_composition_puts_points_where_both_do_one_after_the_other(by_particle, bent):
    found = replace(by_particle, deformation=bent.deformation)
    after = moves(11)
    after[1], after[3] = np.eye(4), moves(12)[0]
    other = found.composed(after)
    p = some_points(60)
    for e in (0, 2, 3):
        for k in (None, 1, 9):
            there = found.points(e, p, k)
            expected = there @ after[e, :3, :3].T + after[e, :3, 3]
            np.testing.assert_allclose(other.points(e, p, k), expected, atol=1e-5)
    same = found.whole().composed(np.eye(4))
    np.testing.assert_array_equal(same.matrices, found.matrices)
    with pytest.raises(RegistrationError, match=r"\(4, 4\)"):
        found.composed(np.eye(3))


def test_one_energy_is_replaced_and_the_others_stay(by_particle, bent):
    found = replace(by_particle, deformation=bent.deformation)
    new, own = moves(21)[0], moves(22)[0]
    other = found.replaced(
        1,
        new,
        quality={"mse_registered": 0.005, "status": "converged"},
        particle_matrices={5: own},
        particle_quality={5: {"status": "limit", "uncertainty": 0.1}},
        coefficients=bent.deformation.coefficients[0],
    )
    kept = [0, 2, 3]
    assert np.array_equal(other.matrices[1], new)
    np.testing.assert_array_equal(other.matrices[kept], found.matrices[kept])
    assert np.array_equal(other.particle_matrices[5][1], own)
    np.testing.assert_array_equal(other.particle_matrices[5][kept], found.particle_matrices[5][kept])
    np.testing.assert_array_equal(other.particle_matrices[1], found.particle_matrices[1])
    pd.testing.assert_frame_equal(other.quality.iloc[kept], found.quality.iloc[kept])
    row = other.quality.iloc[1]
    assert (row.energy_eV, row.mse_registered, row.status, row.flag) == (6550.0, 0.005, "converged", "")
    assert np.isnan(row.mse_raw)
    table = other.particle_quality
    changed = (table["particle"] == 5) & (table["energy_eV"] == 6550.0)
    assert table.loc[changed, "status"].tolist() == ["limit"]
    assert table.loc[changed, "mse_registered"].isna().all()
    pd.testing.assert_frame_equal(table[~changed], found.particle_quality[~changed])
    np.testing.assert_array_equal(other.deformation.coefficients[1], bent.deformation.coefficients[0])
    assert found.replaced(0, new).deformation.coefficients[0].max() == 0
    assert np.isnan(found.matrices[1]).all()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((3, np.eye(4), {}), "stays"),
        ((7, np.eye(4), {}), "no energy 7"),
        ((0, np.eye(3), {}), r"\(4, 4\)"),
        ((0, np.eye(4), {"quality": {"msee": 1}}), "msee"),
        ((0, np.eye(4), {"particle_matrices": {2: np.eye(4)}}), "particle 2"),
        ((0, np.eye(4), {"coefficients": np.zeros(3)}), "no deformation"),
    ],
)
def test_a_result_that_does_not_fit_is_refused(by_particle, arguments, words):
    index, matrix, parts = arguments
    with pytest.raises(RegistrationError, match=words):
        by_particle.replaced(index, matrix, **parts)


def test_a_volume_of_another_kind_is_not_applied_to(whole):
    volumes = gaussian_filter(np.random.default_rng(0).random((4, *SHAPE)), (0, 1, 1, 1)).astype(np.float32)
    for wrong, words in (
        (volumes, "EnergyStack"),
        (EnergyStack.from_arrays(volumes, ENERGIES + 1), "another scan"),
        (EnergyStack.from_arrays(volumes[:, 1:], ENERGIES), "shape"),
        (EnergyStack.from_arrays(volumes, ENERGIES, 60.0), "another grid"),
    ):
        with pytest.raises(RegistrationError, match=words):
            whole.apply(wrong)
