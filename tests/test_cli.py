"""The command line: exit status and one sentence, whatever is wrong; nothing half-written that looks whole."""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time

import h5py
import numpy as np
import pytest

from napari_spectrotomo import Project, simulate_scan, write_scan

COMMAND = [sys.executable, "-m", "napari_spectrotomo"]


def spectrotomo(*words, **options):
    return subprocess.run([*COMMAND, *map(str, words)], capture_output=True, text=True, **options)


@pytest.fixture(scope="module")
def scan(tmp_path_factory):
    """A small scan, as one h5 file an energy."""
    folder = tmp_path_factory.mktemp("scan")
    write_scan(
        simulate_scan(rows=20, columns=28, n_angles=25, energies=(6480, 6510, 6540, 6550, 6560, 6650, 6710), seed=5)[0],
        folder,
        format="fxi",
    )
    return folder


@pytest.fixture
def own_scan(scan, tmp_path):
    """A copy of the small scan that a test may break, and its files."""
    shutil.copytree(scan, tmp_path / "own")
    return tmp_path / "own"


def replace_dataset(folder, name, change):
    path = sorted(folder.glob("*.h5"))[2]
    with h5py.File(path, "r+") as file:
        values = change(file[name][()])
        del file[name]
        file[name] = values
    return path


def truncated(folder):
    path = sorted(folder.glob("*.h5"))[2]
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path.name


def flats_of_another_shape(folder):
    return replace_dataset(folder, "img_bkg", lambda f: f[..., :-1]).name


def angles_too_few(folder):
    return replace_dataset(folder, "angle", lambda a: a[:-2]).name


def one_energy(folder):
    for path in sorted(folder.glob("*.h5"))[1:]:
        path.unlink()
    return "one energy"


def emptied(folder):
    shutil.rmtree(folder)
    folder.mkdir()
    return folder.name


def gone(folder):
    shutil.rmtree(folder)
    return folder.name


@pytest.mark.parametrize("broken", [gone, emptied, truncated, flats_of_another_shape, angles_too_few, one_energy])
def test_bad_input_is_one_sentence_and_exit_status_1(own_scan, tmp_path, broken):
    word = broken(own_scan)
    done = spectrotomo("run", own_scan, "--output", tmp_path / "p")
    assert done.returncode == 1, done.stderr
    (sentence,) = done.stderr.strip().splitlines()
    assert sentence.startswith("spectrotomo: ")
    assert word in sentence
    assert not (tmp_path / "p" / "registration.json").exists()
    assert not list((tmp_path / "p").glob("*.tif")) + list((tmp_path / "p").glob("*.html"))


def test_one_energy_can_be_reconstructed(own_scan, tmp_path):
    one_energy(own_scan)
    done = spectrotomo("run", own_scan, "--output", tmp_path / "p", "--until", "reconstruct")
    assert done.returncode == 0, done.stderr
    assert Project.open(tmp_path / "p").done("reconstruct").all()


def test_a_folder_with_another_scans_project_is_refused(scan, own_scan, tmp_path):
    assert spectrotomo("run", scan, "--output", tmp_path / "p", "--until", "read").returncode == 0
    sorted(own_scan.glob("*.h5"))[0].unlink()
    done = spectrotomo("run", own_scan, "--output", tmp_path / "p")
    assert done.returncode == 1
    assert "another scan" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_full_disk_is_said_and_the_same_command_continues(scan, tmp_path):
    def small_files():
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    full = spectrotomo("run", scan, "--output", tmp_path / "p", "--until", "binarize", preexec_fn=small_files)
    assert full.returncode == 1, full.stderr
    assert "cannot be written" in full.stderr
    assert len(full.stderr.strip().splitlines()) == 1
    assert not Project.open(tmp_path / "p").done("reconstruct").any()
    assert spectrotomo("run", scan, "--output", tmp_path / "p", "--until", "binarize").returncode == 0
    assert spectrotomo("run", scan, "--output", tmp_path / "q", "--until", "binarize").returncode == 0
    a, b = Project.open(tmp_path / "p"), Project.open(tmp_path / "q")
    np.testing.assert_array_equal(a.store.array("reconstruction"), b.store.array("reconstruction"))


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["--until", "recontsruct"], 2, "recontsruct"),
        (["--set", "binarize.method=ostu"], 1, "binarize.method"),
        (["--set", "binarise.method=otsu"], 1, "binarise"),
        (["--recipe", "nowhere.yaml"], 1, "nowhere.yaml"),
        (["--threads", "0"], 2, "threads"),
    ],
)
def test_a_wrong_word_is_told(scan, tmp_path, words, status, said):
    done = spectrotomo("run", scan, "--output", tmp_path / "p", *words)
    assert done.returncode == status
    assert said in done.stderr
    assert not (tmp_path / "p").exists()


