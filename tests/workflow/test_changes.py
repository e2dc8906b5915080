"""Everything a result depends on makes it out of date; a refused change leaves all as it was."""

import numpy as np
import pytest
import tifffile
import zarr
from filelock import FileLock

from napari_spectrotomo import (
    DataError,
    ParameterError,
    Project,
    ProjectError,
    Recipe,
    ReconstructionError,
    register,
    run,
    simulate_scan,
    write_scan,
)
from napari_spectrotomo.workflow import run_steps


def test_another_fixed_energy_has_another_grid_and_other_labels(own_project):
    own_project.change("register", fixed=0)
    assert own_project.state("reconstruct") == own_project.state("label") == "outdated"
    list(run_steps(own_project, "register"))
    assert own_project.registration().fixed_index == 0
    assert own_project.stack().voxel_size[0] == pytest.approx(own_project.scan().pixel_size[0])
    assert own_project.masks()[0].compute()[own_project.labels() > 0].all()


def test_an_energy_left_out_later_is_told_and_one_taken_back_is_forgotten(own_project):
    own_project.change("correct", exclude=[{"reason": "beam dump", "energy": 6542.0}])
    list(run_steps(own_project, "correct"))
    assert "beam dump" in " ".join(own_project.warnings())
    assert 6542.0 not in own_project.record.content["scan"]["energies_eV"]
    own_project.change("correct", exclude=[])
    list(run_steps(own_project, "correct"))
    assert "beam dump" not in " ".join(own_project.warnings())


def test_own_masks_in_a_zarr_that_change_inside_are_taken_anew(own_project, tmp_path):
    shape = own_project.masks().shape
    mine = zarr.create_array(str(tmp_path / "own.zarr"), shape=shape, chunks=(1, *shape[1:]), dtype=bool)
    mine[:] = own_project.masks().compute()
    own_project.change("binarize", masks=str(tmp_path / "own.zarr"))
    list(run_steps(own_project, "binarize"))
    mine[0, :4] = True
    assert own_project.state("binarize") == "outdated"


def test_a_threshold_of_ones_own_moves_one_mask_and_is_told_where_it_makes_an_odd_one(own_project):
    before = own_project.masks().compute()
    entry = own_project.record.stage("binarize")
    e, energy = 2, float(own_project.energies[2])
    level = 1.5 * entry["thresholds"][f"{energy:.2f}"]
    assert entry["sample_voxels"][f"{energy:.2f}"] == before[e].sum()
    own_project.change("binarize", thresholds=[[energy, level], [9999.0, 1.0]])
    list(run_steps(own_project, "binarize"))
    after = own_project.masks().compute()
    assert after[e].sum() < 0.97 * before[e].sum()
    np.testing.assert_array_equal(np.delete(after, e, 0), np.delete(before, e, 0))
    assert own_project.record.stage("binarize")["thresholds"][f"{energy:.2f}"] == level
    said = " ".join(own_project.warnings())
    assert "own at 9999.00 eV, an energy that this project does not have" in said
    assert f"At {energy:.2f} eV the mask holds" in said


def test_files_in_a_recipe_are_found_from_anywhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert Recipe().with_setting("binarize.masks=own.tif").binarize.masks == str(tmp_path / "own.tif")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "recipe.yaml").write_text("label: {labels: mine.tif}")
    assert Recipe.load("sub/recipe.yaml").label.labels == str(tmp_path / "sub" / "mine.tif")


def test_the_word_none_takes_a_value_away_where_it_is_no_choice_of_its_own():
    recipe = Recipe.from_plain({"spectra": {"element": "Mn", "e0": 6550.0, "standards": "mine.txt"}})
    for setting in (
        "spectra.element=none",
        "spectra.e0=none",
        "spectra.standards=none",
        "composition.decomposition=none",
    ):
        recipe = recipe.with_setting(setting)
    assert recipe == Recipe() == Recipe.from_plain({"spectra": {"foil": "none"}, "composition": {"references": "none"}})
    with pytest.raises(ParameterError, match="smooth"):
        recipe.with_setting("spectra.smooth=none")


def test_a_setting_that_is_refused_is_not_kept(small_scan, own_project):
    before = (own_project.path / "recipe.yaml").read_bytes(), own_project.record.path.read_bytes()
    with pytest.raises(ParameterError, match=r"register\.fixed is 99"):
        run(small_scan, own_project.path, own_project.recipe.changed("register", fixed=99), restart=True)
    assert ((own_project.path / "recipe.yaml").read_bytes(), own_project.record.path.read_bytes()) == before
    assert Project.open(own_project.path).state("report") == "done"


