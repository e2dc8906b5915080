"""Several scans with one recipe: each has a project, what fails stops nothing, and particles keep their own labels."""

import re
import shutil
import threading

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from napari_spectrotomo import Aborted, ParameterError, ProjectError, run_batch
from napari_spectrotomo.cli import app
from napari_spectrotomo.report import ScanSeen
from napari_spectrotomo.report.figures.batch import edge_by_scan
from napari_spectrotomo.workflow import Project
from napari_spectrotomo.workflow.batch import named_scans
from napari_spectrotomo.workflow.batch_compared import _doubts, _rows, write_comparison


@pytest.fixture(scope="module")
def series(small_scan, finished, tmp_path_factory):
    """A folder of two scans alike and one that is damaged, with projects of the two that are done already."""
    folder = tmp_path_factory.mktemp("series")
    for name in ("scan_2", "scan_10"):
        shutil.copytree(small_scan, folder / name)
        shutil.copytree(finished.path, folder / "out" / name)
    shutil.copytree(small_scan, folder / "scan_3")
    broken = sorted((folder / "scan_3").glob("*.h5"))[2]
    broken.write_bytes(broken.read_bytes()[:1000])
    return folder


@pytest.fixture(scope="module")
def done(series):
    return run_batch([series / "scan_*"], series / "out")


def test_a_pattern_stands_for_its_scans_as_people_count(series):
    assert list(named_scans([series / "scan_*"], series / "out")) == ["scan_2", "scan_3", "scan_10"]
    given = [series / "scan_10", series / "scan_2"]
    assert list(named_scans(given, series / "out")) == ["scan_10", "scan_2"]


def test_scans_of_one_name_are_told_apart_by_their_folders_whatever_their_order(tmp_path):
    paths = [tmp_path / day / "scan" for day in ("monday", "tuesday")]
    for path in (*paths, tmp_path / "other"):
        path.mkdir(parents=True)
    one = named_scans([*paths, tmp_path / "other"], tmp_path / "out")
    other = named_scans([tmp_path / "other", *reversed(paths)], tmp_path / "out")
    assert list(one) == ["monday_scan", "tuesday_scan", "other"]
    assert one == {name: other[name] for name in one}
    assert one["monday_scan"] == (paths[0], tmp_path / "out" / "monday_scan")


def test_names_that_differ_in_case_only_are_no_names_of_their_own(tmp_path):
    for name in ("a/Scan", "b/scan"):
        (tmp_path / name).mkdir(parents=True)
    assert list(named_scans([tmp_path / "a/Scan", tmp_path / "b/scan"], tmp_path)) == ["a_Scan", "b_scan"]


@pytest.mark.parametrize(
    ("sources", "words"), [([], "at least one"), (["x", "x"], "more than once"), (["no*"], "fits")]
)
def test_no_scan_or_one_given_twice_is_refused(tmp_path, monkeypatch, sources, words):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ParameterError, match=words):
        run_batch(sources, tmp_path / "out")


def test_a_scan_that_fails_is_told_and_the_others_are_done(done):
    assert [(o.name, o.status) for o in done.outcomes] == [
        ("scan_2", "done"),
        ("scan_3", "failed"),
        ("scan_10", "done"),
    ]
    (failed,) = done.failed
    assert "scan_3" in failed.said
    assert len(failed.said.splitlines()) == 1


def test_what_is_done_is_found_done(done):
    for outcome in done.outcomes:
        if outcome.status == "done":
            log = (outcome.project / "run.log").read_text().splitlines()
            assert sum("found done" in line for line in log) >= 10
            assert sum("eV: reconstructed" in line for line in log) == 11


def test_the_table_has_a_row_a_particle_a_scan_with_the_columns_of_particles(done, finished):
    table = pd.read_csv(done.folder / "batch.csv")
    own = pd.read_csv(finished.path / "particles.csv")
    assert list(table.columns) == ["scan", "time", *own.columns]
    assert table["scan"].tolist() == ["scan_2"] * len(own) + ["scan_10"] * len(own)
    for _, rows in table.groupby("scan"):
        np.testing.assert_array_equal(rows["mean_eV"], own["mean_eV"])


def test_the_page_is_whole_in_itself_links_the_reports_and_names_what_failed(done):
    page = (done.folder / "batch.html").read_text()
    assert 'href="scan_2/report.html"' in page
    assert 'href="scan_10/report.html"' in page
    assert "scan_3 failed" in page
    assert page.count("data:image/png;base64,") == 2
    assert "http" not in page.replace("http-equiv", "")
    assert "need not be particle 1 of another" in page


def test_mean_and_spread_of_a_scan_are_those_of_all_its_voxels():
    rng = np.random.default_rng(1)
    values = [rng.normal(6549, 0.4, 300), rng.normal(6551, 0.9, 120)]
    table = pd.DataFrame(
        {
            "label": [1, 2, 3],
            "voxels": [400, 120, 50],
            "mean_eV": [*map(np.mean, values), np.nan],
            "std_eV": [*(v.std(ddof=1) for v in values), np.nan],
            "undefined": [0.25, 0.0, 1.0],
        }
    )
    together = np.concatenate(values)
    mean, std = ScanSeen("s", None, "", particles=table).whole()
    assert mean == pytest.approx(together.mean(), abs=1e-9)
    assert std == pytest.approx(together.std(ddof=1), rel=1e-9)


