"""What is dropped on napari comes up lazily; sample data do too."""

from __future__ import annotations

import dask.array as da
import pytest

from napari_spectrotomo._napari import readers, samples
from napari_spectrotomo._napari.docks import open_panel
from napari_spectrotomo._napari.load import LoadPanel
from napari_spectrotomo._napari.state import state_of
from napari_spectrotomo.simulate import SimulateParameters, simulate_scan

pytestmark = pytest.mark.viewer


def test_a_scan_folder_becomes_one_lazy_layer_that_the_load_panel_takes_up(panel, model, scan_tiny):
    reader = readers.get_reader(str(scan_tiny))
    ((data, given, kind),) = reader(str(scan_tiny))
    assert isinstance(data, da.Array)
    assert (kind, data.shape) == ("image", (9, 31, 24, 32))
    made = panel(LoadPanel, model)
    model.add_image(data, **given)
    assert made.source.path == scan_tiny


def test_a_file_and_a_list_of_files_are_read(scan_tiny):
    files = sorted(str(p) for p in scan_tiny.glob("*.h5"))[:3]
    ((one, _, _),) = readers.get_reader(files[0])(files[0])
    ((three, given, _),) = readers.get_reader(files)(files)
    assert (one.shape, three.shape) == ((1, 31, 24, 32), (3, 31, 24, 32))
    assert len(given["metadata"]["energies_eV"]) == 3


def test_volumes_become_a_lazy_energy_stack(finished):
    path = str(finished.path / "project.zarr")
    ((data, given, kind),) = readers.get_reader(path)(path)
    assert isinstance(data, da.Array)
    assert (kind, data.shape, given["axis_labels"]) == ("image", (9, 24, 32, 32), ("energy", "z", "y", "x"))


def test_other_files_are_left_to_others(tmp_path, data_folder):
    (tmp_path / "notes.txt").write_text("no scan")
    assert readers.get_reader(str(tmp_path)) is None
    assert readers.get_reader(str(tmp_path / "notes.txt")) is None
    assert readers.get_reader(str(tmp_path / "absent.h5")) is None


def test_the_sample_is_simulated_once_and_then_opened_lazily(make_napari_viewer, settle, tmp_path, monkeypatch):
    small = SimulateParameters(rows=16, columns=24, n_angles=5, energies=(6480.0, 6550.0, 6710.0))
    monkeypatch.setattr(samples, "simulate_scan", lambda abort: simulate_scan(small, abort=abort))
    monkeypatch.setattr(samples, "sample_folder", lambda: tmp_path / "sample")
    viewer = make_napari_viewer()
    (waiting,) = viewer.open_sample("napari-spectrotomo", "simulated_scan")
    assert waiting.name == "Projections, being simulated"
    settle(viewer)
    (layer,) = viewer.layers
    assert (layer.name, layer.data.shape) == ("Projections", (3, 5, 16, 24))
    assert isinstance(layer.data, da.Array)
    assert (tmp_path / "sample" / "truth.json").exists()
    assert open_panel(viewer, "Load").source.path == tmp_path / "sample"
    monkeypatch.setattr(samples, "simulate_scan", None)
    viewer.layers.clear()
    (again,) = viewer.open_sample("napari-spectrotomo", "simulated_scan")
    assert again.metadata["source"] == str(tmp_path / "sample")
    assert state_of(viewer).job is None


def test_a_project_that_is_dropped_opens_with_its_panels(make_napari_viewer, finished):
    viewer = make_napari_viewer()
    viewer.open(str(finished.path), plugin="napari-spectrotomo")
    assert viewer.layers["Edge energy (eV)"].visible
    assert "Edge map (Spectro-tomography)" in viewer.window.dock_widgets
