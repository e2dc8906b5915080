"""A small simulated scan on disk and its finished project, made once."""

import shutil
from pathlib import Path

import pytest

from napari_spectrotomo import Project, Recipe, run, simulate_scan, write_scan
from napari_spectrotomo.simulate import write_truth

ENERGIES = (6480.0, 6510.0, 6530.0, 6542.0, 6548.0, 6551.0, 6554.0, 6566.0, 6620.0, 6665.0, 6710.0)
SMALL = {"rows": 24, "columns": 32, "n_angles": 31, "energies": ENERGIES, "seed": 3}


@pytest.fixture(scope="session")
def small_scan(tmp_path_factory) -> Path:
    """A folder of FXI files of a small phantom scan, with its truth."""
    folder = tmp_path_factory.mktemp("scan")
    scan, truth = simulate_scan(**SMALL)
    write_scan(scan, folder, format="fxi")
    write_truth(truth, folder)
    return folder


@pytest.fixture(scope="session")
def quick() -> Recipe:
    """The defaults without 3-D renderings, whose seconds add up."""
    return Recipe().changed("report", renderings=False)


@pytest.fixture(scope="session")
def finished(small_scan, quick, tmp_path_factory) -> Project:
    """The finished project of the small scan; look, do not touch."""
    return run(small_scan, tmp_path_factory.mktemp("project") / "finished", quick)


@pytest.fixture
def own_project(finished, tmp_path) -> Project:
    """A copy of the finished project that a test may change."""
    shutil.copytree(finished.path, tmp_path / "copy")
    return Project.open(tmp_path / "copy")
