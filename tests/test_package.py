"""The package imports quickly, keeps its promises of names, and carries its manifest wherever it is installed."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import napari_spectrotomo

ROOT = Path(__file__).parents[1]


def python(code: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ | environment
    )
    return done.stdout.strip()


def test_importing_the_package_imports_nothing_heavy():
    heavy = ("napari", "qtpy", "matplotlib", "numba", "SimpleITK", "skimage", "algotom", "pandas", "pydantic")
    code = f"import sys, napari_spectrotomo; print([m for m in {heavy!r} if m in sys.modules])"
    assert python(code) == "[]"


@pytest.mark.parametrize(
    "stage",
    [
        "io",
        "preprocess",
        "reconstruct",
        "segment",
        "register",
        "spectra",
        "align",
        "assess",
        "simulate",
        "report",
        "workflow",
        "cli",
    ],
)
def test_the_core_imports_no_viewer_and_no_plots(stage):
    viewers = ("napari", "qtpy", "matplotlib", "pyqtgraph")
    code = f"import sys, napari_spectrotomo.{stage}; print([m for m in {viewers!r} if m in sys.modules])"
    assert python(code) == "[]"


@pytest.mark.parametrize("name", napari_spectrotomo.__all__)
def test_every_public_name_is_there_and_documented(name):
    assert getattr(napari_spectrotomo, name).__doc__


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        napari_spectrotomo.nonsense  # noqa: B018


FIND = """
from npe2 import PluginManifest
manifest = PluginManifest.from_distribution("napari-spectrotomo")
print(manifest.name, len(manifest.contributions.widgets or []))
"""


def test_npe2_finds_the_manifest_of_an_editable_install():
    name, widgets = python(FIND).split()
    assert name == "napari-spectrotomo"
    assert int(widgets) >= 7


def test_npe2_finds_the_manifest_of_an_installed_wheel(tmp_path):
    built = python(
        f"import os; os.chdir({str(ROOT)!r}); from hatchling.build import build_wheel; print(build_wheel({str(tmp_path)!r}))"
    )
    wheel = tmp_path / built.splitlines()[-1]
    names = zipfile.ZipFile(wheel).namelist()
    assert "napari_spectrotomo/napari.yaml" in names
    assert "napari_spectrotomo/report/templates/report.html" in names
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    where = python(FIND + "import napari_spectrotomo; print(napari_spectrotomo.__file__)", PYTHONPATH=str(site))
    assert where.splitlines()[0].startswith("napari-spectrotomo")
    assert where.splitlines()[1].startswith(str(site))


def test_the_manifest_is_valid():
    subprocess.run(
        [sys.executable, "-m", "npe2", "validate", str(ROOT / "napari.yaml")], check=True, capture_output=True
    )
