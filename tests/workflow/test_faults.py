"""Whatever goes wrong while a run works, the same command afterwards ends with the bytes of an undisturbed run."""

import errno
import json
import os
import re
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from napari_spectrotomo import (
    DataError,
    Project,
    ProjectError,
    Recipe,
    SpectrotomoError,
    run,
    simulate_scan,
    write_scan,
)
from napari_spectrotomo.workflow import describe, redo_energy, run_steps, store, volumes

ENERGIES = (6480.0, 6530.0, 6548.0, 6554.0, 6710.0)
QUICK = {
    "align": {"jitter": "none", "motion": False},
    "register": {"transform": "translation", "by_particle": False, "refine": "none"},
    "report": {"renderings": False},
}
_TIMES = re.compile(r"[\d.]+ s\b|\d+-\d\d-\d\d \d\d:\d\d")
_HIDDEN = re.compile(r"\.([^/]+?)\.[0-9a-f]{8}")


class Killed(BaseException):
    """Ends a run as a kill does: nothing on disk changes any more, whatever it tries on its way out."""


class Faults:
    """Watches every change of a folder, through the interpreter's audit events, and lets one of them fail.

    A moment is what is changed, and what was changed before it; each moment fails once.
    """

    def __init__(self):
        self.folder, self.kind, self.seen, self.before, self.struck = "", "", set(), "", None
        sys.addaudithook(self._hook)

    @contextmanager
    def let_in(self, kind, folder):
        """Let the next moment fail that never did: 'killed', or with an error of the disk's from then on."""
        self.folder, self.kind, self.before, self.struck = str(folder), kind, "", None
        self.errno = getattr(errno, kind, 0)
        try:
            yield
        finally:
            self.folder = ""

    def _hook(self, event, arguments):
        if not self.folder or not (name := self._changed(event, arguments)):
            return
        if self.struck is None:
            moment = event, name, self.before if self.kind == "killed" else ""
            self.before = name
            if moment in self.seen:
                return
            self.seen.add(moment)
            self.struck = moment
        if self.kind == "killed":
            raise Killed(self.struck)
        raise OSError(self.errno, os.strerror(self.errno))

    def _changed(self, event, arguments):
        """Give what an event would change in the folder, by the name it has in every run; nothing for other events."""
        kinds = {"os.rename", "os.remove"} if self.kind == "killed" else set()
        if event == "open":
            path, mode, flags = arguments
            writes = mode[0] in "wax" if mode else flags & (os.O_WRONLY | os.O_CREAT)
        else:
            path, writes = arguments[0] if arguments else "", event in kinds
        if not writes or not isinstance(path, str | os.PathLike) or not str(path).startswith(self.folder):
            return ""
        path = str(path)[len(self.folder) :]
        if path.endswith(".lock") or ".holder" in path:
            return ""
        if event == "os.remove" and (_HIDDEN.search(path) or not os.path.exists(self.folder + path)):
            return ""
        return _HIDDEN.sub(r"\1", path)


@pytest.fixture
def own(undisturbed, tmp_path) -> Project:
    """A copy of the finished project that a test may harm."""
    return Project.open(shutil.copytree(undisturbed.path, tmp_path / "own"))


def shard(project: Project, image: str, index: int) -> Path:
    return project.store.path / image / "0" / "c" / str(index) / "0" / "0" / "0"


def flip(path: Path, at: int):
    """Flip one bit, and leave the time of the file as it was, as a failing disk does."""
    content, status = bytearray(path.read_bytes()), path.stat()
    content[at] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def log_of(project: Project, *words: str) -> list[str]:
    return [line for line in (project.path / "run.log").read_text().splitlines() if all(w in line for w in words)]


@pytest.fixture(scope="module")
def faults() -> Faults:
    return Faults()


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tiny")
    scan, _ = simulate_scan(rows=16, columns=24, n_angles=21, energies=ENERGIES, seed=3)
    write_scan(scan, folder, format="fxi")
    return folder


