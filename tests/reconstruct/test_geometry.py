"""Magnification, tilt, shifts and the axis are in the geometry: blobs whose views are known exactly come out where they are."""

import numpy as np
import pytest

import napari_spectrotomo as st
from napari_spectrotomo.reconstruct import ReconstructParameters, iterative, project_volume, reconstruct_volume
from napari_spectrotomo.reconstruct.field_of_view import FieldOfView

ROWS, COLUMNS = 40, 48
CENTER = 25.1
ANGLES = np.arange(-90, 90, 1.5)
_RANDOM = np.random.default_rng(1)
BLOBS = [
    (*_RANDOM.uniform(-9, 9, 2), _RANDOM.uniform(-9, 9), _RANDOM.uniform(2.5, 4), _RANDOM.uniform(0.5, 1))
    for _ in range(8)
]
"""x, y (upwards), z from the middle, width and height of Gaussian blobs."""


def views_of(magnification=1.0, tilt=0.0, shifts=None):
    """Line integrals, (A, R, C), written from the definition of the geometry."""
    shifts = np.zeros((len(ANGLES), 2)) if shifts is None else shifts
    row, column = np.mgrid[:ROWS, :COLUMNS].astype(float)
    t = np.deg2rad(tilt)
    views = np.zeros((len(ANGLES), ROWS, COLUMNS))
    for view, angle, (down, right) in zip(views, np.deg2rad(ANGLES), shifts, strict=True):
        for x, y, z, width, height in BLOBS:
            u = x * np.cos(angle) + y * np.sin(angle)
            r = (ROWS - 1) / 2 + down + magnification * (z * np.cos(t) - u * np.sin(t))
            c = CENTER + right + magnification * (u * np.cos(t) + z * np.sin(t))
            far = ((row - r) ** 2 + (column - c) ** 2) / (magnification * width) ** 2
            view += height * width * np.sqrt(2 * np.pi) * np.exp(-far / 2)
    return views.astype(np.float32)


def truth():
    z, y, x = np.mgrid[:ROWS, :COLUMNS, :COLUMNS].astype(float)
    z, y, x = z - (ROWS - 1) / 2, (COLUMNS - 1) / 2 - y, x - (COLUMNS - 1) / 2
    inside = (np.hypot(x, y) < 20) & (np.abs(z) < 14)
    far = [(((x - a) ** 2 + (y - b) ** 2 + (z - c) ** 2) / w**2, h) for a, b, c, w, h in BLOBS]
    return sum(h * np.exp(-f / 2) for f, h in far), inside


def error_of(volume):
    expected, inside = truth()
    return np.sqrt(np.mean((volume - expected)[inside] ** 2)) / expected[inside].std()


JITTER = np.random.default_rng(2).normal(0, 1.2, (len(ANGLES), 2))
CASES = [
    (1.0, 0.0, None),
    (1.02, 0.0, None),
    (1.0, 2.0, None),
    (1.0, 9.0, None),
    (1.0, 0.0, JITTER),
    (1.015, -1.5, JITTER),
]


@pytest.mark.parametrize(("magnification", "tilt", "shifts"), CASES)
def test_a_volume_is_in_place_whatever_the_geometry(magnification, tilt, shifts):
    views = views_of(magnification, tilt, shifts)
    sharp = ReconstructParameters(filter="ramp", engine="numba")
    volume = reconstruct_volume(views, ANGLES, CENTER, magnification, None, sharp, tilt=tilt, shifts=shifts)
    assert error_of(volume) < 0.01
    if (magnification, tilt) != (1.0, 0.0) or shifts is not None:  # and what is corrected did matter
        assert error_of(reconstruct_volume(views, ANGLES, CENTER, 1.0, None, sharp)) > 3 * error_of(volume)


