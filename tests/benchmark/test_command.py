"""`spectrotomo benchmark` in a shell."""

import csv

import pytest
from typer.testing import CliRunner

from napari_spectrotomo.cli import app
from napari_spectrotomo.errors import DataError, ParameterError
from napari_spectrotomo.workflow import STAGES


def test_a_benchmark_that_is_not_there_is_refused_with_what_is(tmp_path):
    result = CliRunner().invoke(app, ["benchmark", "segmentation", "-o", str(tmp_path)])
    assert isinstance(result.exception, ParameterError)
    assert "there are registration, reconstruction, spectra" in str(result.exception)
    assert not list(tmp_path.iterdir())


def test_the_whole_chain_is_timed_stage_by_stage(tmp_path):
    result = CliRunner().invoke(app, ["benchmark", "end-to-end", "--quick", "-o", str(tmp_path)])
    assert result.exit_code == 0, result.output
    with (tmp_path / "end_to_end.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["stage"] for row in rows] == [*STAGES, "in all"]
    assert sum(float(row["seconds"]) for row in rows[:-1]) < float(rows[-1]["seconds"])
    assert all(float(row["peak_mib"]) > 50 for row in rows)


def test_a_scan_that_cannot_be_run_is_said_in_its_own_sentence(tmp_path):
    result = CliRunner().invoke(app, ["benchmark", "end-to-end", "--scan", str(tmp_path), "-o", str(tmp_path / "out")])
    assert isinstance(result.exception, DataError)
    assert "could not be run on threads" in str(result.exception)
    assert not (tmp_path / "out").exists()


def test_an_engine_that_is_not_there_is_refused_of_the_whole_chain_too(tmp_path):
    result = CliRunner().invoke(app, ["benchmark", "end-to-end", "--engines", "matlab", "-o", str(tmp_path)])
    assert isinstance(result.exception, ParameterError)
    assert "the engines are threads, workers" in str(result.exception)


@pytest.mark.parametrize("name", ["registration", "reconstruction", "spectra"])
def test_an_engine_that_is_not_there_is_refused_with_those_there_are(tmp_path, name):
    result = CliRunner().invoke(app, ["benchmark", name, "--engines", "imregister", "-o", str(tmp_path)])
    assert isinstance(result.exception, ParameterError)
    assert "the engines are ours" in str(result.exception)
    assert not list(tmp_path.iterdir())
