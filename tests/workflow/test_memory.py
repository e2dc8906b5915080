"""A run takes no more memory than it is given, says beforehand where that cannot be, and makes the same numbers."""

import numpy as np
import pytest

from napari_spectrotomo import ParameterError, Project, run
from napari_spectrotomo.data import EnergyStack
from napari_spectrotomo.spectra.slabs import MaskedSpectra
from napari_spectrotomo.workflow import STAGES
from napari_spectrotomo.workflow.memory import bytes_of, needed
from napari_spectrotomo.workflow.store import Store

ENERGIES = np.arange(6500.0, 6505.0)


@pytest.mark.parametrize(("said", "size"), [("2GB", 2_000_000_000), ("1.5 GiB", 1610612736), (7, 7), (None, None)])
def test_sizes_are_read_as_people_write_them(said, size):
    assert bytes_of(said) == size


def test_too_little_memory_is_refused_before_anything_is_made(small_scan, quick, tmp_path):
    with pytest.raises(ParameterError, match=r"takes \d+ MB for one energy .* was given 100 MB: give --memory \d+MB"):
        run(small_scan, tmp_path / "p", quick, memory="100MB")
    assert not (tmp_path / "p" / "project.zarr").exists()


def test_a_run_is_told_how_far_its_memory_reaches(finished, own_project):
    for stage in ("reconstruct", "binarize"):
        own_project.discard(stage)
    enough = needed(own_project, "reconstruct")
    assert needed(own_project, "label") < needed(own_project, "binarize") < enough
    assert enough == needed(finished, "reconstruct")
    with pytest.raises(ParameterError, match="stage reconstruct takes"):
        run(own_project.source, own_project.path, memory=enough - 1)
    run(own_project.source, own_project.path, memory=enough, until="binarize")


def test_what_a_stage_takes_does_not_grow_with_the_number_of_energies(small_scan, finished, tmp_path):
    (tmp_path / "few").mkdir()
    for file in sorted(small_scan.glob("*.h5"))[-4:]:
        (tmp_path / "few" / file.name).symlink_to(file)
    few = Project.create(tmp_path / "p", tmp_path / "few")
    assert len(few.energies) == 4
    for stage in STAGES:
        assert needed(few, stage) == needed(finished, stage)


def test_the_least_memory_makes_the_same_maps(finished, own_project):
    own_project.discard("spectra")
    run(own_project.source, own_project.path, until="spectra", memory=needed(own_project, "spectra"))
    for name in ("edge_energy.tif", "edge_step.tif", "spectra.csv"):
        assert (own_project.path / name).read_bytes() == (finished.path / name).read_bytes()


def test_the_mean_spectrum_is_the_same_to_the_last_bit_however_little_memory_there_is():
    rng = np.random.default_rng(0)
    volumes = rng.normal(1, 0.3, (5, 70, 12, 13)).astype(np.float32)
    volumes[2, 30, 4:8] = np.nan
    where = rng.random(volumes.shape[1:]) < 0.6
    stack = EnergyStack.from_arrays(volumes, ENERGIES)
    means = [MaskedSpectra(stack, where, memory).mean_spectrum() for memory in (1e9, 40_000.0, 1.0)]
    for mean, count in means[1:]:
        assert mean.tolist() == means[0][0].tolist()
        assert count == means[0][1]


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path / "project.zarr")
    made.create("reconstruction", (150, 70, 66), np.float32, ENERGIES, None, "1/voxel", "f")
    return made


def test_a_volume_written_in_parts_of_any_height_is_the_volume(store):
    volume = np.random.default_rng(0).random((150, 70, 66), np.float32)
    store.put_parts("reconstruction", 3, (part for part in np.split(volume, [1, 50, 64, 131])))
    assert not store.done("reconstruction").any()
    store.flag("reconstruction", 3)
    assert store.done("reconstruction").tolist() == [False, False, False, True, False]
    np.testing.assert_array_equal(store.read("reconstruction", 3), volume)


@pytest.mark.parametrize(
    "key",
    [
        *((3,), (3, slice(60, 140)), (slice(2, 5), slice(10, 20)), (slice(None), 80, 5, 6), (3, 140, slice(2, 9))),
        *(([0, 3],), (slice(1, 4), slice(None), [4, 60]), (np.int64(3), slice(3, 150, 50)), (-2, slice(70, -3))),
    ],
)
def test_parts_of_an_image_are_read_as_of_an_array(store, key):
    volumes = np.full((5, 150, 70, 66), np.nan, np.float32)
    volumes[3] = np.random.default_rng(0).random((150, 70, 66), np.float32)
    store.write("reconstruction", 3, volumes[3])
    np.testing.assert_array_equal(store.array("reconstruction")[key].compute(), volumes[key])
