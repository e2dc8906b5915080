"""What is dropped on napari comes up lazily; sample data do too."""

from __future__ import annotations

import shutil
import threading

import dask.array as da
import pytest

from napari_spectrotomo._napari import readers, samples
from napari_spectrotomo._napari.docks import open_panel
from napari_spectrotomo._napari.load import LoadPanel
from napari_spectrotomo._napari.run import start
from napari_spectrotomo._napari.state import state_of
from napari_spectrotomo.errors import ReadError, SpectrotomoError
from napari_spectrotomo.progress import Progress
from napari_spectrotomo.simulate import SimulateParameters, simulate_scan

pytestmark = pytest.mark.viewer
TIMEOUT = 60_000  # ms
STEPS_TITLE = "Spectro-tomography (Spectro-tomography)"


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


def test_files_dropped_together_are_loaded_as_their_folder(make_napari_viewer, scan_tiny, qtbot):
    viewer = make_napari_viewer()
    viewer.open(sorted(str(p) for p in scan_tiny.glob("*.h5"))[:3], plugin="napari-spectrotomo")
    qtbot.waitUntil(lambda: STEPS_TITLE in viewer.window.dock_widgets, timeout=TIMEOUT)
    assert open_panel(viewer, "Load").source.path == scan_tiny


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


def test_the_sample_waits_in_the_load_step_while_a_project_is_open(
    make_napari_viewer, finished, settle, tmp_path, monkeypatch, qtbot
):
    (tmp_path / "sample").mkdir()
    monkeypatch.setattr(samples, "sample_folder", lambda: tmp_path / "sample")
    viewer = make_napari_viewer()
    viewer.open(str(finished.path), plugin="napari-spectrotomo")
    settle(viewer)
    layers = list(viewer.layers)
    viewer.open_sample("napari-spectrotomo", "simulated_scan")
    qtbot.waitUntil(lambda: list(viewer.layers) == layers, timeout=TIMEOUT)
    load = open_panel(viewer, "Load")
    qtbot.waitUntil(lambda: load.source.path == tmp_path / "sample", timeout=TIMEOUT)
    assert load.is_other


def test_a_project_that_is_dropped_opens_with_its_panels(make_napari_viewer, finished, settle):
    viewer = make_napari_viewer()
    viewer.open(str(finished.path), plugin="napari-spectrotomo")
    settle(viewer)
    assert viewer.layers["Edge energy (eV)"].visible
    assert open_panel(viewer, "Spectro-tomography").step.NAME == "Edge map"


def read_in(monkeypatch, module, name):
    """Note in which threads a function of a module is called."""
    threads, function = [], getattr(module, name)

    def noted(*args, **keywords):
        threads.append(threading.current_thread())
        return function(*args, **keywords)

    monkeypatch.setattr(module, name, noted)
    return threads


def test_headers_of_a_dropped_scan_or_stack_are_read_in_the_worker(
    make_napari_viewer, scan_tiny, finished, settle, monkeypatch
):
    viewer = make_napari_viewer()
    store = finished.path / "project.zarr"
    for reads, path, name in (("read_scan", scan_tiny, "Projections"), ("read_stack", store, "project.zarr")):
        threads = read_in(monkeypatch, readers, reads)
        assert viewer.open(str(path), plugin="napari-spectrotomo") == []
        assert state_of(viewer).job is not None
        settle(viewer)
        assert isinstance(viewer.layers[name].data, da.Array)
        assert threads
        assert threading.main_thread() not in threads


def test_headers_of_a_projects_scan_are_read_in_the_worker(
    make_napari_viewer, scan_tiny, tmp_path, settle, monkeypatch
):
    from napari_spectrotomo.workflow import Project, source

    Project.create(tmp_path / "p", scan_tiny)
    viewer = make_napari_viewer()
    threads = read_in(monkeypatch, source, "read_scan")
    viewer.open(str(tmp_path / "p"), plugin="napari-spectrotomo")
    settle(viewer)
    assert [layer.name for layer in viewer.layers] == ["Projections"]
    assert len(threads) == 1
    assert threading.main_thread() not in threads


def test_a_scan_that_cannot_be_read_is_said_in_a_sentence(make_napari_viewer, scan_tiny, settle, monkeypatch, qtbot):
    def fail(*args, **keywords):
        raise ReadError("The scan has no angles.")

    monkeypatch.setattr(readers, "read_scan", fail)
    viewer = make_napari_viewer()
    viewer.open(str(scan_tiny), plugin="napari-spectrotomo")
    settle(viewer)
    qtbot.waitUntil(lambda: STEPS_TITLE in viewer.window.dock_widgets, timeout=TIMEOUT)
    load = open_panel(viewer, "Load")
    qtbot.waitUntil(lambda: load.message.text() == "The scan has no angles.", timeout=TIMEOUT)
    assert load.source.path == scan_tiny
    assert not viewer.layers


