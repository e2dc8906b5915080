"""The compiled passes give, bit by bit, what plain NumPy gives."""

import dask
import numpy as np
import pytest

import napari_spectrotomo as st
from napari_spectrotomo.preprocess import correct_tomogram
from napari_spectrotomo.preprocess.bad_pixels import repair
from napari_spectrotomo.preprocess.kernels import mean_within, median_step, medians, standing_alone, standing_out


def frame_with_strays(shape=(37, 41), share=0.05, seed=0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    frame = rng.normal(1, 0.05, shape).astype(np.float32)
    frame[rng.random(shape) < share] += 1
    frame[rng.random(shape) < share] -= 1
    frame[rng.random(shape) < share] = np.nan
    frame[10:14, 5:9] = np.nan
    return frame


def plainly_standing_out(density, least, alike):
    rows, columns = density.shape
    padded = np.pad(density, 1, constant_values=np.nan)
    lower, higher, valid = (np.zeros(density.shape, np.int8) for _ in range(3))
    for i, j in [(i, j) for i in range(3) for j in range(3) if (i, j) != (1, 1)]:
        difference = padded[i : i + rows, j : j + columns] - density
        lower += difference < -least
        higher += difference > least
        valid += np.isfinite(difference)
    needed = np.maximum(valid - np.ceil(alike * valid), 1)
    return np.argwhere((lower >= needed) | (higher >= needed))


@pytest.mark.parametrize("alike", [0.0, 0.25, 0.375])
def test_pixels_that_stand_out_are_those_of_plain_numpy(alike):
    density, least = frame_with_strays(), np.float32(0.3)
    found = standing_out(density, least, alike)
    assert len(found) > 20
    np.testing.assert_array_equal(found, plainly_standing_out(density, least, alike))
    if alike == 0:
        np.testing.assert_array_equal(found, standing_alone(density, least))


@pytest.mark.parametrize("shape", [(37, 41), (3, 4), (5, 1), (1, 2)])
def test_the_median_step_is_that_of_plain_numpy(shape):
    for seed in range(4):
        frame = frame_with_strays(shape, seed=seed) if shape[0] > 5 else np.random.default_rng(seed).random(shape, "f4")
        steps = np.abs(np.diff(frame, axis=1))
        known = steps[np.isfinite(steps)]
        assert median_step(frame) == (float(np.median(known)) if known.size else 0.0)
    assert median_step(np.full((3, 3), np.nan, np.float32)) == 0


@pytest.mark.parametrize("count", [3, 4, 10])
def test_means_and_medians_over_frames_are_those_of_plain_numpy(count):
    frames = np.stack([frame_with_strays(seed=s) for s in range(count)])
    middle = medians(frames)
    np.testing.assert_array_equal(middle, np.median(frames, axis=0))
    limit = np.full(middle.shape, 0.3, np.float32)
    kept = np.where(np.abs(frames - middle) > limit, middle, frames)
    np.testing.assert_array_equal(mean_within(frames, middle, limit), kept.mean(0, dtype=np.float64).astype(np.float32))


def test_a_tomogram_is_corrected_alike_on_any_number_of_threads():
    rng = np.random.default_rng(5)
    counts = rng.poisson(900, (9, 20, 24)).astype(np.uint16)
    counts[rng.random(counts.shape) < 0.02] = 60000
    flats = rng.poisson(2000, (4, 20, 24)).astype(np.uint16)
    angles = [0, 0, 20, 20, 40, 60, 80, 100, 120]
    scan = st.Scan.from_arrays([counts], [7000.0], angles, [flats], flat_positions=[[0, 0, 9, 9]])
    found = []
    for threads in (1, 3):
        with dask.config.set(num_workers=threads):
            found.append(correct_tomogram(scan, 0))
    np.testing.assert_array_equal(found[0].optical_density, found[1].optical_density)
    assert (found[0].repaired, found[0].saturated) == (found[1].repaired, found[1].saturated)


def test_a_repaired_pixel_lies_on_the_surface_around_it_and_is_that_of_plain_numpy():
    frame = frame_with_strays()
    bad = np.argwhere(np.isnan(frame))
    y, x = np.mgrid[-2:3, -2:3].reshape(2, -1).astype(float)
    surface = np.stack([np.ones(25), y, x, y * y, x * y, x * x], axis=1)
    padded, plain = np.pad(frame, 2, constant_values=np.nan), []
    for i, j in bad:
        values = padded[i : i + 5, j : j + 5].ravel().astype(np.float64)
        known = np.isfinite(values)
        weighted = (known * np.exp(-0.5 * (y * y + x * x)))[:, None] * surface
        normal = weighted.T @ surface + np.diag([1e-9] + 5 * [1e-3])
        value = np.linalg.solve(normal, weighted.T @ np.where(known, values, 0))[0]
        plain.append(np.clip(value, values[known].min(), values[known].max()) if known.sum() >= 6 else np.nan)
    filled = frame.copy()
    assert repair(filled) == len(bad)
    told = np.isfinite(plain)
    assert told.mean() > 0.9
    np.testing.assert_allclose(filled[tuple(bad[told].T)], np.array(plain)[told], rtol=1e-6)
    assert np.isfinite(filled).all()
