"""A series of masks is registered, applied, stored and resumed."""

import json
import threading

import dask.array as da
import numpy as np
import pytest
from scipy import ndimage as ndi

from napari_spectrotomo.data import EnergyStack
from napari_spectrotomo.errors import Aborted, ParameterError, RegistrationError
from napari_spectrotomo.register import (
    RegisterParameters,
    Series,
    finish,
    load_registration,
    register,
    resample,
)

ENERGIES = np.array([6500.0, 6530, 6560, 6590])


def drift(step):
    """A slow tilt and shift; step 0 is the fixed energy."""
    angle = np.deg2rad(2.0 * step)
    matrix = np.eye(4)
    matrix[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    matrix[:3, 3] = [19.5, 21.5, 0] - matrix[:3, :3] @ [19.5, 21.5, 0] + np.array([0.5, -0.4, 0.6]) * step
    return matrix


@pytest.fixture(scope="module")
def masks(grey, moved):
    return np.stack([moved(grey, drift(step)) for step in (3, 2, 1)] + [grey > 0.4])


@pytest.fixture(scope="module")
def registration(masks):
    return register(da.from_array(masks, chunks=(1, -1, -1, -1)), energies=ENERGIES, voxel_size=30.0)


def test_every_energy_is_brought_to_the_highest(registration, masks, error):
    assert registration.fixed_index == 3
    assert np.array_equal(registration.matrices[3], np.eye(4))
    for index, step in enumerate((3, 2, 1)):
        assert error(registration.matrices[index], drift(step), masks[3]) < 0.1
    quality = registration.quality
    assert list(quality["status"]) == ["converged"] * 4
    assert (quality["mse_registered"] <= quality["mse_raw"]).all()
    assert (quality["dice_registered"] >= quality["dice_raw"]).all()
    assert np.array_equal(quality["energy_eV"], ENERGIES)


@pytest.fixture
def seen(monkeypatch):
    """Start and result of every registration of the whole."""
    from napari_spectrotomo.register.series import energy

    calls = []
    original = energy.register_masks

    def spy(fixed, moving, parameters, **rest):
        found = original(fixed, moving, parameters, **rest)
        calls.append((rest["start"], found.matrix))
        return found

    monkeypatch.setattr(energy, "register_masks", spy)
    return calls


def test_each_energy_starts_from_its_neighbours_result(masks, seen):
    small = masks[:, ::2, ::2, ::2]
    order = [index for index, _ in Series(small, RegisterParameters(fixed=1)).steps()]
    assert order == [1, 0, 2, 3]
    assert [start is matrix for (start, _), (_, matrix) in zip(seen[2:], seen[1:], strict=False)] == [True]
    assert all(np.array_equal(start, np.eye(4)) for start, _ in seen[:2])


def test_neighbours_are_those_in_time_not_in_energy(masks):
    series = Series(masks, RegisterParameters(), times=[3.0, 0.0, 2.0, 1.0])
    assert series.order() == [(3, None), (1, 3), (2, 3), (0, 2)]


def test_finished_energies_are_not_redone(masks, registration, seen):
    steps = Series(masks, RegisterParameters(), ENERGIES, 30.0).steps()
    done = dict(next(steps) for _ in range(3))
    assert list(done) == [3, 2, 1]
    seen.clear()
    series = Series(masks, RegisterParameters(), ENERGIES, 30.0)
    rest = dict(series.steps(done))
    assert list(rest) == [0]
    assert len(seen) == 1
    whole = finish(series, done | rest)
    assert np.array_equal(whole.matrices, registration.matrices)
    assert whole.quality.equals(registration.quality)
    with pytest.raises(RegistrationError, match="not registered"):
        finish(series, done)


def test_an_energy_that_fails_is_unknown_and_the_others_go_on(masks, error):
    broken = masks.copy()
    broken[2] = False
    found = register(broken, energies=ENERGIES)
    assert list(found.quality["status"]) == ["converged", "converged", "failed", "converged"]
    assert "empty" in found.quality["flag"][2]
    assert np.isnan(found.matrices[2]).all()
    assert error(found.matrices[1], drift(2), masks[3]) < 0.1
    applied = found.apply(EnergyStack.from_arrays(masks.astype(np.float32), ENERGIES))
    assert np.isnan(applied.data[2].compute()).all()
    assert np.isfinite(applied.data[3].compute()).all()


def test_apply_is_lazy_and_undoes_the_motion(registration, grey):
    volumes = np.stack([ndi.affine_transform(grey, np.linalg.inv(drift(step)), order=3) for step in (3, 2, 1, 0)])
    stack = EnergyStack.from_arrays(volumes, ENERGIES, 30.0, metadata={"format": "x"})
    applied = registration.apply(stack)
    assert isinstance(applied.data, da.Array)
    assert applied.data.chunks[0] == (1, 1, 1, 1)
    assert (applied.data.dtype, applied.attenuation_unit) == (np.float32, "1/µm")
    result = applied.data.compute(scheduler="synchronous")
    for index in range(4):
        assert np.nanmean((result[index] - grey) ** 2) < 2e-4
    assert np.array_equal(result[3], volumes[3].astype(np.float32))


def test_the_moving_field_ends_where_apply_knows_nothing():
    volume = np.random.default_rng(0).random((6, 7, 8)).astype(np.float32)
    matrix = np.eye(4)
    matrix[2, 3] = 2.5
    out = resample(volume, matrix)
    assert np.isfinite(out[:, :, :5]).all()
    assert np.isnan(out[:, :, 5:]).all()
    matrix[2, 3] = 2.0
    assert np.array_equal(np.isnan(resample(volume, matrix)), np.broadcast_to(np.arange(8) > 5, volume.shape))
    assert np.allclose(resample(volume, matrix)[:, :, :6], volume[:, :, 2:], atol=1e-5)
    assert resample(volume, matrix, (3, 4, 5)).shape == (3, 4, 5)


def test_an_unknown_voxel_stays_where_it_is_in_the_spline():
    x = np.mgrid[:16, :16, :16][2]
    volume = np.sin(x / 4).astype(np.float32) + 2
    holes = volume.copy()
    holes[8, 8, 8] = np.nan
    matrix = np.eye(4)
    matrix[2, 3] = 0.2
    whole, known = resample(volume, matrix), resample(holes, matrix)
    assert np.isnan(known[8, 8, 8])
    assert np.isnan(known[:, :, :-1]).sum() == 1
    assert np.nanmax(np.abs(known - whole)[:, :, :5]) < 0.02


def test_two_steps_of_motion_compose_as_matrices_do(grey):
    first, second = drift(1), drift(2)
    once = resample(grey, first @ second)
    twice = resample(np.nan_to_num(resample(grey, first)), second)
    inside = np.isfinite(once) & np.isfinite(twice)
    assert np.abs(once - twice)[inside].mean() < 0.005


def test_what_is_saved_is_what_is_loaded(registration, masks, tmp_path):
    broken = masks.copy()
    broken[0] = True
    for name, found in (
        ("good.json", registration),
        ("failed.json", register(broken[[0, 3]], energies=ENERGIES[[0, 3]])),
    ):
        found.save(tmp_path / name)
        again = load_registration(tmp_path / name)
        assert np.array_equal(again.matrices, found.matrices, equal_nan=True)
        assert np.array_equal(again.energies, found.energies)
        assert (again.fixed_index, again.transform, again.shape) == (found.fixed_index, "affine", masks.shape[1:])
        assert again.quality.equals(found.quality)
    plain = json.loads((tmp_path / "failed.json").read_text())
    assert plain["matrices"][0] == [[None] * 4] * 4
    assert plain["mse_registered"][0] is None
    assert plain["particles"] is None
    assert plain["convention"] == "fixed (z,y,x,1) -> moving, voxel index"
    assert json.loads((tmp_path / "good.json").read_text())["voxel_size_nm"] == [30, 30, 30]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["failed.json", "good.json"]


def test_a_file_that_is_no_registration_is_refused(registration, tmp_path):
    (tmp_path / "a.json").write_text("{}")
    (tmp_path / "b.json").write_text("no json")
    for name in ("a.json", "b.json", "none.json"):
        with pytest.raises(RegistrationError, match=name):
            load_registration(tmp_path / name)
    with pytest.raises(RegistrationError, match="cannot be written"):
        registration.save(tmp_path / "nowhere" / "registration.json")


def test_a_stack_of_another_scan_is_refused(registration, masks):
    with pytest.raises(RegistrationError, match="another scan"):
        registration.apply(EnergyStack.from_arrays(masks, ENERGIES + 1))
    with pytest.raises(RegistrationError, match="2 energies"):
        registration.apply(EnergyStack.from_arrays(masks[:2], ENERGIES[:2]))


def test_what_cannot_be_registered_is_refused(masks):
    with pytest.raises(RegistrationError, match="only one energy"):
        register(masks[:1])
    with pytest.raises(RegistrationError, match="four axes"):
        register(masks[0])
    with pytest.raises(RegistrationError, match="no energy 7"):
        register(masks, fixed=7)
    with pytest.raises(RegistrationError, match="binarize"):
        register(masks * 5.0, energies=ENERGIES)
    with pytest.raises(ParameterError, match="engine"):
        register(masks, engine="magic")


def test_progress_is_told_and_an_abort_keeps_what_was_done(masks):
    abort, told = threading.Event(), []

    def progress(report):
        told.append((report.stage, report.done, report.total, report.energy))
        if report.done == 2:
            abort.set()

    with pytest.raises(Aborted):
        register(masks, energies=ENERGIES, progress=progress, abort=abort)
    assert told == [("register", 1, 4, 6590.0), ("register", 2, 4, 6560.0)]
