"""What a project gives to other programs, and the command that asks for it."""

import subprocess
import sys
import threading
from collections import deque

import numpy as np
import pytest
import tifffile

import napari_spectrotomo as st
from napari_spectrotomo.workflow import ExportOptions, export_steps, exportable


def spectrotomo(*words):
    return subprocess.run(
        [sys.executable, "-m", "napari_spectrotomo", *map(str, words)], capture_output=True, text=True
    )


def test_a_finished_project_names_what_it_can_give(finished):
    given = exportable(finished)
    assert given[:3] == ("reconstruction", "registered", "mask")
    assert {"labels", "edge_energy", "surface"} <= set(given)
    assert "valence" not in given


@pytest.mark.parametrize("what", ["registered", "mask", "squared_difference_raw", "labels", "edge_energy"])
def test_what_is_written_is_what_the_project_holds(finished, tmp_path, what):
    steps = list(export_steps(finished, what, tmp_path, ExportOptions(unit="µm")))
    assert steps[-1].done == steps[-1].total == (1 if what in ("labels", "edge_energy") else len(finished.energies))
    held = finished.store.array(what).compute() if len(steps) > 1 else finished.labels()
    if what == "edge_energy":
        held = finished.edge_map().energy
    with tifffile.TiffFile(tmp_path / f"{what}.tif") as file:
        found, about = file.asarray(), file.imagej_metadata
    assert np.array_equal(found, held * 255 if what == "mask" else held, equal_nan=what != "labels")
    assert about["spacing"] == pytest.approx(finished.edge_map().voxel_size[0] / 1000)


def test_single_energies_are_chosen_by_the_nearest(finished, tmp_path):
    list(export_steps(finished, "registered", tmp_path, ExportOptions(energies=(6549.0, 9999.0))))
    with tifffile.TiffFile(tmp_path / "registered.tif") as file:
        assert file.imagej_metadata["Labels"][0] == "6548.00 eV"
        assert np.array_equal(file.asarray()[1], finished.store.read("registered", -1), equal_nan=True)


def test_every_particle_has_a_mesh_and_one_can_be_asked_for(finished, tmp_path):
    steps = list(export_steps(finished, "surface", tmp_path / "all"))
    numbers = [n for n in np.unique(finished.labels()) if n]
    assert sorted(p.name for p in (tmp_path / "all").iterdir()) == [f"particle_{n}.ply" for n in numbers]
    assert len(steps) == len(numbers)
    list(export_steps(finished, "surface", tmp_path / "one", ExportOptions(particles=(1,), mesh=".stl")))
    assert [p.name for p in (tmp_path / "one").iterdir()] == ["particle_1.stl"]


@pytest.mark.parametrize(
    ("what", "options", "words"),
    [
        ("flux", ExportOptions(), "no result 'flux'"),
        ("valence", ExportOptions(), "no valence.tif yet"),
        ("surface", ExportOptions(particles=(99,)), "no particle 99"),
        ("surface", ExportOptions(surface_map="labels"), "no map 'labels'"),
        ("surface", ExportOptions(surface_map="valence"), "no valence.tif yet"),
    ],
)
def test_what_is_not_there_is_refused_in_words(finished, tmp_path, what, options, words):
    with pytest.raises(st.SpectrotomoError, match=words):
        list(export_steps(finished, what, tmp_path / "out", options))


def test_results_are_never_written_over(finished):
    with pytest.raises(st.ProjectError, match="the project itself"):
        list(export_steps(finished, "labels", finished.path))


def test_stopping_leaves_no_half_file(finished, tmp_path):
    abort = threading.Event()
    with pytest.raises(st.Aborted):
        deque((abort.set() for _ in export_steps(finished, "registered", tmp_path, abort=abort)), maxlen=0)
    assert not list(tmp_path.iterdir())


def test_the_command_lists_and_writes(finished, tmp_path):
    listed = spectrotomo("export", finished.path)
    assert listed.stdout.split() == list(exportable(finished))
    words = ["export", finished.path, "edge_energy", "surface", "--particle", 1, "--unit", "um", "-o", tmp_path / "out"]
    done = spectrotomo(*words)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [str(tmp_path / "out" / name) for name in ("edge_energy.tif", "particle_1.ply")]
    assert b"property uchar red" in (tmp_path / "out" / "particle_1.ply").read_bytes()[:400]


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["flux"], 2, "no result"),
        (["surface", "--mesh", "obj"], 2, "no kind of mesh"),
        (["surface", "--colormap", "nice"], 2, "no colours"),
        (["labels", "--unit", "mm"], 2, "no unit"),
        (["valence"], 1, "no valence.tif yet"),
    ],
)
def test_the_command_says_what_is_wrong(finished, tmp_path, words, status, said):
    done = spectrotomo("export", finished.path, *words, "-o", tmp_path)
    assert done.returncode == status
    assert said in " ".join(done.stderr.split())
