"""A small simulated scan on disk and its finished project, made once."""

import shutil
from pathlib import Path

import pytest

from napari_spectrotomo import Project, run, simulate_scan, write_scan
from napari_spectrotomo.simulate import write_truth

SMALL = {"rows": 24, "columns": 32, "n_angles": 31, "n_energies": 9, "seed": 3}


@pytest.fixture(scope="session")
def small_scan(tmp_path_factory) -> Path:
    """A folder of FXI files of a small phantom scan, with its truth."""
    folder = tmp_path_factory.mktemp("scan")
    scan, truth = simulate_scan(**SMALL)
    write_scan(scan, folder, format="fxi")
    write_truth(truth, folder)
    return folder


@pytest.fixture(scope="session")
def finished(small_scan, tmp_path_factory) -> Project:
    """The finished project of the small scan; look, do not touch."""
    return run(small_scan, tmp_path_factory.mktemp("project") / "finished")


@pytest.fixture
def own_project(finished, tmp_path) -> Project:
    """A copy of the finished project that a test may change."""
    shutil.copytree(finished.path, tmp_path / "copy")
    return Project.open(tmp_path / "copy")
