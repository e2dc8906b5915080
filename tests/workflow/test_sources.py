"""A run may begin from volumes, take masks and labels of the user's own, and leave out what is bad."""

import numpy as np
import pytest
import tifffile
from scipy import ndimage

from napari_spectrotomo import ParameterError, ProjectError, ReadError, Recipe, run
from napari_spectrotomo.workflow import Project, describe, run_steps


@pytest.fixture
def volumes(finished, tmp_path):
    """The finished project's volumes as a user would bring them from elsewhere: one 3-D TIFF an energy."""
    folder = tmp_path / "volumes"
    folder.mkdir()
    stack = finished.stack()
    for energy, volume in zip(stack.energies, stack.data, strict=True):
        tifffile.imwrite(folder / f"recon_{energy:07.1f}eV.tif", np.asarray(volume), imagej=True)
    return folder


def test_a_stack_of_volumes_starts_at_binarize_and_ends_with_the_same_map(finished, quick, volumes, tmp_path):
    recipe = quick.changed("read", kind="stack", pixel_size=float(finished.stack().voxel_size[0]))
    project = run(volumes, tmp_path / "p", recipe)
    np.testing.assert_allclose(project.energies, finished.energies)
    np.testing.assert_array_equal(project.edge_map().energy, finished.edge_map().energy)
    assert project.stack().attenuation_unit == "1/µm"
    with pytest.raises(ProjectError, match="no projections"):
        project.scan()


def test_a_projects_own_zarr_is_a_stack(finished, quick, tmp_path):
    project = run(finished.path / "project.zarr", tmp_path / "p", quick, until="binarize")
    assert project.kind == "stack"
    np.testing.assert_allclose(project.stack().voxel_size, finished.stack().voxel_size)


def test_own_masks_are_taken_as_they_are(finished, quick, small_scan, tmp_path):
    mine = ndimage.binary_dilation(finished.masks()[-1].compute())
    tifffile.imwrite(tmp_path / "mine.tif", np.repeat(mine[None], len(finished.energies), 0).astype(np.uint8))
    project = run(
        small_scan, tmp_path / "p", quick.changed("binarize", masks=str(tmp_path / "mine.tif")), until="binarize"
    )
    assert all((project.masks()[e].compute() == mine).all() for e in range(len(project.energies)))


def test_own_labels_are_taken_and_a_changed_file_is_a_changed_parameter(own_project, tmp_path):
    labels = np.zeros(own_project.stack().shape, np.uint16)
    labels[own_project.labels() == 2] = 5
    tifffile.imwrite(tmp_path / "mine.tif", labels)
    own_project.change("label", labels=str(tmp_path / "mine.tif"))
    list(run_steps(own_project, "spectra"))
    assert own_project.particles()["label"].tolist() == [5]
    assert list(own_project.registration().particle_matrices) == [5]
    tifffile.imwrite(tmp_path / "mine.tif", np.where(labels, 1, 0).astype(np.uint8))
    assert own_project.state("label") == "outdated"
    assert own_project.state("register") == "outdated"
    assert own_project.state("binarize") == "done"


@pytest.mark.parametrize("stage", ["binarize", "label"])
def test_own_files_of_another_shape_are_refused(own_project, tmp_path, stage):
    tifffile.imwrite(tmp_path / "mine.tif", np.ones((3, 4, 5), np.uint8))
    own_project.change(stage, **{{"binarize": "masks", "label": "labels"}[stage]: str(tmp_path / "mine.tif")})
    with pytest.raises(ReadError, match=r"mine\.tif"):
        list(run_steps(own_project))


def test_an_energy_left_out_is_gone_and_its_reason_is_told(small_scan, tmp_path):
    recipe = Recipe().changed(
        "correct", exclude=[{"reason": "beam dump", "energy": 6542.0}, {"reason": "shadow", "angles": [-90]}]
    )
    project = run(small_scan, tmp_path / "p", recipe, until="reconstruct")
    assert 6542.0 not in project.energies
    assert {len(p) for p in project.scan().projections} == {30}
    told = " ".join(project.warnings())
    assert "beam dump" in told
    assert "shadow" in told
    assert Recipe.load(tmp_path / "p" / "recipe.yaml") == recipe


def test_something_left_out_needs_a_reason():
    with pytest.raises(ParameterError, match="exclude"):
        Recipe().changed("correct", exclude=[{"reason": "", "energy": 6542.0}])


def test_a_source_or_project_is_described_in_words(small_scan, finished):
    facts = describe(small_scan).facts
    assert facts["energies"] == "11, 6480.00 to 6710.00 eV, 3 to 54 eV apart"
    assert "24 x 32 pixels" in facts["projections"]
    assert describe(finished.path).facts["report"] == "done"


def test_a_folder_that_is_no_project_is_not_opened(tmp_path):
    with pytest.raises(ProjectError, match="not a project"):
        Project.open(tmp_path)
    (tmp_path / "run.json").write_text("{")
    with pytest.raises(ProjectError, match="cannot be read"):
        Project.open(tmp_path)


def test_a_result_that_is_not_there_yet_names_the_stage_that_makes_it(small_scan, tmp_path):
    project = run(small_scan, tmp_path / "p", until="read")
    for ask, stage in ((project.stack, "reconstruct"), (project.masks, "binarize"), (project.registration, "register")):
        with pytest.raises(ProjectError, match=f"run its {stage} stage"):
            ask()
    with pytest.raises(ProjectError, match="run its label stage"):
        project.labels()