@pytest.mark.parametrize(("engine", "algorithm"), [("algotom", "fbp"), ("skimage", "fbp"), ("numba", "cgls")])
def test_other_engines_and_algorithms_see_the_same_geometry(engine, algorithm):
    cut = (18, 20, 0, COLUMNS, 0, COLUMNS)  # two slices, to be quick
    parameters = ReconstructParameters(filter="ramp", engine=engine, algorithm=algorithm, region=cut, iterations=12)
    volume = reconstruct_volume(
        views_of(1.015, -1.5, JITTER), ANGLES, CENTER, 1.015, None, parameters, tilt=-1.5, shifts=JITTER
    )
    expected, inside = (part[18:20] for part in truth())
    assert np.sqrt(np.mean((volume - expected)[inside] ** 2)) / expected[inside].std() < 0.03


def test_slices_of_a_tilted_axis_are_iterated_together_where_their_axes_lie_together(monkeypatch):
    made = []

    class Counted(iterative.Projector):
        def __init__(self, *arguments):
            made.append(arguments)
            super().__init__(*arguments)

    monkeypatch.setattr(iterative, "Projector", Counted)
    parameters = ReconstructParameters(engine="numba", algorithm="cgls", iterations=12)
    volume = reconstruct_volume(views_of(tilt=1.0), ANGLES, CENTER, 1.0, None, parameters, tilt=1.0)
    assert error_of(volume) < 0.02
    assert len(made) == 8  # of 40 slices, 0.0175 pixels apart: five are done as one


def test_a_region_is_cut_out_of_the_whole():
    views = views_of()
    whole = reconstruct_volume(views, ANGLES, CENTER)
    part = reconstruct_volume(views, ANGLES, CENTER, parameters=ReconstructParameters(region=(3, 9, 10, 47, 5, 30)))
    np.testing.assert_allclose(part, whole[3:9, 10:47, 5:30], atol=1e-6)


@pytest.mark.parametrize("region", [(0, 41, 0, 48, 0, 48), (5, 5, 0, 48, 0, 48), (0, 40, 0, 48, 30, 20)])
def test_a_region_outside_the_volume_is_refused(region):
    with pytest.raises(st.ReconstructionError, match="where the volume goes from 0 to"):
        FieldOfView.of(ROWS, COLUMNS, region)


def test_views_of_a_volume_are_its_line_integrals():
    volume, _ = truth()
    views = project_volume(volume, ANGLES, CENTER, shifts=JITTER * [0, 1])
    np.testing.assert_allclose(views, views_of(shifts=JITTER * [0, 1]), atol=0.01 * views.max())


def test_projector_and_back_projector_are_each_others_transpose():
    from napari_spectrotomo.reconstruct.geometry import Geometry
    from napari_spectrotomo.reconstruct.projector import Projector

    random = np.random.default_rng(0)
    places = Geometry(np.arange(0, 180, 7.0), 14.3, 1.03, 0.0, random.normal(0, 1, (26, 2))).columns_of()
    projector = Projector(places, 30, 24)
    block, views = random.random((24, 24, 3), np.float32), random.random((26, 30, 3), np.float32)
    assert np.vdot(projector.forward(block), views) == pytest.approx(
        np.vdot(block, projector.backward(views)), rel=1e-5
    )


def test_a_pixel_without_a_number_does_not_spoil_a_slice_in_silence():
    views = views_of()
    views[3, 4, 5] = np.nan
    with pytest.raises(st.ReconstructionError, match="1 pixels of the projections hold no number"):
        reconstruct_volume(views, ANGLES, CENTER)


def test_impossible_geometry_is_refused():
    views = views_of()
    for wrong, message in (
        ({"tilt": 20.0}, "cannot be tilted"),
        ({"shifts": np.zeros((3, 2))}, "Shifts are"),
        ({"shifts": np.full((len(ANGLES), 2), np.nan)}, "finite"),
        ({"magnification": 0.0}, "positive"),
    ):
        with pytest.raises(st.ReconstructionError, match=message):
            reconstruct_volume(views, ANGLES, CENTER, **wrong)
    with pytest.raises(st.ReconstructionError, match="does not do tv"):
        reconstruct_volume(views, ANGLES, CENTER, parameters=ReconstructParameters(engine="algotom", algorithm="tv"))
