"""What happens at the rim: objects that are cut off, the circle, the quantitative scale, few views, a missing wedge."""

import numpy as np
import pytest

from napari_spectrotomo.reconstruct import ReconstructParameters, reconstruct_volume

C = 120
AXIS = (C - 1) / 2
SHARP = ReconstructParameters(filter="ramp", engine="numba")


def disks(angles, center, parts):
    """Line integrals in pixels of disks (x, y upwards, radius, value), (A, 1, C), each a mean over a pixel."""
    theta, out = np.deg2rad(angles)[:, None], np.zeros((len(angles), C))
    for k in range(4):
        s = np.arange(C) - center + (k - 1.5) / 4
        for x, y, radius, value in parts:
            far = s[None] - (x * np.cos(theta) + y * np.sin(theta))
            out += value * 2 * np.sqrt(np.clip(radius**2 - far**2, 0, None)) / 4
    return out.astype(np.float32)[:, None]


def slice_of(parts):
    y, x = np.mgrid[:C, :C]
    x, y = x - AXIS, AXIS - y
    return sum(v * (np.hypot(x - a, y - b) <= r) for a, b, r, v in parts), np.hypot(x, y)


FINE = np.arange(0, 180, 0.75)


@pytest.mark.parametrize("turn", [FINE, np.arange(0, 360, 1.5), np.concatenate([FINE[:80], FINE[80::3]])])
def test_a_cylinder_comes_out_at_its_attenuation(turn):
    attenuation, pixel = 0.8, 25.0  # 1/µm, nm
    views = disks(turn, AXIS + 2.3, [(3, -2, 40, attenuation * pixel / 1e3)])
    volume = reconstruct_volume(views, turn, AXIS + 2.3, 1.0, pixel)[0]
    inside = np.hypot(*(np.indices((C, C)) - [[[AXIS + 2]], [[AXIS + 3]]])) < 36
    assert volume[inside].mean() == pytest.approx(attenuation, rel=0.005)
    assert abs(volume[inside][:200].mean() / volume[inside].mean() - 1) < 0.01  # nor is it cupped


@pytest.mark.parametrize("parts", [[(0, 0, 80, 0.01), (12, 18, 12, 0.01)], [(10, -12, 72, 0.01), (6, 6, 12, 0.01)]])
def test_an_object_wider_than_the_detector_has_no_bright_rim(parts):
    volume = reconstruct_volume(disks(FINE, AXIS, parts), FINE, AXIS, parameters=SHARP)[0]
    expected, far = slice_of(parts)
    for ring in (far < 20, (far > 30) & (far < 45), (far > 54) & (far < 59)):
        assert np.median((volume - expected)[ring]) == pytest.approx(0, abs=3e-4)


def test_beyond_the_circle_nothing_is_made_unless_asked_for():
    parts = [(0, 0, 30, 0.01)]
    views, far = disks(FINE, AXIS, parts), slice_of(parts)[1]
    assert not reconstruct_volume(views, FINE, AXIS)[0][far > C / 2].any()
    whole = reconstruct_volume(views, FINE, AXIS, parameters=ReconstructParameters(circle=False))[0]
    assert whole[far > C / 2].any()
    assert np.abs(whole[far > C / 2]).max() < 5e-4


def error_of(parts, angles, algorithm, **given):
    views = disks(angles, AXIS, parts) + np.random.default_rng(0).normal(0, 0.004, (len(angles), 1, C)).astype(
        np.float32
    )
    volume = reconstruct_volume(views, angles, AXIS, parameters=ReconstructParameters(algorithm=algorithm, **given))[0]
    expected, far = slice_of(parts)
    return np.sqrt(np.mean((volume - expected)[far < 55] ** 2)) / 0.01


def test_iterations_are_better_than_back_projection_for_few_views_and_total_variation_is_best():
    parts = [(0, 0, 45, 0.01), (12, 18, 12, 0.01), (-20, -10, 8, -0.01)]
    few = np.arange(0, 180, 8.0)
    fbp, sirt, cgls, tv = (error_of(parts, few, a) for a in ("fbp", "sirt", "cgls", "tv"))
    assert tv < 0.7 * min(sirt, cgls)
    assert max(sirt, cgls) < fbp
    wedge = np.arange(-60, 60, 2.0)
    assert error_of(parts, wedge, "tv") < 0.6 * error_of(parts, wedge, "fbp")


def test_astra_gives_what_our_kernels_give():
    pytest.importorskip("astra", reason="ASTRA is the user's own choice (GPL)")
    parts = [(0, 0, 45, 0.01), (12, 18, 12, 0.01)]
    views = disks(FINE[::4], AXIS + 1.7, parts)
    for algorithm in ("fbp", "cgls"):
        ours, theirs = (
            reconstruct_volume(
                views, FINE[::4], AXIS + 1.7, parameters=ReconstructParameters(algorithm=algorithm, engine=engine)
            )[0]
            for engine in ("numba", "astra")
        )
        assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.995
        assert theirs[50:70, 50:70].mean() == pytest.approx(ours[50:70, 50:70].mean(), rel=0.01)