def test_a_scan_named_like_a_formula_is_a_word_in_a_spreadsheet_and_in_a_picture():
    table = pd.DataFrame({"label": [1], "voxels": [9], "mean_eV": [6550.0], "std_eV": [0.5], "undefined": [0.0]})
    scan = ScanSeen("=1+$x_2$", None, "", particles=table)
    assert _rows([scan])["scan"].tolist() == ["'=1+$x_2$"]
    assert edge_by_scan([scan]).image.startswith("data:image/png")
    broken = ScanSeen(r"$\frac$", None, "", particles=table)
    assert edge_by_scan([scan, broken]).image.startswith("data:image/png"), "matplotlib would refuse it as a formula"


MAP = {
    "method": "half-height",
    "averaged": "",
    "windows": {"e0": 6550.0, "pre": [6480, 6530], "post": [6600, 6700], "nnorm": 1},
    "energy_shift": {"shift_eV": 0.0, "origin": ""},
}


def test_maps_made_alike_are_compared_without_a_word():
    assert _doubts({"a": MAP, "b": MAP}) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"method": "derivative"}, "different methods"),
        ({"windows": MAP["windows"] | {"e0": 6551.0}}, "windows of normalisation differ"),
        ({"windows": MAP["windows"] | {"nnorm": 2}}, "different order"),
        ({"energy_shift": {"shift_eV": 1.2, "origin": "foil"}}, r"\+1.20 eV"),
    ],
)
def test_maps_that_are_not_comparable_are_said_to_be(change, words):
    (sentence,) = _doubts({"a": MAP, "b": MAP | change})
    assert re.search(words, sentence)


def test_without_an_edge_map_nothing_is_compared_and_nothing_old_stays(own_project, tmp_path):
    own_project.change("spectra", method="derivative")
    for name in ("batch.csv", "batch.html"):
        (tmp_path / name).write_text("of before")
    assert write_comparison(tmp_path, [("copy", own_project.path, "")]) == ()
    assert not (tmp_path / "batch.csv").exists()
    assert not (tmp_path / "batch.html").exists()


def test_stopping_stops_all_scans_and_keeps_what_is_done(series, small_scan, tmp_path, quick):
    for name in ("a", "b"):
        shutil.copytree(small_scan, tmp_path / name)
    abort, seen = threading.Event(), []

    def watch(name, step):
        seen.append(name)
        if step.stage == "correct":
            abort.set()

    with pytest.raises(Aborted):
        run_batch([tmp_path / "a", tmp_path / "b"], tmp_path / "out", quick, until="label", progress=watch, abort=abort)
    assert set(seen) == {"a"}
    assert Project.open(tmp_path / "out" / "a").state("read") == "done"
    assert not (tmp_path / "out" / "b").exists()


def test_a_disk_that_cannot_hold_all_scans_together_refuses_before_the_first(series, small_scan, tmp_path, monkeypatch):
    from napari_spectrotomo.workflow import batch

    for name in ("a", "b"):
        shutil.copytree(small_scan, tmp_path / name)
    one = batch.plan_batch(named_scans([tmp_path / "a"], tmp_path / "out"), None)["a"].written
    monkeypatch.setattr(batch, "free_space", lambda folder: int(1.5 * one))
    with pytest.raises(ProjectError, match="still to be written"):
        run_batch([tmp_path / "a", tmp_path / "b"], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_command_tells_failures_at_the_end_and_exits_with_1(series, done):
    words = ["batch", str(series / "scan_*"), "--output", str(series / "out")]
    said = CliRunner().invoke(app, words)
    assert said.exit_code == 1
    assert "2 of 3 scans are done." in said.output
    assert said.output.strip().splitlines()[-1].startswith("spectrotomo: scan_3 failed: ")
    dry = CliRunner().invoke(app, [*words, "--set", "label.depth=0.3", "--dry-run"])
    assert dry.exit_code == 1
    assert "scan_3 cannot be read" in dry.output
    assert "Nothing was written." in dry.output
    small = CliRunner().invoke(app, [*words, "--set", "label.depth=0.3", "--dry-run", "--memory", "100MB"])
    assert "was given 100 MB: give --memory" in small.output
    well = CliRunner().invoke(app, ["batch", str(series / "scan_2"), "--output", str(series / "out")])
    assert well.exit_code == 0, well.output


def test_a_parameter_is_set_for_all_scans_and_kept(series, small_scan, tmp_path):
    for name in ("a", "b"):
        shutil.copytree(small_scan, tmp_path / name)
    words = ["batch", str(tmp_path / "?"), "--output", str(tmp_path / "out"), "--until", "read"]
    said = CliRunner().invoke(app, [*words, "--set", "label.depth=0.3"])
    assert said.exit_code == 0, said.output
    assert [Project.open(tmp_path / "out" / name).recipe.label.depth for name in "ab"] == [0.3, 0.3]
    wrong = CliRunner().invoke(app, [*words, "--set", "label.depht=3"])
    assert isinstance(wrong.exception, ParameterError)
