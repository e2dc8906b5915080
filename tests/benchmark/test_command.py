"""`spectrotomo benchmark` in a shell."""

from typer.testing import CliRunner

from napari_spectrotomo.cli import app


def test_a_benchmark_that_is_not_there_is_refused_with_what_is(tmp_path):
    result = CliRunner().invoke(app, ["benchmark", "spectra", "-o", str(tmp_path)])
    assert result.exit_code == 2
    assert "there is registration" in result.output
    assert not list(tmp_path.iterdir())
