"""Transforms as other programs take them: read back, they put points where the registration does."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from napari_spectrotomo.errors import RegistrationError
from napari_spectrotomo.register.resampling.deformation import Deformation
from napari_spectrotomo.register.result.exchange import compose, from_napari_affine, invert, napari_affine
from napari_spectrotomo.register.result.registration import Registration

SHAPE = (14, 17, 22)
SIZE = np.array([40.0, 30.0, 20.0])


def near_identity(rng: np.random.Generator, shift: float = 3.0) -> np.ndarray:
    matrix = np.eye(4)
    matrix[:3] += np.c_[0.1 * rng.standard_normal((3, 3)), shift * rng.standard_normal(3)]
    return matrix


def registration(
    particles: bool = False, spacing: int = 0, size: np.ndarray | None = SIZE, shape=SHAPE
) -> Registration:
    """Five energies, the third of which failed, the last fixed; the first and second are deformed."""
    rng = np.random.default_rng(3)
    matrices = np.stack([near_identity(rng) for _ in range(4)] + [np.eye(4)])
    matrices[2] = np.nan
    labels = np.zeros(shape, np.int32)
    labels[..., :5], labels[..., 12:] = 1, 4
    own = {k: np.stack([near_identity(rng) for _ in range(4)] + [np.eye(4)]) for k in (1, 4)}
    own[4][0] = np.nan
    bent = None
    if spacing:
        controls = tuple(-(-(n - 1) // spacing) + 3 for n in shape)
        coefficients = rng.standard_normal((5, 3, *controls)).astype(np.float32)
        coefficients[2:] = 0
        bent = Deformation(coefficients, spacing, shape)
    return Registration(
        energies=np.array([6540.0, 6545.25, 6550.0, 6555.0, 6560.0]),
        fixed_index=4,
        transform="affine",
        shape=shape,
        voxel_size=size,
        matrices=matrices,
        particle_matrices=own if particles else None,
        quality=pd.DataFrame({"energy_eV": np.arange(5.0)}),
        labels=labels if particles else None,
        deformation=bent,
    )


def as_itk_places(path: Path, points: np.ndarray, size: np.ndarray) -> np.ndarray:
    transform = sitk.ReadTransform(str(path))
    return np.array([transform.TransformPoint((p * size)[::-1].tolist()) for p in points])[:, ::-1] / size


@pytest.mark.parametrize("size", [SIZE, None])
@pytest.mark.parametrize("spacing", [0, 5])
@pytest.mark.parametrize("particles", [False, True])
def test_itk_puts_points_where_the_registration_does(tmp_path, particles, spacing, size):
    found = registration(particles, spacing, size)
    points = np.random.default_rng(0).uniform(0, 1, (50, 3)) * (np.array(SHAPE) - 1)
    points = np.r_[points, [[0, 0, 0], np.array(SHAPE) - 1.0]]
    unit = np.ones(3) if size is None else size
    written = found.to_itk(tmp_path / "itk")
    names = [p.name for p in written]
    assert names[0] == "6540.00eV.tfm"
    assert len(names) == 4 + particles * (5 + 4)
    for index, energy in enumerate(found.energies):
        if index == 2 and not particles:
            continue
        for k in (1, 4) if particles else (None,):
            path = tmp_path / "itk" / (f"{energy:.2f}eV" + (f"_particle_{k}" if k else "") + ".tfm")
            expected = found.points(index, points, k)
            if np.isnan(expected).any():
                assert path not in written
            else:
                np.testing.assert_allclose(as_itk_places(path, points, unit), expected, atol=1e-5 if spacing else 1e-9)


def test_the_file_of_the_whole_is_affine_where_particles_bend(tmp_path):
    found = registration(particles=True, spacing=5)
    found.to_itk(tmp_path)
    points = np.random.default_rng(0).uniform(0, 12, (20, 3))
    at = as_itk_places(tmp_path / "6540.00eV.tfm", points, SIZE)
    np.testing.assert_allclose(at, found.whole().points(0, points), atol=1e-9)


def test_a_deformation_of_a_single_slice_is_one_that_itk_takes(tmp_path):
    shape = (1, 17, 22)
    found = registration(spacing=4, shape=shape)
    found.to_itk(tmp_path)
    points = np.random.default_rng(0).uniform(0, 1, (20, 3)) * (np.array(shape) - 1)
    np.testing.assert_allclose(
        as_itk_places(tmp_path / "6545.25eV.tfm", points, SIZE), found.points(1, points), atol=1e-5
    )


def test_itk_resamples_with_the_file_as_apply_does(tmp_path, grey):
    from scipy.ndimage import gaussian_filter

    from napari_spectrotomo.register.resampling.resample import resample

    moving = gaussian_filter(grey, 1.0).astype(np.float32)
    found = registration(spacing=6, shape=moving.shape)
    found.matrices[1] = near_identity(np.random.default_rng(8), shift=1.0)
    found.to_itk(tmp_path)
    image = sitk.GetImageFromArray(moving)
    image.SetSpacing(SIZE[::-1].tolist())
    transform = sitk.ReadTransform(str(tmp_path / "6545.25eV.tfm"))
    theirs = sitk.GetArrayFromImage(sitk.Resample(image, image, transform, sitk.sitkBSpline, float("nan")))
    bent = found.deformation
    ours = resample(moving, found.matrices[1], coefficients=bent.coefficients[1], spacing=bent.spacing)
    both = np.isfinite(ours) & np.isfinite(theirs)
    assert both.mean() > 0.5
    assert np.abs(ours - theirs)[both].max() < 1e-3


@pytest.mark.parametrize("index", [0, 3])
def test_elastix_resamples_with_the_file_as_apply_does(tmp_path, index):
    itk = pytest.importorskip("itk", reason="itk-elastix is not installed")
    pytest.importorskip("itk.itkElastixRegistrationMethodPython", reason="itk-elastix is not installed")
    from napari_spectrotomo.register.resampling.resample import resample

    found = registration(spacing=5)
    moving = np.random.default_rng(0).random(SHAPE).astype(np.float32)
    path = found.to_itk(tmp_path)[(0, 1, None, 2)[index]]
    image = itk.image_from_array(moving)
    image.SetSpacing(SIZE[::-1].tolist())
    grid = {
        "Size": SHAPE[::-1],
        "Index": (0, 0, 0),
        "Spacing": SIZE[::-1],
        "Origin": (0, 0, 0),
        "Direction": np.eye(3).ravel(),
    }
    about = {name: [f"{value:g}" for value in values] for name, values in grid.items()}
    about |= {"ResampleInterpolator": ["FinalLinearInterpolator"], "DefaultPixelValue": ["-1"]}
    parameters = itk.ParameterObject.New()
    parameters.AddParameterMap(about)
    transformix = itk.TransformixFilter.New(image)
    transformix.SetTransform(itk.transformread(str(path))[0])
    transformix.SetTransformParameterObject(parameters)
    transformix.Update()
    theirs = np.asarray(transformix.GetOutput())
    bent = found.deformation
    ours = resample(moving, found.matrices[index], order=1, coefficients=bent.coefficients[index], spacing=bent.spacing)
    both = np.isfinite(ours) & (theirs >= 0)
    assert both.mean() > 0.2
    assert np.abs(ours - theirs)[both].max() < 1e-5


def test_what_failed_has_no_file_and_is_named_in_the_readme(tmp_path):
    (tmp_path / "6550.00eV.tfm").write_text("of an earlier export")
    (tmp_path / "notes.txt").write_text("a person's own")
    registration(particles=True).to_itk(tmp_path)
    text = (tmp_path / "README.txt").read_text()
    assert not (tmp_path / "6550.00eV.tfm").exists()
    assert "not here: 6540.00eV_particle_4.tfm, 6550.00eV.tfm" in text
    assert "(20, 30, 40) along (x, y, z)" in text
    assert "fixed volume to the same material point" in text
    assert (tmp_path / "notes.txt").exists()
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".")]


def test_energies_without_a_name_of_their_own_are_numbered(tmp_path):
    found = registration()
    found.energies[:] = [np.nan, 6545.001, 6545.002, 6555.0, np.nan]
    names = [p.name for p in found.to_itk(tmp_path)]
    assert names == ["energy_000.tfm", "energy_001.tfm", "6555.00eV.tfm", "energy_004.tfm"]


def test_transforms_that_cannot_be_written_say_so(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RegistrationError, match="cannot be written"):
        registration().to_itk(tmp_path / "file")


scales = st.one_of(st.floats(0.5, 200), arrays(float, 3, elements=st.floats(0.5, 200)))


@st.composite
def matrices(draw):
    matrix = np.eye(4)
    matrix[:3, :3] += draw(arrays(float, (3, 3), elements=st.floats(-0.25, 0.25)))
    matrix[:3, 3] = draw(arrays(float, 3, elements=st.floats(-50, 50)))
    return matrix


@settings(max_examples=60, deadline=None)
@given(matrices(), matrices(), matrices())
def test_inverse_and_composition_obey_their_laws(a, b, c):
    np.testing.assert_allclose(compose(a, invert(a)), np.eye(4), atol=1e-9)
    np.testing.assert_allclose(compose(invert(a), a), np.eye(4), atol=1e-9)
    np.testing.assert_allclose(invert(invert(a)), a, atol=1e-8)
    np.testing.assert_allclose(compose(compose(a, b), c), compose(a, compose(b, c)), atol=1e-9)
    np.testing.assert_allclose(compose(a, b, c), a @ b @ c, atol=1e-9)
    np.testing.assert_allclose(invert(compose(a, b)), compose(invert(b), invert(a)), atol=1e-7)
    np.testing.assert_array_equal(compose(a, np.eye(4)), a)


@settings(max_examples=60, deadline=None)
@given(matrices(), scales)
def test_the_affine_of_a_layer_gives_the_matrix_back(matrix, scale):
    np.testing.assert_allclose(from_napari_affine(napari_affine(matrix, scale), scale), matrix, atol=1e-7)


def test_what_failed_stays_unknown():
    some = np.stack([np.eye(4), np.full((4, 4), np.nan)])
    assert np.isnan(invert(some)[1]).all()
    assert np.array_equal(invert(some)[0], np.eye(4))
    assert np.isnan(compose(some, np.eye(4))[1]).all()
    assert np.isnan(compose(np.eye(4), some)[1]).all()
    assert np.isnan(napari_affine(some[1], 2.0)).all()


def test_napari_draws_a_moving_point_where_the_fixed_one_is():
    from napari.layers import Image

    matrix = near_identity(np.random.default_rng(1))
    fixed = Image(np.zeros((4, 5, 6), np.float32), scale=SIZE)
    moving = Image(np.zeros((4, 5, 6), np.float32), scale=SIZE, affine=napari_affine(matrix, SIZE))
    for p in np.random.default_rng(2).uniform(0, 5, (5, 3)):
        there = (matrix @ [*p, 1.0])[:3]
        np.testing.assert_allclose(moving.data_to_world(there), fixed.data_to_world(p), atol=1e-9)
    np.testing.assert_allclose(from_napari_affine(moving.affine.affine_matrix, SIZE), matrix, atol=1e-9)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: invert(np.diag([1.0, 0, 1, 1])), "flat"),
        (lambda: invert(np.ones(4)), "square"),
        (lambda: compose(np.eye(4), np.eye(3)), "one after the other"),
        (lambda: napari_affine(np.eye(4), 0), "scale"),
        (lambda: napari_affine(np.eye(4), [1, 2]), "scale"),
        (lambda: from_napari_affine("far", 1), "numbers"),
    ],
)
def test_what_is_no_transform_is_refused(call, words):
    with pytest.raises(RegistrationError, match=words):
        call()
