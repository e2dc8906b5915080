"""A registration on disk is what it was in memory, whole, and refers to nothing outside its folder."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tifffile
import zarr

from napari_spectrotomo.errors import RegistrationError
from napari_spectrotomo.register.resampling.deformation import Deformation, control_points
from napari_spectrotomo.register.result import files
from napari_spectrotomo.register.result.files import load_registration, read_deformation, save, write_deformation
from napari_spectrotomo.register.result.registration import Registration

SHAPE = (10, 11, 12)
RNG = np.random.default_rng(0)


@pytest.fixture
def registration() -> Registration:
    """Three energies, one of which failed, with two particles and a deformation."""
    matrices = np.eye(4) + 0.1 * RNG.standard_normal((3, 4, 4)) * [[1], [1], [1], [0]]
    matrices[1] = np.nan
    labels = np.zeros(SHAPE, np.int32)
    labels[2:4], labels[7:] = 1, 3
    own = {k: matrices + k for k in (1, 3)}
    quality = {
        "energy_eV": [6540.0, np.nan, 6560.0],
        "mse_raw": [0.1, np.nan, 0.0],
        "surface_95_registered": [0.3, np.nan, 0.0],
        "iterations": [7, 0, 0],
        "status": ["converged", "failed", "converged"],
        "flag": ["", "The mask is empty.", ""],
    }
    particles = {
        "energy_eV": [6540.0, np.nan, 6560.0] * 2,
        "particle": [1, 1, 1, 3, 3, 3],
        "refined": [True, False, False] * 2,
        "grey_refined": [0.01, np.nan, np.nan] * 2,
        "status": ["converged", "failed", "converged"] * 2,
    }
    coefficients = RNG.standard_normal((3, 3, *control_points(SHAPE, 4))).astype(np.float32)
    coefficients[1] = np.nan
    return Registration(
        energies=np.array([6540.0, np.nan, 6560.0]),
        fixed_index=2,
        transform="deformable",
        shape=SHAPE,
        voxel_size=np.array([40.0, 30.0, 30.0]),
        matrices=matrices,
        particle_matrices=own,
        quality=pd.DataFrame(quality),
        particle_quality=pd.DataFrame(particles),
        labels=labels,
        deformation=Deformation(coefficients, 4, SHAPE),
    )


@pytest.fixture
def plain(registration) -> Registration:
    return registration.whole()


def assert_same(one: Registration, other: Registration) -> None:
    assert (one.fixed_index, one.transform, one.shape) == (other.fixed_index, other.transform, other.shape)
    for name in ("energies", "voxel_size", "matrices"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    pd.testing.assert_frame_equal(one.quality, other.quality)
    assert (one.particle_matrices or {}).keys() == (other.particle_matrices or {}).keys()
    for k, found in (one.particle_matrices or {}).items():
        np.testing.assert_array_equal(found, other.particle_matrices[k])
    if one.particle_quality is not None:
        pd.testing.assert_frame_equal(one.particle_quality, other.particle_quality)
    np.testing.assert_array_equal(one.labels, other.labels)
    if one.deformation is not None:
        np.testing.assert_array_equal(one.deformation.coefficients, other.deformation.coefficients)
        assert (one.deformation.spacing, one.deformation.shape) == (other.deformation.spacing, other.deformation.shape)


def test_what_was_saved_is_loaded_with_all_it_refers_to(registration, tmp_path):
    registration.save(tmp_path / "registration.json")
    assert_same(registration, load_registration(tmp_path / "registration.json"))
    found = sorted(p.name for p in tmp_path.iterdir())
    assert found == ["registration.deformation.zarr", "registration.json", "registration.labels.tif"]
    assert tifffile.imread(tmp_path / "registration.labels.tif").dtype == np.uint16
    registration.save(tmp_path / "registration.json")
    assert_same(registration, load_registration(tmp_path / "registration.json"))
    assert sorted(p.name for p in tmp_path.iterdir()) == found


def test_a_registration_of_the_whole_is_one_file(plain, tmp_path):
    plain.save(tmp_path / "registration.json")
    assert_same(plain, load_registration(tmp_path / "registration.json"))
    assert [p.name for p in tmp_path.iterdir()] == ["registration.json"]


def test_the_file_holds_the_promised_fields(registration, tmp_path):
    registration.save(tmp_path / "registration.json")
    content = json.loads((tmp_path / "registration.json").read_text())
    assert content["convention"] == "fixed (z,y,x,1) -> moving, voxel index"
    assert content["energies_eV"] == [6540.0, None, 6560.0]
    assert content["shape"] == list(SHAPE)
    assert content["voxel_size_nm"] == [40.0, 30.0, 30.0]
    assert np.shape(content["particles"]["3"]) == (3, 4, 4)
    assert content["matrices"][1] == [[None] * 4] * 4
    assert content["surface_95_registered"] == [0.3, None, 0.0]
    assert content["trend"] == [None] * 3
    assert content["flag"] == ["", "The mask is empty.", ""]
    assert content["particle_quality"]["refined"] == [True, False, False] * 2
    assert (content["labels"], content["deformation"]) == ("registration.labels.tif", "registration.deformation.zarr")


def test_a_path_that_is_none_is_refused(plain):
    for call in (plain.save, plain.to_itk):
        with pytest.raises(RegistrationError, match="named by its path"):
            call(None)


def test_large_numbers_of_particles_are_kept(registration, tmp_path):
    labels = registration.labels.copy()
    labels[labels == 3] = 70_000
    own = {1: registration.particle_matrices[1], 70_000: registration.particle_matrices[3]}
    many = replace(registration, labels=labels, particle_matrices=own, particle_quality=None)
    many.save(tmp_path / "r.json")
    assert_same(many, load_registration(tmp_path / "r.json"))


def test_what_is_written_already_is_referred_to(registration, tmp_path):
    tifffile.imwrite(tmp_path / "labels.tif", registration.labels.astype(np.uint16), imagej=True)
    zarr.open_group(str(tmp_path / "project.zarr"), mode="w", zarr_format=3)
    group = tmp_path / "project.zarr" / "deformation"
    write_deformation(group, registration.deformation, registration.energies)
    registration.save(tmp_path / "registration.json", tmp_path / "labels.tif", group)
    content = json.loads((tmp_path / "registration.json").read_text())
    assert (content["labels"], content["deformation"]) == ("labels.tif", "project.zarr/deformation")
    assert_same(registration, load_registration(tmp_path / "registration.json"))
    registration.save(tmp_path / "registration.json", "labels.tif", "project.zarr/deformation")
    assert_same(registration, load_registration(tmp_path / "registration.json"))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["labels.tif", "project.zarr", "registration.json"]


def test_a_registration_refers_only_to_what_lies_beside_it(registration, tmp_path):
    (tmp_path / "in").mkdir()
    tifffile.imwrite(tmp_path / "labels.tif", registration.labels)
    with pytest.raises(RegistrationError, match="lies beside it"):
        registration.save(tmp_path / "in" / "registration.json", tmp_path / "labels.tif")
    with pytest.raises(RegistrationError, match="not there"):
        registration.save(tmp_path / "in" / "registration.json", tmp_path / "in" / "labels.tif")
    assert not list((tmp_path / "in").iterdir())


def test_the_group_of_a_deformation_says_what_it_holds(registration, tmp_path):
    write_deformation(tmp_path / "bent", registration.deformation, registration.energies)
    group = zarr.open_group(str(tmp_path / "bent"), mode="r")
    assert group["coefficients"].shape == registration.deformation.coefficients.shape
    assert group["coefficients"].dtype == np.float32
    assert group["coefficients"].metadata.dimension_names == ("energy", "component", "z", "y", "x")
    about = dict(group.attrs)
    assert (about["spacing"], about["order"], about["shape"]) == (4, 3, list(SHAPE))
    assert about["energies_eV"] == [6540.0, None, 6560.0]
    assert "(c - 1) * spacing" in about["convention"]
    half = replace(registration.deformation, coefficients=registration.deformation.coefficients / 2)
    write_deformation(tmp_path / "bent", half, registration.energies)
    np.testing.assert_array_equal(read_deformation(tmp_path / "bent").coefficients, half.coefficients)
    assert [p.name for p in tmp_path.iterdir()] == ["bent"]


def test_a_file_of_the_former_version_is_read(plain, tmp_path):
    plain.save(tmp_path / "registration.json")
    content = json.loads((tmp_path / "registration.json").read_text())
    kept = "convention energies_eV fixed_index transform shape voxel_size_nm matrices particles mse_raw mse_global mse_registered"
    kept += " dice_raw dice_global dice_registered status flag"
    (tmp_path / "old.json").write_text(json.dumps({key: content[key] for key in kept.split()}))
    old = load_registration(tmp_path / "old.json")
    assert list(old.quality.columns) == list(plain.quality.columns)
    assert old.quality["uncertainty"].isna().all()
    assert old.quality["status"].tolist() == ["converged", "failed", "converged"]


def test_a_save_that_fails_leaves_what_was_there(registration, plain, tmp_path, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    plain.save(tmp_path / "registration.json")
    for owner, name in ((tifffile, "imwrite"), (files, "fill_group"), (Path, "write_text")):
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, full)
            with pytest.raises(RegistrationError, match="No space left"):
                registration.save(tmp_path / "registration.json")
        assert [p.name for p in tmp_path.iterdir()] == ["registration.json"]
        assert_same(plain, load_registration(tmp_path / "registration.json"))
    with pytest.raises(RegistrationError, match="cannot be written"):
        save(registration, tmp_path / "nowhere" / "registration.json")
    with pytest.raises(RegistrationError, match="cannot be written"):
        write_deformation(tmp_path / "nowhere" / "bent", registration.deformation, registration.energies)


@pytest.mark.parametrize("key", ["labels", "deformation"])
@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/../../x", "C:\\x", "C:x", "..\\x", 5, "", "absent.tif"])
def test_a_file_that_refers_to_somewhere_else_is_refused(registration, tmp_path, key, name):
    registration.save(tmp_path / "registration.json")
    content = json.loads((tmp_path / "registration.json").read_text())
    (tmp_path / "registration.json").write_text(json.dumps(content | {key: name}))
    with pytest.raises(RegistrationError, match=r"registration\.json"):
        load_registration(tmp_path / "registration.json")


@pytest.mark.parametrize(
    "change",
    [
        {"matrices": [[1.0]]},
        {"matrices": "far"},
        {"energies_eV": [1, "x", 3]},
        {"fixed_index": 7},
        {"shape": [3, 4]},
        {"shape": None},
        {"voxel_size_nm": [1, 2]},
        {"mse_raw": [0.1]},
        {"mse_raw": ["a", "b", "c"]},
        {"status": 3},
        {"particles": {"one": []}},
        {"particles": [1]},
        {"particles": {"1": [[[1]]]}},
        {"particle_quality": {"particle": [1]}},
        {"particle_quality": [1]},
        {"labels": None},
        {"convention": "moving -> fixed"},
        {"shape": [10, 11, 13]},
        {"particles": {"2": np.ones((3, 4, 4)).tolist()}, "particle_quality": None},
    ],
)
def test_a_malformed_file_is_refused_in_a_sentence(registration, tmp_path, change):
    registration.save(tmp_path / "registration.json")
    content = json.loads((tmp_path / "registration.json").read_text())
    (tmp_path / "registration.json").write_text(json.dumps(content | change))
    with pytest.raises(RegistrationError, match=r"registration\.json"):
        load_registration(tmp_path / "registration.json")


def test_what_is_no_json_of_a_registration_is_refused(tmp_path):
    for text in ("{}", "[]", "5", "no json"):
        (tmp_path / "a.json").write_text(text)
        with pytest.raises(RegistrationError, match=r"a\.json"):
            load_registration(tmp_path / "a.json")
    with pytest.raises(RegistrationError, match=r"none\.json"):
        load_registration(tmp_path / "none.json")


def test_labels_and_groups_that_are_none_are_refused(registration, tmp_path):
    registration.save(tmp_path / "registration.json")
    (tmp_path / "registration.labels.tif").write_bytes(b"no tiff")
    with pytest.raises(RegistrationError, match="labels"):
        load_registration(tmp_path / "registration.json")
    tifffile.imwrite(tmp_path / "registration.labels.tif", np.zeros(SHAPE, np.float32))
    with pytest.raises(RegistrationError, match="float32"):
        load_registration(tmp_path / "registration.json")
    registration.save(tmp_path / "registration.json")
    (tmp_path / "registration.deformation.zarr" / "zarr.json").write_text("{")
    with pytest.raises(RegistrationError, match="deformation"):
        load_registration(tmp_path / "registration.json")
