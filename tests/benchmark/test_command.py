"""`spectrotomo benchmark` in a shell."""

import pytest
from typer.testing import CliRunner

from napari_spectrotomo.cli import app
from napari_spectrotomo.errors import ParameterError


def test_a_benchmark_that_is_not_there_is_refused_with_what_is(tmp_path):
    result = CliRunner().invoke(app, ["benchmark", "segmentation", "-o", str(tmp_path)])
    assert isinstance(result.exception, ParameterError)
    assert "there are registration, reconstruction, spectra" in str(result.exception)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["registration", "reconstruction", "spectra"])
def test_an_engine_that_is_not_there_is_refused_with_those_there_are(tmp_path, name):
    result = CliRunner().invoke(app, ["benchmark", name, "--engines", "imregister", "-o", str(tmp_path)])
    assert isinstance(result.exception, ParameterError)
    assert "the engines are ours" in str(result.exception)
    assert not list(tmp_path.iterdir())
