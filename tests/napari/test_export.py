"""The panel Export: what it writes is what the viewer holds, and what it draws is to scale."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile
from magicgui.widgets.bases import ValueWidget
from PIL import Image
from qtpy.QtGui import QImage

from napari_spectrotomo._napari.export import ExportPanel
from napari_spectrotomo._napari.export.compose import Look, compose, in_words, nice_length, pixels_of, tick_labels
from napari_spectrotomo._napari.export.shot import Bar, Scene, take
from napari_spectrotomo._napari.export.tab import file_name
from napari_spectrotomo._napari.layers import layer_of, show_stage
from napari_spectrotomo._napari.state import state_of

pytestmark = pytest.mark.viewer

ENERGIES = np.array([6540.0, 6550.0, 6560.0])
AXES = {"scale": (1, 20, 10, 10), "units": ("pixel", "nm", "nm", "nm"), "axis_labels": ("energy", "z", "y", "x")}


def filled(viewer, project):
    state_of(viewer).project = project
    for stage in ("reconstruct", "binarize", "register", "spectra"):
        show_stage(viewer, project, stage)
    return viewer


def small_stack(viewer, **look):
    data = np.zeros((3, 8, 40, 60), np.float32)
    data[:, :, 10:30, 10:50] = np.array([1.0, 2.0, 3.0])[:, None, None, None]
    meta = {"spectrotomo": "raw", "energies_eV": ENERGIES, "attenuation_unit": "1/µm"}
    look = {"contrast_limits": (0, 3)} | look
    return viewer.add_image(data, name="Raw", metadata=meta, **AXES, **look)


def bright_columns(image):
    return np.flatnonzero((image > 80).any(axis=(0, 2)))


# Numbers and surfaces.


def test_every_layer_of_numbers_is_offered_and_written_as_it_is(panel, model, finished, settle, tmp_path):
    made = panel(ExportPanel, filled(model, finished))
    layers = [c for c in made.numbers.layer.choices if c is not None]
    assert {"raw", "mask", "particles", "registered", "edge energy"} <= {x.metadata["spectrotomo"] for x in layers}
    expected = {
        "registered": finished.stack("registered").data.compute(),
        "mask": finished.masks().compute() * np.uint8(255),
        "particles": finished.labels(),
        "edge energy": finished.edge_map().energy,
    }
    for role, values in expected.items():
        made.numbers.layer.value = layer_of(model, role)
        made.save(tmp_path / f"{role}.tif")
        settle(model)
        assert made.message.text() == f"Written: {tmp_path / f'{role}.tif'}"
        with tifffile.TiffFile(tmp_path / f"{role}.tif") as file:
            assert np.array_equal(file.asarray(), values, equal_nan=values.dtype.kind == "f")
            assert file.imagej_metadata["spacing"] == pytest.approx(finished.edge_map().voxel_size[0])
            assert (file.imagej_metadata["unit"], len(file.imagej_metadata.get("Labels", [])) > 0) == (
                "nm",
                values.ndim == 4,
            )


def test_one_energy_is_the_one_the_slider_is_at(panel, model, settle, tmp_path):
    small_stack(model)
    made = panel(ExportPanel, model)
    model.dims.set_point(0, 1)
    made.numbers.energies.value = "the one shown"
    assert made.numbers.suggestion() == "raw_6550p0_eV"
    made.numbers.unit.value = "µm"
    made.save(tmp_path / "one.tif")
    settle(model)
    with tifffile.TiffFile(tmp_path / "one.tif") as file:
        assert file.asarray().max() == 2
        assert file.imagej_metadata["Labels"][0] == "6550.00 eV"
        assert file.imagej_metadata["spacing"] == 0.02


def test_each_particle_becomes_a_mesh_in_the_colours_of_the_map(panel, model, finished, settle, tmp_path):
    made = panel(ExportPanel, filled(model, finished))
    made.pages.setCurrentWidget(made.surface)
    assert made.primary.text() == "Save as mesh…"
    assert made.surface.colors.value is layer_of(model, "edge energy")
    made.save(tmp_path / "p.ply")
    settle(model)
    numbers = [int(n) for n in np.unique(finished.labels()) if n]
    assert sorted(f.name for f in tmp_path.glob("*.ply")) == [f"p_{n}.ply" for n in numbers]
    header = (tmp_path / "p_1.ply").read_bytes().partition(b"end_header")[0].decode("ascii")
    assert "property float edge_energy" in header
    assert "property uchar green" in header
    assert "micrometre" in header


def test_results_in_the_projects_folder_are_never_written_over(panel, model, finished):
    made = panel(ExportPanel, filled(model, finished))
    before = (finished.path / "labels.tif").read_bytes()
    made.save(finished.path / "labels.tif")
    assert "project's own folder" in made.message.text()
    assert (finished.path / "labels.tif").read_bytes() == before


def test_an_error_is_a_sentence_and_leaves_nothing(panel, model, settle, tmp_path):
    small_stack(model)
    made = panel(ExportPanel, model)
    made.save(tmp_path / "nowhere" / "a.tif")
    settle(model)
    assert "cannot be written" in made.message.text()
    assert not list(tmp_path.glob("**/*.tif"))


def test_an_empty_viewer_asks_for_a_scan(panel, model):
    made = panel(ExportPanel, model)
    assert made.header.text() == "There is nothing to take away yet: load a scan first."
    assert made.open_first.text() == "Open Load"
    small_stack(model)
    made.catch_up()
    made._on_changed()
    assert made.content.isVisible()


def test_every_field_says_what_it_is_for(panel, model):
    small_stack(model)
    made = panel(ExportPanel, model)
    for tab in (made.numbers, made.surface, made.picture, made.movie):
        fields = [value for value in vars(tab).values() if isinstance(value, ValueWidget)]
        assert fields
        assert all(field.tooltip for field in fields)


def test_names_of_files_have_no_units_but_say_what_is_out_of_date():
    assert file_name("Edge energy (eV)") == "edge_energy"
    assert file_name("Raw (out of date)") == "raw_out_of_date"
    assert file_name("(eV)") == "export"


# Pictures.


@pytest.mark.parametrize(("most", "length"), [(1, 1), (1.9, 1), (499, 200), (500, 500), (0.07, 0.05), (12345, 10000)])
def test_scale_bars_are_round(most, length):
    assert nice_length(most) == pytest.approx(length)


def test_lengths_are_said_in_the_unit_one_would_say():
    assert [in_words(v, "nm") for v in (500, 1000, 20000)] == ["500 nm", "1 µm", "20 µm"]
    assert [in_words(v, "voxel") for v in (1, 50)] == ["1 voxel", "50 voxels"]


@pytest.mark.parametrize(
    ("low", "high", "first", "last"),
    [(6549.37, 6551.27, "6549.5", "6551.0"), (0, 0.12, "0.000", "0.100"), (0, 1, "0.0", "1.0"), (-2, 2, "-2", "2")],
)
def test_ticks_are_round_and_as_many_as_can_be_read(low, high, first, last):
    ticks = tick_labels(low, high)
    assert 3 <= len(ticks) <= 6
    assert (ticks[0][1], ticks[-1][1]) == (first, last)
    assert all(float(words) == pytest.approx(value) for value, words in ticks)


def scene(**other):
    image = np.zeros((300, 400, 3), np.uint8)
    bar = Bar("Edge energy (eV)", np.tile(np.arange(256, dtype=np.uint8)[:, None], (1, 3)), 6549.0, 6551.0)
    black = np.zeros(3, np.uint8)
    given = {"image": image, "length": 10.0, "unit": "nm", "energy": "6550.0 eV", "bars": (bar,), "background": black}
    return Scene(**(given | other))


def test_a_pictures_size_is_that_of_print(qapp):
    picture = compose(scene(), Look(width=85, dpi=300))
    assert picture.width() == 1004
    assert picture.dotsPerMeterX() == pytest.approx(300 / 0.0254, abs=1)


def test_the_scale_bar_is_as_long_as_it_says(qapp):
    look = Look(width=101.6, dpi=100, bars=False, energy=False, words=6)
    pixels = pixels_of(compose(scene(), look))
    assert pixels.shape == (300, 400, 3)
    rows = (pixels.min(axis=2) > 200).sum(axis=1)
    assert rows.max() == pytest.approx(50, abs=1)  # of 4 µm 22 % are less than 1 µm: the bar says 500 nm, 10 nm a pixel


def test_what_is_left_out_is_not_drawn(qapp):
    bare = pixels_of(compose(scene(), Look(scale_bar=False, bars=False, energy=False)))
    assert bare.max() == 0
    for name in ("scale_bar", "bars", "energy"):
        look = Look(**({"scale_bar": False, "bars": False, "energy": False} | {name: True}))
        assert pixels_of(compose(scene(), look)).max() > 200


def test_a_length_that_is_not_known_has_no_bar(qapp):
    assert pixels_of(compose(scene(length=None), Look(bars=False, energy=False))).max() == 0


def test_what_is_taken_is_to_scale_and_the_canvas_is_left_as_it_was(make_napari_viewer, qapp):
    viewer = make_napari_viewer(show=True)
    layer = small_stack(viewer)
    layer.colorbar.visible = True
    viewer.dims.set_point(0, 2)
    qapp.processEvents()
    before = (viewer.camera.zoom, viewer.camera.center, viewer.canvas.size)
    shot = take(viewer, 600, crop=True)
    assert (viewer.camera.zoom, viewer.camera.center, viewer.canvas.size) == before
    assert layer.colorbar.visible
    columns = bright_columns(shot.image)
    assert (columns[-1] - columns[0] + 1) * shot.length == pytest.approx(400, rel=0.03)  # 40 voxels of 10 nm
    assert columns[0] > 0
    assert shot.unit == "nm"
    assert shot.energy == "6560.0 eV"
    assert [(b.title, b.low, b.high) for b in shot.bars] == [("Raw (1/µm)", 0.0, 3.0)]
    whole = take(viewer, 900)
    assert whole.image.shape[1] == pytest.approx(900, abs=1)
    columns = bright_columns(whole.image)
    assert (columns[-1] - columns[0] + 1) * whole.length == pytest.approx(400, rel=0.03)


@pytest.mark.parametrize("kind", ["png", "tif", "pdf"])
def test_the_canvas_is_saved_for_print(make_napari_viewer, qapp, panel, settle, tmp_path, kind):
    viewer = make_napari_viewer(show=True)
    small_stack(viewer)
    made = panel(ExportPanel, viewer)
    made.pages.setCurrentWidget(made.picture)
    made.picture.width_mm.value, made.picture.dpi.value = 50, 200
    made.save(tmp_path / f"p.{kind}")
    settle(viewer)
    assert made.message.text().startswith("Written")
    if kind == "pdf":
        assert (tmp_path / "p.pdf").read_bytes().startswith(b"%PDF")
        return
    with Image.open(tmp_path / f"p.{kind}") as picture:
        assert picture.width == 394
        assert picture.info["dpi"][0] == pytest.approx(200, abs=0.1)
    assert not QImage(str(tmp_path / f"p.{kind}")).isNull()


# Movies.


def recorder(viewer, panel):
    made = panel(ExportPanel, viewer)
    made.pages.setCurrentWidget(made.movie)
    made.movie.pixels.value, made.movie.frames.value, made.movie.rate.value = 200, 8, 5
    made.movie.bars.value = made.movie.energy.value = made.movie.scale_bar.value = False
    return made


def test_a_movie_has_a_frame_an_energy_and_brings_the_slider_back(make_napari_viewer, panel, settle, tmp_path):
    viewer = make_napari_viewer(show=True)
    small_stack(viewer)
    viewer.dims.set_point(0, 1)
    made = recorder(viewer, panel)
    assert made.movie.about.text().startswith("3 frames, 0.6 s.")
    made.save(tmp_path / "m.gif")
    settle(viewer)
    assert made.message.text().startswith("Written"), made.message.text()
    assert viewer.dims.point[0] == 1
    with Image.open(tmp_path / "m.gif") as movie:
        assert movie.n_frames == 3
        assert movie.info["duration"] == 200
        seen = []
        for frame in range(3):
            movie.seek(frame)
            seen.append(int(np.asarray(movie.convert("L")).max()))
    assert np.abs(np.array(seen) - [85, 170, 255]).max() < 12


def test_a_turn_goes_once_round_and_leaves_the_camera_where_it_was(make_napari_viewer, panel, settle, tmp_path):
    pytest.importorskip("imageio_ffmpeg")
    from imageio_ffmpeg import read_frames

    viewer = make_napari_viewer(show=True)
    small_stack(viewer)
    before = (viewer.dims.ndisplay, viewer.camera.zoom, viewer.camera.center, viewer.camera.angles)
    made = recorder(viewer, panel)
    made.movie.what.value = "a turn in 3-D"
    made.save(tmp_path / "t.mp4")
    settle(viewer)
    assert made.message.text().startswith("Written"), made.message.text()
    assert (viewer.dims.ndisplay, viewer.camera.zoom, viewer.camera.center, viewer.camera.angles) == before
    about, *rest = read_frames(str(tmp_path / "t.mp4"))
    frames = [np.frombuffer(f, np.uint8).astype(int) for f in rest]
    assert about["fps"] == 5
    assert about["size"][0] == 200
    assert len(frames) == 8
    assert np.abs(frames[0] - frames[2]).mean() > 2


@pytest.mark.parametrize("kind", ["gif", "mp4"])
def test_a_movie_that_is_stopped_is_not_written(make_napari_viewer, qtbot, panel, settle, tmp_path, kind):
    if kind == "mp4":
        pytest.importorskip("imageio_ffmpeg")
    viewer = make_napari_viewer(show=True)
    small_stack(viewer)
    made = recorder(viewer, panel)
    made.movie.what.value, made.movie.frames.value = "a turn in 3-D", 500
    made.save(tmp_path / f"t.{kind}")
    job = state_of(viewer).job
    qtbot.waitUntil(lambda: job.last is not None and job.last.done >= 2, timeout=60_000)
    job.cancel()
    settle(viewer)
    assert made.message.text() == "Stopped. Nothing was written."
    assert not list(tmp_path.iterdir())
    assert viewer.dims.ndisplay == 2


def test_a_canvas_that_changes_its_size_spoils_no_movie(make_napari_viewer, qtbot, panel, settle, tmp_path):
    viewer = make_napari_viewer(show=True)
    small_stack(viewer)
    made = recorder(viewer, panel)
    made.movie.what.value, made.movie.frames.value = "a turn in 3-D", 500
    made.save(tmp_path / "t.gif")
    job = state_of(viewer).job
    qtbot.waitUntil(lambda: job.last is not None, timeout=60_000)
    viewer.window._qt_window.resize(500, 700)
    settle(viewer)
    assert "changed its size" in made.message.text()
    assert not list(tmp_path.iterdir())


def test_closing_the_window_while_a_movie_is_recorded_ends_it(make_napari_viewer, qtbot, settle, tmp_path):
    from napari_spectrotomo._napari.docks import open_panel

    viewer = make_napari_viewer(show=True)
    small_stack(viewer)
    made = recorder(viewer, lambda cls, v: open_panel(v, "Export"))
    made.movie.what.value, made.movie.frames.value = "a turn in 3-D", 500
    made.save(tmp_path / "t.gif")
    job = state_of(viewer).job
    qtbot.waitUntil(lambda: job.last is not None, timeout=60_000)
    viewer.close()
    qtbot.waitUntil(lambda: job.outcome is not None, timeout=60_000)
    assert job.outcome.cancelled
    assert not list(tmp_path.iterdir())


def test_without_energies_there_is_no_movie_of_them(panel, model):
    model.add_image(np.zeros((4, 5, 6)))
    made = panel(ExportPanel, model)
    made.pages.setCurrentWidget(made.movie)
    made.primary.click()
    assert "No visible layer has energies" in made.message.text()