def test_a_dropped_file_without_an_energy_asks_for_it_where_it_can_be_given(
    make_napari_viewer, data_folder, tmp_path, settle, qtbot
):
    scan = tmp_path / "tooth.h5"
    shutil.copyfile(data_folder / "dxchange_h5" / "tooth.h5", scan)
    viewer = make_napari_viewer(show=True)
    viewer.open(str(scan), plugin="napari-spectrotomo")
    qtbot.waitUntil(lambda: STEPS_TITLE in viewer.window.dock_widgets, timeout=TIMEOUT)
    load = open_panel(viewer, "Load")
    qtbot.waitUntil(lambda: "energies (eV)" in load.message.text(), timeout=TIMEOUT)
    assert "energies=" not in load.message.text()
    assert load.form["energies"].native.isVisible()
    load.form["energies"].native.setFocus()
    load.form["energies"].value = (20000.0,)
    load.primary.click()
    settle(viewer)
    assert state_of(viewer).project.energies.tolist() == [20000.0]


def test_a_scan_dropped_while_a_project_is_open_waits_in_the_load_step_and_run_all_begins_with_it(
    make_napari_viewer, finished, scan_tiny, settle, qtbot, tmp_path
):
    other = shutil.copytree(scan_tiny, tmp_path / "other")
    viewer = make_napari_viewer()
    viewer.open(str(finished.path), plugin="napari-spectrotomo")
    settle(viewer)
    layers = list(viewer.layers)
    assert viewer.open(str(other), plugin="napari-spectrotomo") == []
    journey = open_panel(viewer, "Spectro-tomography")
    qtbot.waitUntil(lambda: journey.step.NAME == "Load" and journey.step.source.path == other, timeout=TIMEOUT)
    load = journey.step
    assert list(viewer.layers) == layers
    assert load.header.text().startswith("Press Load to open other.")
    assert load.folder.path == tmp_path / "other_spectrotomo"
    assert load.next.isHidden()
    assert journey.run_all.isEnabled()
    load.primary.click()
    settle(viewer)
    assert state_of(viewer).project.source == other
    assert [layer.name for layer in viewer.layers] == ["Projections"]


def test_a_busy_viewer_opens_nothing_and_says_so(
    make_napari_viewer, scan_tiny, finished, settle, tmp_path, monkeypatch
):
    monkeypatch.setattr(samples, "sample_folder", lambda: tmp_path / "sample")
    go_on = threading.Event()

    def steps(abort):
        yield Progress("read", 0, 1)
        assert go_on.wait(60)

    viewer = make_napari_viewer()
    start(viewer, "Binarizing", steps)
    try:
        for path in (scan_tiny, finished.path):
            with pytest.raises(SpectrotomoError, match=r"busy with other work \(binarizing\)"):
                viewer.open(str(path), plugin="napari-spectrotomo")
        with pytest.raises(SpectrotomoError, match="open the sample again when that is done"):
            viewer.open_sample("napari-spectrotomo", "simulated_scan")
    finally:
        go_on.set()
        settle(viewer)
    assert not viewer.layers, "no placeholder either"


def test_a_dropped_scan_starts_the_first_step(make_napari_viewer, scan_tiny, settle, qtbot):
    viewer = make_napari_viewer()
    viewer.open(str(scan_tiny), plugin="napari-spectrotomo")
    settle(viewer)
    dock = "Spectro-tomography (Spectro-tomography)"
    qtbot.waitUntil(lambda: dock in viewer.window.dock_widgets, timeout=60_000)
    step = open_panel(viewer, "Spectro-tomography").step
    assert (step.NAME, step.source.path) == ("Load", scan_tiny)


def test_a_dropped_recipe_is_taken_for_the_scan_that_comes_next_and_a_projects_opens_the_project(
    make_napari_viewer, finished, settle, tmp_path
):
    alone = tmp_path / "mine.yaml"
    alone.write_text(finished.recipe.changed("binarize", method="otsu").to_yaml())
    other = tmp_path / "other.yml"
    other.write_text("- of something else\n")
    assert readers.get_reader(str(other)) is None
    viewer = make_napari_viewer()
    viewer.open(str(alone), plugin="napari-spectrotomo")
    assert state_of(viewer).recipe.binarize.method == "otsu"
    viewer.open(str(finished.path / "recipe.yaml"), plugin="napari-spectrotomo")
    settle(viewer)
    assert state_of(viewer).project.path == finished.path