@pytest.fixture(scope="module")
def undisturbed(tiny, tmp_path_factory) -> Project:
    return run(tiny, tmp_path_factory.mktemp("undisturbed") / "p", Recipe.from_plain(QUICK))


def same(project: Project, undisturbed: Project):
    """Compare all that a run leaves, but for its times."""
    left = {p.name for p in project.path.iterdir()} - {".lock"}
    assert left == {p.name for p in undisturbed.path.iterdir()} - {".lock"}
    for name in left - {"run.json", "run.log", "report.html", "project.zarr"}:
        assert (project.path / name).read_bytes() == (undisturbed.path / name).read_bytes(), name
    ours, theirs = (_TIMES.sub("", (p.path / "report.html").read_text()) for p in (project, undisturbed))
    assert ours == theirs
    ours, theirs = ({p.relative_to(q.path) for p in q.path.rglob("project.zarr/**/*")} for q in (project, undisturbed))
    assert ours == theirs
    for file in ours:
        if (project.path / file).is_file():
            assert (project.path / file).read_bytes() == (undisturbed.path / file).read_bytes(), file
    assert untimed(project) == untimed(undisturbed)


def untimed(project: Project):
    """Give what is recorded of the stages, without times and what differs from run to run by them."""
    stages = json.loads((project.path / "run.json").read_text())["stages"]
    timed = {"seconds", "started", "ended", "peak_memory_bytes", "files"}
    kept = {name: {k: v for k, v in entry.items() if k not in timed} for name, entry in stages.items()}
    return kept | {
        "files": {n: f["sha256"] for e in stages.values() for n, f in e["files"].items() if n != "report.html"}
    }


@pytest.mark.parametrize("kind", ["killed", "ENOSPC"])
def test_a_run_that_is_torn_away_at_any_write_ends_as_if_nothing_had_been(tiny, undisturbed, faults, tmp_path, kind):
    faults.seen.clear()
    struck, project = [], None
    while project is None:
        try:
            with faults.let_in(kind, tmp_path / "p"):
                project = run(tiny, tmp_path / "p", QUICK)
        except Killed:
            struck.append(faults.struck)
        except SpectrotomoError as error:
            assert "No space left" in str(error)  # noqa: PT017 - which of the kinds it is, is the test's own
            assert not [p for p in (tmp_path / "p").rglob(".*.????????*") if _HIDDEN.search(str(p))], (
                "left by a failed write"
            )
            struck.append(faults.struck)
    same(project, undisturbed)
    hit = " ".join(name for _, name, _ in struck)
    for file in (*undisturbed.record.stage("spectra")["files"], "run.json", "recipe.yaml", "labels.tif", "report.html"):
        assert file in hit
    assert len(struck) > (100 if kind == "killed" else 50)
    assert len(log_of(project, "eV: reconstructed")) < 6 * len(ENERGIES)  # a moment of another energy loses none


def test_a_folder_that_cannot_be_written_is_said_so_and_keeps_what_it_holds(tiny, own, undisturbed, faults):
    faults.seen.clear()
    own.change("spectra", method="white-line")
    own.change("spectra", method="half-height")
    with (
        faults.let_in("EROFS", own.path),
        pytest.raises(ProjectError, match=r"cannot be written: Read-only file system"),
    ):
        run(tiny, own.path, QUICK, restart=True)
    same(run(tiny, own.path), undisturbed)


