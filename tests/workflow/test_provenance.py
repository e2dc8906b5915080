"""A project says how it came to be, and its recipe makes it again to the last bit."""

import ast
import json
import os
import re
import shutil
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
import zarr

import napari_spectrotomo
from napari_spectrotomo import Project, run
from napari_spectrotomo.chance import SEED
from napari_spectrotomo.parameters import as_plain
from napari_spectrotomo.workflow import STAGES, run_steps, write_project_report
from napari_spectrotomo.workflow.outputs import IMAGES_OF
from napari_spectrotomo.workflow.provenance import PeakMemory, command

PACKAGE = Path(napari_spectrotomo.__file__).parent
TELL_THE_TIME = {"run.json", "run.log", "report.html", ".lock"}


def files_of(folder):
    return {
        p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file() and p.name not in TELL_THE_TIME
    }


def pictures(page):
    return re.findall(r"data:image/png;base64,[^\"]+", page.read_text(encoding="utf-8"))


def test_the_recipe_repeats_a_run_to_the_last_bit_on_any_number_of_threads(small_scan, finished, tmp_path):
    again = run(small_scan, tmp_path / "again", finished.path / "recipe.yaml", threads=1)
    before, after = files_of(finished.path), files_of(again.path)
    assert before.keys() == after.keys()
    assert [name for name in before if before[name].read_bytes() != after[name].read_bytes()] == []
    assert pictures(finished.path / "report.html") == pictures(again.path / "report.html")
    assert len(pictures(again.path / "report.html")) > 5


def test_every_random_draw_has_a_seed():
    drawn = []
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        calls = ast.walk(ast.parse(text)) if "random" in text or "KMeans" in text else ()
        for node in calls:
            if isinstance(node, ast.Import) and any(alias.name == "random" for alias in node.names):
                drawn.append(f"{path.name}: Python's own random numbers")
            if isinstance(node, ast.Call) and _without_a_seed(node):
                drawn.append(f"{path.name}: {ast.unparse(node)}")
    assert drawn == []


def _without_a_seed(call):
    name, given = ast.unparse(call.func), {keyword.arg for keyword in call.keywords}
    if name in ("KMeans", "GaussianMixture", "NMF"):
        return "random_state" not in given
    drawn = re.fullmatch(r"(?:np|numpy)\.random\.(\w+)", name)
    return bool(drawn) and not (drawn[1] in ("default_rng", "SeedSequence") and (call.args or given))


def test_the_record_says_who_ran_it_when_on_what_and_with_which_seed(finished):
    content = finished.record.content
    (note,) = content["runs"]
    assert note["outcome"] == "done"
    assert note["by"] == command()
    assert note["random_seed"] == SEED
    assert note["until"] == "report"
    assert note["machine"]["processor"]
    assert any(library["user_api"] == "blas" for library in note["machine"]["libraries"])
    assert datetime.fromisoformat(note["started"]) <= datetime.fromisoformat(note["ended"])
    assert {"numcodecs", "numba", "zarr", "HDF5", "threadpoolctl"} <= content["versions"].keys()
    in_checkout = (PACKAGE.parents[1] / ".git").exists() and shutil.which("git")
    assert ("git commit" in content["versions"]) <= bool(in_checkout)


def test_every_stage_says_when_how_long_on_how_many_threads_and_its_own_peak_memory(finished):
    for stage in STAGES:
        entry = finished.record.stage(stage)
        assert entry["threads"] >= 1
        assert entry["peak_memory_bytes"] > 50_000_000
        assert datetime.fromisoformat(entry["started"]) <= datetime.fromisoformat(entry["ended"])
        assert entry["parameters"] == as_plain(getattr(finished.recipe, stage))


def test_the_peak_of_a_stage_is_not_that_of_a_greater_one_before():
    size = 200_000_000
    with PeakMemory() as memory:
        block = np.ones(size, np.uint8)
        held = memory.peak()
        del block
        memory.restart()
        after = memory.peak()
    assert held - after > 0.7 * size


def test_a_run_that_finds_all_done_is_no_part_of_how_it_came_to_be(own_project):
    list(run_steps(own_project))
    assert len(Project.open(own_project.path).record.content["runs"]) == 1


def test_a_run_that_is_stopped_and_one_that_fails_say_so(own_project):
    own_project.change("binarize", sigma=1.5)
    steps = run_steps(own_project, "binarize", by="a test")
    while next(steps).stage != "binarize":
        pass
    steps.close()
    note = json.loads((own_project.path / "run.json").read_text())["runs"][-1]
    assert (note["by"], note["outcome"]) == ("a test", "stopped on request")
    assert note["ended"] is not None


def test_an_image_says_which_stage_made_it_from_what_and_how(finished):
    root = zarr.open(finished.store.path, mode="r")
    for stage, images in IMAGES_OF.items():
        for name in images:
            if (
                name not in root
                or "spectrotomo" not in root[name].attrs
                or "done" not in root[name].attrs["spectrotomo"]
            ):
                continue
            own = root[name].attrs["spectrotomo"]
            assert own["stage"] == stage
            assert own["parameters"] == as_plain(getattr(finished.recipe, stage))
            assert own["version"] == napari_spectrotomo.__version__
            assert own["source"] == finished.source.name
            assert own["fingerprint"] == finished.record.stage(stage)["fingerprint"]


@pytest.fixture
def together(small_scan, finished, tmp_path):
    """A folder with a scan and its project, which no longer lies where it was made."""
    shutil.copytree(small_scan, tmp_path / "there" / "scan")
    shutil.copytree(finished.path, tmp_path / "there" / "project")
    list(run_steps(Project.create(tmp_path / "there" / "project", tmp_path / "there" / "scan")))
    return (tmp_path / "there").rename(tmp_path / "moved")


def test_a_project_and_its_scan_moved_together_find_each_other_and_are_done(together):
    project = Project.open(together / "project")
    assert project.source == together / "scan"
    assert {step.message for step in run_steps(project)} == {"found done"}
    again = Project.create(together / "project", together / "scan")
    assert {step.message for step in run_steps(again)} == {"found done"}
    assert json.loads((together / "project" / "run.json").read_text())["source"] == str(together / "scan")


def test_results_are_looked_at_and_reported_without_the_scan(together, finished):
    shutil.rmtree(together / "scan")
    project = Project.open(together / "project")
    assert not project.has_source
    np.testing.assert_array_equal(project.energies, finished.energies)
    assert project.state("report") == "done"
    assert project.maps_edges
    assert not project.planar
    os.remove(project.path / "report.html")
    page = write_project_report(project).read_text(encoding="utf-8")
    assert "was not there when this report was written" in page
    assert "data:image/png" in page