def test_an_interrupt_keeps_what_is_done_and_exits_with_130(scan, tmp_path):
    process = subprocess.Popen(
        [*COMMAND, "run", str(scan), "--output", str(tmp_path / "p")], stderr=subprocess.PIPE, text=True
    )
    log, limit = tmp_path / "p" / "run.log", time.monotonic() + 100
    while time.monotonic() < limit and not (log.exists() and "eV: reconstructed" in log.read_text()):
        assert process.poll() is None, process.stderr.read()
        os.sched_yield()
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=100)
    assert process.returncode == 130, said
    assert "the same command continues" in " ".join(said.lower().split())
    assert Project.open(tmp_path / "p").done("reconstruct").any()


def test_info_tells_what_a_scan_holds(scan):
    done = spectrotomo("info", scan)
    assert done.returncode == 0, done.stderr
    for words in ("fxi", "7, 6480.00 to 6710.00 eV", "25 an energy, 20 x 28 pixels", "-90.00 to 90.00°", "pixel size"):
        assert words in done.stdout
    assert spectrotomo("info", scan / "nowhere").returncode == 1


def test_names_stand_on_the_terminal_as_text(own_scan):
    """Neither as markup nor as codes that a terminal obeys."""
    (own_scan / "[red]\x1b[31m[[]b.tif").write_text("no image")
    told = spectrotomo("info", own_scan)
    refused = spectrotomo("info", own_scan / "[red]\x1b[2J.tif")
    assert (told.returncode, refused.returncode) == (0, 1)
    for said in (told.stdout, refused.stderr):
        assert "[red]" in said
        assert "\x1b" not in said


def test_simulate_writes_a_scan_with_its_truth(tmp_path):
    done = spectrotomo(
        "simulate",
        "--output",
        tmp_path / "s",
        "--set",
        "rows=16",
        "--set",
        "columns=24",
        "--set",
        "energies=[6500, 6550, 6700]",
        "--set",
        "n_angles=9",
    )
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "s").glob("*.h5"))) == 3
    truth = json.loads((tmp_path / "s" / "truth.json").read_text())
    assert truth["shape_zyx"] == [16, 24, 24]
    assert "labels" in np.load(tmp_path / "s" / "truth.npz")


def test_a_scan_may_be_told_its_energy_when_looked_at(data_folder):
    tooth = data_folder / "dxchange_h5" / "tooth.h5"
    refused = spectrotomo("info", tooth)
    assert refused.returncode == 1
    assert "--set read." in refused.stderr
    told = spectrotomo("info", tooth, "--set", "read.energies=[30000]")
    assert "181 an energy, 2 x 640 pixels" in told.stdout


def test_the_parameters_are_listed_with_defaults_and_units():
    done = spectrotomo("parameters", "binarize")
    assert "  min_size: 50 voxel" in done.stdout
    assert spectrotomo("parameters", "nonsense").returncode == 2


@pytest.mark.parametrize("setting", ["energies=abc", "rows=[1", "nonsense=3", "rows"])
def test_a_wrong_setting_of_a_simulation_is_told(tmp_path, setting):
    done = spectrotomo("simulate", "--output", tmp_path / "s", "--set", setting)
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "s").exists()


def test_simulate_overwrites_nothing(scan):
    done = spectrotomo("simulate", "--output", scan)
    assert done.returncode == 1
    assert "holds files" in done.stderr


def test_view_without_a_display_says_what_to_do(scan, tmp_path):
    assert spectrotomo("run", scan, "--output", tmp_path / "p", "--until", "read").returncode == 0
    bare = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
    done = spectrotomo("view", tmp_path / "p", env=bare)
    assert done.returncode == 1
    assert "no display" in done.stderr
    assert spectrotomo("view", tmp_path / "nowhere").returncode == 1