@pytest.mark.parametrize("setting", ["binarize.masks=nope.tif", "label.labels=nope.tif"])
def test_a_file_that_is_not_there_is_refused_before_anything_is_kept(small_scan, own_project, setting):
    before = (own_project.path / "recipe.yaml").read_bytes()
    with pytest.raises(ParameterError, match="no such file"):
        run(small_scan, own_project.path, own_project.recipe.with_setting(setting))
    assert (own_project.path / "recipe.yaml").read_bytes() == before


def test_a_recipe_may_be_a_path_or_a_dict(small_scan, tmp_path):
    (tmp_path / "r.yaml").write_text("binarize: {min_size: 7}")
    assert run(small_scan, tmp_path / "p", tmp_path / "r.yaml", until="read").recipe.binarize.min_size == 7
    assert run(small_scan, tmp_path / "q", {"binarize": {"min_size": 8}}, until="read").recipe.binarize.min_size == 8


def test_a_project_is_no_scan(finished, tmp_path):
    with pytest.raises(ProjectError, match=r"its volumes are a stack: .*project\.zarr"):
        run(finished.path, tmp_path / "p")


def test_too_few_energies_or_views_are_refused_at_once(tmp_path):
    for name, energies, n_angles in (("two", (6500, 6700), 9), ("views", (6480, 6540, 6550, 6560, 6700), 3)):
        scan = simulate_scan(rows=16, columns=24, n_angles=n_angles, energies=energies)[0]
        (tmp_path / name).mkdir()
        write_scan(scan, tmp_path / name, format="fxi")
    with pytest.raises(DataError, match="2 energies: an edge needs at least 4"):
        run(tmp_path / "two", tmp_path / "p")
    with pytest.raises(ReconstructionError, match="different views cannot"):
        run(tmp_path / "views", tmp_path / "q")


def test_a_second_run_on_a_project_is_refused_while_the_first_lasts(own_project):
    with FileLock(own_project.path / ".lock"), pytest.raises(ProjectError, match="Another run"):
        list(run_steps(own_project))
    list(run_steps(own_project))


def test_labels_that_do_not_fit_into_labels_tif_are_refused(own_project, tmp_path):
    tifffile.imwrite(tmp_path / "mine.tif", np.where(own_project.labels() > 0, 70000, 0).astype(np.int32))
    own_project.change("label", labels=str(tmp_path / "mine.tif"))
    with pytest.raises(DataError, match="65535"):
        list(run_steps(own_project, "label"))
    assert not (own_project.path / "labels.tif").exists()


def test_what_concerns_projections_is_refused_for_volumes(finished, tmp_path):
    with pytest.raises(ParameterError, match=r"read\.angles"):
        run(finished.path / "project.zarr", tmp_path / "p", Recipe().changed("read", angles=[0, 1]))
    assert not (tmp_path / "p").exists()


def test_the_report_states_the_parameters_that_were_used(own_project):
    from napari_spectrotomo.workflow import write_project_report

    own_project.change("binarize", min_size=987654321)
    assert "987654321" not in write_project_report(own_project).read_text()


def test_rigid_means_rigid_on_the_voxels_there_are(finished, quick, tmp_path):
    stack = finished.stack().data[-2:].compute()
    root = zarr.open_group(str(tmp_path / "s.zarr"), mode="w")
    root.create_array("0", data=stack[:, ::2])
    space = [{"name": a, "type": "space", "unit": "nanometer"} for a in "zyx"]
    datasets = [{"path": "0", "coordinateTransformations": [{"type": "scale", "scale": [1, 800.0, 400.0, 400.0]}]}]
    image = {"axes": [{"name": "energy", "type": "energy"}, *space], "datasets": datasets}
    root.attrs["ome"] = {"version": "0.5", "multiscales": [image]}
    recipe = quick.changed("register", transform="rigid", refine="none").changed("read", energies=[6700.0, 6710.0])
    project = run(tmp_path / "s.zarr", tmp_path / "p", recipe, until="register")
    np.testing.assert_allclose(project.stack().voxel_size, [800, 400, 400])
    direct = register(project.masks(), transform="rigid", energies=[6700, 6710], voxel_size=[800, 400, 400])
    np.testing.assert_allclose(project.registration().matrices, direct.matrices, atol=1e-9)
