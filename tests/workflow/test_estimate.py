"""What a run will take is said before it begins, and what cannot fit is refused before anything is written."""

import shutil
from collections import namedtuple

import pytest
from typer.testing import CliRunner

from napari_spectrotomo import Project, ProjectError, run
from napari_spectrotomo.cli import app
from napari_spectrotomo.workflow import STAGES, run_steps
from napari_spectrotomo.workflow.estimate import estimate, in_bytes, plan
from napari_spectrotomo.workflow.outputs import FILES, IMAGES_OF

Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def disk(monkeypatch):
    """Let disks have so many bytes free."""

    def holds(free):
        monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(10**15, 0, free))

    return holds


def size_of(*paths):
    files = [f for p in paths for f in (p.rglob("*") if p.is_dir() else [p]) if f.is_file()]
    return sum(f.stat().st_size for f in files)


@pytest.fixture
def planned(small_scan, quick, tmp_path):
    return Project.planned(tmp_path / "new", small_scan, quick)


def test_every_stage_of_a_new_project_takes_time_memory_and_disk(planned):
    found = plan(planned)
    assert [stage.stage for stage in found.stages] == list(STAGES)
    assert all(stage.memory > 0 and stage.written > 0 and stage.seconds >= 0 for stage in found.stages)
    assert found.written == sum(stage.written for stage in found.stages)
    assert found.peak == max(stage.memory for stage in found.stages)
    assert [stage.stage for stage in plan(planned, "label").stages] == list(STAGES[: STAGES.index("label") + 1])
    assert not planned.path.exists()


def test_no_stage_writes_more_than_was_said(planned, finished):
    for stage in plan(planned).stages:
        files = [finished.path / name for name in FILES.get(stage.stage, ()) if (finished.path / name).exists()]
        images = [finished.store.path / name for name in IMAGES_OF.get(stage.stage, ())]
        assert size_of(*files, *images) <= stage.written, stage.stage
    assert size_of(finished.path) <= plan(planned).written


def test_twice_as_many_voxels_are_said_to_take_twice_the_disk_of_images(small_scan, tmp_path):
    parts = [
        plan(Project.planned(tmp_path / "p", small_scan, {"reconstruct": {"region": [0, rows, 0, 32, 0, 32]}}))
        for rows in (6, 12, 24)
    ]
    by_rows = [next(s.written for s in part.stages if s.stage == "register") for part in parts]
    assert by_rows[2] - by_rows[1] == pytest.approx(2 * (by_rows[1] - by_rows[0]), rel=1e-3)


def test_what_is_done_takes_nothing_and_what_is_done_again_frees_its_place(finished, disk):
    disk(10**9)
    assert plan(finished).stages == ()
    assert plan(finished).disk_free == 10**9
    again = plan(finished, restart=True)
    assert len(again.stages) == len(STAGES)
    assert 10**9 < again.disk_free <= 10**9 + size_of(finished.path)


def test_of_a_stage_that_was_begun_only_the_rest_is_counted(own_project, quick):
    whole = next(s for s in plan(own_project, restart=True).stages if s.stage == "reconstruct")
    own_project.change("reconstruct", filter="ramp")
    steps = run_steps(own_project, "reconstruct")
    while own_project.done("reconstruct").sum() < 5:
        next(steps)
    steps.close()
    rest = next(s for s in plan(own_project).stages if s.stage == "reconstruct")
    assert rest.written == pytest.approx(whole.written * 6 / 11, rel=0.01)


def test_a_disk_that_is_too_small_is_refused_before_anything_is_written(small_scan, quick, tmp_path, disk):
    disk(1_000_000)
    with pytest.raises(ProjectError, match=r"has 1 MB free, and up to .* MB are still to be written"):
        run(small_scan, tmp_path / "p", quick)
    assert not (tmp_path / "p").exists()


def test_a_project_that_no_longer_fits_is_refused_with_all_its_results_kept(own_project, disk):
    own_project.change("binarize", sigma=1.5)
    disk(1_000)
    before = size_of(own_project.store.path)
    with pytest.raises(ProjectError, match="free"):
        list(run_steps(own_project))
    assert size_of(own_project.store.path) == before


def test_memory_that_is_not_there_is_warned_of_and_a_limit_below_the_program_itself_refused(planned, monkeypatch):
    monkeypatch.setattr("napari_spectrotomo.workflow.estimate.planning.memory_free", lambda: 50_000_000)
    (sentence,) = plan(planned).warnings()
    assert "50 MB are there" in sentence
    assert plan(planned).refusals() == []
    (sentence,) = plan(planned, memory=50_000_000).refusals()
    assert "was given 50 MB: give --memory" in sentence
    assert plan(planned, memory=10**13).refusals() == []


def test_a_stack_of_volumes_is_counted_with_the_copy_that_is_made(finished, tmp_path):
    stack = Project.planned(tmp_path / "p", finished.store.path)
    stages = [s.stage for s in plan(stack).stages]
    assert stages[:3] == ["read", "reconstruct", "binarize"]
    assert "reconstruct" not in [s.stage for s in estimate(stack)]


def test_fewer_threads_take_longer(planned):
    one, all_ = plan(planned, threads=1), plan(planned)
    assert one.seconds >= all_.seconds
    assert plan(planned, threads=10_000).seconds == pytest.approx(all_.seconds)


def test_a_dry_run_prints_a_row_a_stage_and_writes_nothing(small_scan, tmp_path, disk):
    words = ["run", str(small_scan), "--output", str(tmp_path / "p"), "--dry-run"]
    said = CliRunner().invoke(app, words)
    assert said.exit_code == 0, said.output
    rows = [line.split()[0] for line in said.output.splitlines()]
    assert [row for row in rows if row in STAGES] == list(STAGES)
    assert "Nothing was written." in said.output
    disk(1_000_000)
    refused = CliRunner().invoke(app, words)
    assert isinstance(refused.exception, ProjectError)
    assert "in all" in refused.output
    assert list(tmp_path.iterdir()) == []


def test_a_dry_run_of_a_project_whose_scan_changed_counts_everything(small_scan, finished, tmp_path):
    shutil.copytree(small_scan, tmp_path / "scan")
    shutil.copytree(finished.path, tmp_path / "p")
    same = Project.planned(tmp_path / "p", tmp_path / "scan")
    assert plan(same).stages == ()
    touched = next((tmp_path / "scan").glob("*.h5"))
    touched.touch()
    changed = Project.planned(tmp_path / "p", tmp_path / "scan")
    assert len(plan(changed).stages) == len(STAGES)


@pytest.mark.parametrize(
    ("size", "words"), [(0, "0 B"), (999, "999 B"), (1.5e6, "1.5 MB"), (999.6e6, "1 GB"), (2e13, "20 TB")]
)
def test_sizes_are_said_in_the_unit_that_suits_them(size, words):
    assert in_bytes(size) == words
