"""What was done is not done again; what changed, and what depends on it, is."""

import json
import os
import threading

import pytest
import zarr

from napari_spectrotomo import Aborted, Project, ProjectError, run
from napari_spectrotomo.workflow import STAGES, run_steps
from napari_spectrotomo.workflow.aligning import _begun


def lines(project, *words):
    return [line for line in (project.path / "run.log").read_text().splitlines() if all(w in line for w in words)]


def test_a_finished_run_does_nothing_again(own_project):
    before = {p.name: p.stat().st_mtime_ns for p in own_project.path.glob("*.[tch]*")}
    steps = list(run_steps(own_project))
    assert [s.stage for s in steps] == list(STAGES)
    assert {s.message for s in steps} == {"found done"}
    assert {p.name: p.stat().st_mtime_ns for p in own_project.path.glob("*.[tch]*")} == before


@pytest.mark.parametrize(
    ("stage", "values", "redone"),
    [
        ("spectra", {"method": "white-line"}, {"spectra", "composition", "report"}),
        ("label", {"min_fraction": 0.2}, {"label", "register", "spectra", "composition", "report"}),
        ("binarize", {"method": "otsu"}, {"binarize", "label", "register", "spectra", "composition", "report"}),
    ],
)
def test_a_changed_parameter_redoes_its_stage_and_what_depends_on_it(own_project, stage, values, redone):
    own_project.change(stage, **values)
    assert {s for s in STAGES if own_project.state(s) == "outdated"} == redone
    done = {s.stage for s in run_steps(own_project) if s.message != "found done"}
    assert done == redone
    assert all(own_project.state(s) == "done" for s in STAGES)


def test_a_changed_input_redoes_everything(small_scan, finished, tmp_path):
    import shutil

    import h5py

    shutil.copytree(small_scan, tmp_path / "scan")
    shutil.copytree(finished.path, tmp_path / "p")
    project = Project.create(tmp_path / "p", tmp_path / "scan")
    with h5py.File(next((tmp_path / "scan").glob("*.h5")), "r+") as file:
        file["img_tomo"][0, 0, 0] += 1
    list(run_steps(project, "correct"))
    assert project.state("reconstruct") == "missing"


def test_abort_keeps_what_is_finished(small_scan, tmp_path):
    abort = threading.Event()
    project = Project.create(tmp_path / "p", small_scan)

    def until_three():
        for _ in run_steps(project, abort=abort):
            if project.done("reconstruct").sum() == 3:
                abort.set()

    with pytest.raises(Aborted):
        until_three()
    assert project.state("reconstruct") == "partial"
    assert Project.open(tmp_path / "p").done("reconstruct").sum() == 3


def test_what_was_found_before_a_stop_is_found_again_where_its_file_is_damaged(tmp_path):
    path = tmp_path / "alignment.partial.json"
    for content in ('{"fingerprint"', "{}", "[]", '{"fingerprint": "now", "found": [1]}'):
        path.write_text(content)
        assert _begun(path, "now") == {}
    found = {"axis": None, "about": None, "jitter": None, "motion": None}
    path.write_text(json.dumps({"fingerprint": "now", "found": {"6550.0000": found, "6560.0000": {"axis": None}}}))
    assert _begun(path, "now") == {"6550.0000": found}
    assert _begun(path, "since") == {}


def test_restart_does_everything_again(own_project):
    redone = {s.stage for s in run_steps(own_project, "binarize", restart=True) if s.message != "found done"}
    assert redone == {"read", "correct", "align", "reconstruct", "binarize"}


def test_a_project_may_be_moved_and_its_scan_too(small_scan, finished, tmp_path):
    import shutil

    shutil.copytree(finished.path, tmp_path / "elsewhere")
    shutil.copytree(small_scan, tmp_path / "scan")
    project = run(tmp_path / "scan", tmp_path / "elsewhere")
    assert not lines(project, "eV: reconstructed")[len(lines(finished, "eV: reconstructed")) :]


def test_the_folder_of_another_scan_is_refused(small_scan, finished, tmp_path):
    import shutil

    shutil.copytree(small_scan, tmp_path / "other")
    os.remove(sorted((tmp_path / "other").glob("*.h5"))[0])
    before = (finished.path / "run.json").read_bytes()
    with pytest.raises(ProjectError, match="project of another scan"):
        run(tmp_path / "other", finished.path)
    assert (finished.path / "run.json").read_bytes() == before


def test_a_folder_of_other_files_is_refused(small_scan, tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(ProjectError, match="holds other files"):
        run(small_scan, tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]


def test_nothing_old_stands_beside_something_new(own_project):
    own_project.change("binarize", method="otsu")
    list(run_steps(own_project, "binarize"))
    left = {p.name for p in own_project.path.iterdir()} - {".lock"}
    assert left == {"recipe.yaml", "run.json", "run.log", "project.zarr", "alignment.json"}
    root = zarr.open(own_project.path / "project.zarr", mode="r")
    assert set(root.group_keys()) == {"reconstruction", "mask"}
    paths = [m["datasets"][0]["path"] for m in root.attrs["ome"]["multiscales"]]
    assert paths == ["reconstruction/0", "mask/0"]
    assert own_project.state("register") == "missing"


@pytest.mark.parametrize(("gone", "stage"), [("edge_energy.tif", "spectra"), ("registration.json", "register")])
def test_a_result_that_is_gone_is_made_again(own_project, finished, gone, stage):
    (own_project.path / gone).unlink()
    assert own_project.state(stage) == "partial"
    list(run_steps(own_project, stage))
    assert (own_project.path / gone).read_bytes() == (finished.path / gone).read_bytes()