def test_what_is_damaged_is_found_by_verifying_and_made_again_alone(tiny, own, undisturbed):
    images = ["reconstruction", "mask", "registered", "squared_difference_raw"]
    a, b, c, d = (shard(own, image, index) for index, image in enumerate(images))
    flip(a, a.stat().st_size // 3)
    b.write_bytes(b.read_bytes()[: b.stat().st_size // 2])
    c.write_bytes(b"")
    d.unlink()
    flip(own.path / "edge_step.tif", 20000)
    before = len(log_of(own, "eV: "))
    told = describe(own.path, verify=True).doubts
    assert all(
        any(f"{image} is damaged at {ENERGIES[i]:.2f} eV" in one for one in told) for i, image in enumerate(images)
    )
    assert any("edge_step.tif is no longer what the spectra stage wrote" in one for one in told)
    project = run(tiny, own.path, verify=True)
    kept = " ".join(json.loads((own.path / "run.json").read_text())["warnings"])
    assert all(f"{image} was damaged on disk at {ENERGIES[i]:.2f} eV" in kept for i, image in enumerate(images))
    made = [line for line in log_of(project, "eV: ")[before:] if "found" not in line and "damaged" not in line]
    assert len(made) == 4  # a volume reconstructed, one binarized, two moved
    (own.path / "edge_step.changed.tif").unlink()
    project.record.stage("spectra")["warnings"].pop("files")
    project.record.save()
    (own.path / "report.html").unlink()
    same(run(tiny, own.path), undisturbed)


def test_damage_that_a_stage_meets_is_made_again_in_the_same_command(tiny, own, undisturbed):
    flip(shard(own, "registered", 2), 700)
    (own.path / "spectra.csv").unlink()
    project = run(tiny, own.path)
    same(project, undisturbed)
    assert [w for w in project.record.content["warnings"] if "registered was damaged on disk at 6548.00 eV" in w]
    assert not log_of(project, "register", "MSE")[len(ENERGIES) :], "transforms were whole"


def test_a_disk_that_loses_what_it_was_just_given_is_not_trusted(tiny, own, monkeypatch):
    put = store.Store.put

    def loses(self, name, index, volume, top=0):
        put(self, name, index, volume, top)
        flip(self.path / name / "0" / "c" / str(index) / "0/0/0", 300)

    monkeypatch.setattr(store.Store, "put", loses)
    flip(shard(own, "mask", 1), 30)
    own.discard("label")
    flip(shard(own, "mask", len(ENERGIES) - 1), 30)
    with pytest.raises(ProjectError, match="cannot be trusted"):
        run(tiny, own.path)


def test_whoever_reads_damage_is_told_where_and_the_same_command_mends_it(tiny, own, undisturbed):
    flip(shard(own, "registered", 3), 900)
    stack = own.stack("registered")
    assert np.isfinite(stack.data[0].compute()).any()
    with pytest.raises(
        ProjectError, match=r"image registered .* damaged on disk at 6554.00 eV \(a checksum is wrong\)"
    ):
        stack.data[3].compute()
    assert own.state("register") == "partial"
    same(run(tiny, own.path), undisturbed)


def test_a_reader_tells_nobody_elses_run_what_is_damaged(own):
    flip(shard(own, "registered", 3), 900)
    with FileLock(own.path / ".lock"), pytest.raises(ProjectError, match="command again with --verify"):
        own.store.read("registered", 3)
    assert own.state("register") == "done"


def test_descriptions_that_cannot_be_read_are_made_again(tiny, own, undisturbed):
    (own.store.path / "zarr.json").write_text('{"attributes": {')
    (own.store.path / "mask" / "zarr.json").write_text("")
    (own.store.path / "squared_difference_raw" / "0" / "zarr.json").unlink()
    with pytest.raises(ProjectError, match="description of the image mask"):
        own.masks()
    project = run(tiny, own.path)
    same(project, undisturbed)
    assert "description of the image mask was damaged" in " ".join(project.record.content["warnings"])


@pytest.mark.parametrize("name", ["alignment.partial.json", "registration.partial.json"])
def test_a_damaged_note_of_work_at_hand_is_passed_over(tiny, undisturbed, tmp_path, name):
    stage = name.partition(".")[0].replace("alignment", "align").replace("registration", "register")
    project = Project.create(tmp_path / "p", tiny, QUICK)
    for step in run_steps(project):
        if step.stage == stage and step.done == 3:
            break
    (project.path / name).write_text('{"fingerprint": "')
    run(tiny, project.path, until=stage)
    made = name.replace(".partial", "")
    assert (project.path / made).read_bytes() == (undisturbed.path / made).read_bytes()


def test_results_that_somebody_changed_are_set_aside_and_never_used(tiny, own, undisturbed):
    labels = own.path / "labels.tif"
    mine = labels.read_bytes()[:-2] + b"\x07\x00"
    labels.write_bytes(mine)
    os.utime(own.path / "particles.csv")  # copied, or touched: the same bytes are the same file
    assert (own.state("label"), own.state("spectra")) == ("partial", "done")
    with pytest.raises(ProjectError, match=r"labels.tif is no longer what the run wrote"):
        own.labels()
    project = run(tiny, own.path)
    assert (own.path / "labels.changed.tif").read_bytes() == mine
    assert labels.read_bytes() == (undisturbed.path / "labels.tif").read_bytes()
    assert "set aside as labels.changed.tif" in " ".join(project.warnings())
    (own.path / "labels.tif").write_bytes(mine)
    own.change("label", min_fraction=0.2)
    run(tiny, own.path, until="label")
    assert (own.path / "labels.changed2.tif").read_bytes() == mine


def test_an_input_that_changes_or_vanishes_while_it_is_read_leaves_no_number(tiny, undisturbed, tmp_path):
    scan = shutil.copytree(tiny, tmp_path / tiny.name)
    file = sorted(scan.glob("*.h5"))[-1]
    content = file.read_bytes()
    project = Project.create(tmp_path / "p", scan, QUICK)

    def with_other_numbers():
        import h5py

        with h5py.File(file, "r+") as changed:
            changed["img_tomo"][...] += 40

    def during(stage, done, harm):
        for step in run_steps(project):
            if step.stage == stage and step.done == done:
                harm()

    with pytest.raises(DataError, match="changed while the run read it"):
        during("align", 2, with_other_numbers)
    file.write_bytes(content)
    with pytest.raises(DataError, match="changed while the run read it"):
        during("reconstruct", 3, with_other_numbers)
    assert len(log_of(project, "align", "found before")) == 2
    assert project.done("reconstruct").sum() == 3
    file.write_bytes(content)
    with pytest.raises(SpectrotomoError, match=file.name):
        during("reconstruct", 3, file.unlink)
    with pytest.raises(DataError, match="is gone"):
        run(scan, project.path)
    file.write_bytes(content)
    project = run(scan, project.path)
    assert len(log_of(project, "eV: reconstructed")) == len(ENERGIES)
    same(project, undisturbed)


def test_a_file_named_by_a_parameter_that_changes_meanwhile_is_taken_as_it_is_in_the_end(own, tmp_path):
    shutil.copy(own.path / "labels.tif", tmp_path / "mine.tif")
    own.change("label", labels=str(tmp_path / "mine.tif"))

    def while_it_changes():
        for step in run_steps(own, "label"):
            if step.stage == "label" and step.done:
                os.utime(tmp_path / "mine.tif", (1, 1))

    with pytest.raises(DataError, match="label stage name changed"):
        while_it_changes()
    assert own.state("label") != "done"
    list(run_steps(own, "label"))
    assert own.state("label") == "done"


def test_too_little_memory_is_said_in_a_sentence(tiny, tmp_path, monkeypatch):
    def hungry(*_, **__):
        raise MemoryError("Unable to allocate 3.81 TiB")

    monkeypatch.setattr(volumes, "volume_in_blocks", hungry)
    with pytest.raises(SpectrotomoError, match=r"too little memory .*3.81 TiB.* is kept"):
        run(tiny, tmp_path / "p", QUICK, until="reconstruct")


def test_a_second_run_changes_nothing_of_the_first(tiny, own):
    before = {name: (own.path / name).read_bytes() for name in ("run.json", "recipe.yaml")}
    with FileLock(own.path / ".lock"), pytest.raises(ProjectError, match="Another run is at work"):
        run(tiny, own.path, own.recipe.changed("binarize", method="otsu"))
    assert {name: (own.path / name).read_bytes() for name in before} == before


def test_a_run_of_another_machine_is_told_by_its_note_until_it_is_long_gone(tiny, own):
    note = own.path / ".holder.json"
    note.write_text('{"host": "node17", "process": 4242, "token": "x"}')
    with pytest.raises(ProjectError, match=r"A run on node17 \(process 4242\) is at work"):
        list(run_steps(own))
    os.utime(note, (1, 1))
    steps = run_steps(own)
    next(steps)
    note.write_text('{"host": "node17", "process": 4242, "token": "x"}')
    with pytest.raises(ProjectError, match=r"node17 .* took over"):
        list(steps)
    assert note.exists(), "it is the other's"


def test_a_project_of_an_earlier_version_opens_and_goes_on(tiny, undisturbed, tmp_path, monkeypatch):
    monkeypatch.setattr(store, "COMPRESSORS", "auto")
    monkeypatch.setattr(store, "ALL_CHUNKS", {})
    old = run(tiny, tmp_path / "p", QUICK, until="binarize")
    monkeypatch.undo()
    for entry in old.record.content["stages"].values():
        entry.pop("files")
    old.record.save()
    shard(old, "reconstruction", 1).write_bytes(shard(old, "reconstruction", 1).read_bytes()[:-30])
    project = run(tiny, old.path, until="register", verify=True)
    assert (project.path / "registration.json").read_bytes() == (undisturbed.path / "registration.json").read_bytes()


def test_an_energy_done_again_by_hand_is_so_or_is_not_wherever_it_was_killed(tiny, own, faults):
    faults.seen.clear()
    start = np.eye(4)
    start[2, 3] = 1.0
    file, found = own.path / "registration.json", set()
    before, volume = file.read_bytes(), own.store.read("registered", 0)
    finished = False
    while not finished:
        try:
            with faults.let_in("killed", own.path):
                redo_energy(own, 0, start=start, keep=True)
            finished = True
        except Killed:
            own = run(tiny, own.path, until="register")
        redone = file.read_bytes() != before
        found.add(redone)
        assert ("0" in own.record.stage("register").get("redone", {})) == redone
        assert np.array_equal(own.store.read("registered", 0), volume, equal_nan=True) != redone
    assert found == {False, True}


CHILD = """
import os, resource, signal, sys
import napari_spectrotomo.workflow
from napari_spectrotomo import cli

scan, output, recipe, how = sys.argv[1:5]
runs = sys.modules["napari_spectrotomo.workflow.run"]
do, reached = runs._do, []

def disturbed(place, *rest):
    for step in do(place, *rest):
        yield step
        if place.stage == "register" and step.done == 4 and how.startswith("SIG"):
            os.kill(os.getpid(), getattr(signal, how))

runs._do = disturbed
if how == "full":
    resource.setrlimit(resource.RLIMIT_FSIZE, (30000, 30000))
sys.argv = ["spectrotomo", "run", scan, "--output", output, "--recipe", recipe]
cli.main()
"""


@pytest.mark.parametrize(
    ("how", "status", "said"),
    [("SIGKILL", -9, ""), ("SIGTERM", 130, "The same command continues"), ("full", 1, "free space")],
)
def test_a_process_that_is_ended_from_outside_ends_as_documented(tiny, undisturbed, tmp_path, how, status, said):
    (tmp_path / "recipe.yaml").write_text(json.dumps(QUICK))
    done = subprocess.run(
        [sys.executable, "-c", CHILD, tiny, tmp_path / "p", tmp_path / "recipe.yaml", how],
        capture_output=True,
        text=True,
    )
    assert done.returncode == status, done.stderr
    assert said in done.stderr
    assert len(done.stderr.splitlines()) <= 1
    project = run(tiny, tmp_path / "p")
    same(project, undisturbed)
    if how != "full":
        assert len(log_of(project, "register", "transform found done")) == 4
        assert len(log_of(project, "eV: reconstructed")) == len(ENERGIES)
