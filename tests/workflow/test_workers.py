"""Workers of a dask cluster make what threads make, byte for byte, and lose no more than the energy at hand when they die."""

import os
import shutil
import signal
import threading

import psutil
import pytest

from napari_spectrotomo import Aborted, ParameterError, Project, ProjectError, run
from napari_spectrotomo.workflow import run_steps, worker
from napari_spectrotomo.workflow.executor import Workplace
from napari_spectrotomo.workflow.volumes import reconstruct_energy
from napari_spectrotomo.workflow.worker import SIGN, Order, carry_out

distributed = pytest.importorskip("distributed")

BY_ENERGY = ("look_at_energy", "reconstruct_energy", "binarize_energy", "register_one", "move_energy")
"""The work that goes by energy, of a scan."""
FILES = ("alignment.json", "registration.json", "labels.tif", "edge_energy.tif", "spectra.csv", "particles.csv")


class Deadly(distributed.WorkerPlugin):
    """Kills the worker once in every kind of work: when half a volume is on disk, or when all is done and not yet told."""

    name = "deadly"

    def __init__(self, folder):
        self.folder = folder

    def setup(self, worker):
        from napari_spectrotomo.workflow import worker as module
        from napari_spectrotomo.workflow.store import Store

        carry_out, put, at_work = module.carry_out, Store.put, []

        def die_once(folder=self.folder):
            flag = f"{folder}/{at_work[-1]}"
            if not os.path.exists(flag):
                open(flag, "w").close()
                os.kill(os.getpid(), signal.SIGKILL)

        def half(store, name, index, volume, top=0):
            put(store, name, index, volume[: len(volume) // 2], top)
            die_once()
            put(store, name, index, volume, top)

        def deadly(order, index, plain):
            at_work.append(order.work.__name__)
            told = carry_out(order, index, plain)
            die_once()
            return told

        module.carry_out, Store.put = deadly, half


@pytest.fixture(scope="module")
def cluster():
    """A scheduler with two workers of one thread each, as somebody else would have started it."""
    with distributed.LocalCluster(
        2, threads_per_worker=1, dashboard_address="127.0.0.1:0", memory_limit=0, silence_logs=50
    ) as local:
        yield local


def listening():
    """Addresses at which this process and those it started listen."""
    own = psutil.Process()
    found = [c for process in (own, *own.children(recursive=True)) for c in process.net_connections("inet")]
    return {connection.laddr.ip for connection in found if connection.status == psutil.CONN_LISTEN}


def contents(project):
    """All bytes of the images and of the results, by file."""
    images = [f for f in (project.path / "project.zarr").rglob("*") if f.is_file() and "/c/" in f.as_posix()]
    return {str(f.relative_to(project.path)): f.read_bytes() for f in (*images, *(project.path / n for n in FILES))}


def same(project, other):
    ours, theirs = contents(project), contents(other)
    assert ours.keys() == theirs.keys()
    assert [name for name, content in ours.items() if content != theirs[name]] == []


def test_local_workers_make_the_same_bytes_as_threads_and_are_heard_on_this_machine_only(
    small_scan, finished, quick, tmp_path
):
    project, heard = Project.create(tmp_path / "p", small_scan, quick), set()
    for step in run_steps(project, until="spectra", workers=2):
        if step.stage == "align" and step.energy is not None:
            heard |= listening()
    same(project, finished)
    assert heard == {"127.0.0.1"}
    for stage in ("align", "reconstruct", "binarize", "register"):
        assert project.record.stage(stage)["worker_peak_memory_bytes"] > 0, stage
        ours, theirs = (one.record.stage(stage)["warnings"] for one in (project, finished))
        assert list(ours.items()) == list(theirs.items()), stage
    assert not (project.path / SIGN).exists()


def test_a_worker_killed_in_every_kind_of_work_costs_that_energy_only(small_scan, finished, quick, cluster, tmp_path):
    flags = tmp_path / "died"
    flags.mkdir()
    with distributed.Client(cluster, set_as_default=False) as client:
        client.register_plugin(Deadly(str(flags)))
        project = run(small_scan, tmp_path / "p", quick, until="spectra", scheduler=cluster.scheduler_address)
        client.unregister_worker_plugin(Deadly.name)
    assert {f.name for f in flags.iterdir()} == set(BY_ENERGY)
    same(project, finished)
    log = (project.path / "run.log").read_text()
    assert log.count("was lost") == len(BY_ENERGY)
    for done in ("axis found", "eV: reconstructed", "eV: threshold", "-> ", "volume moved"):
        assert log.count(done) >= len(project.energies), done


def test_stopping_keeps_what_workers_finished_and_the_same_folder_continues(
    small_scan, finished, quick, cluster, tmp_path
):
    abort = threading.Event()
    project = Project.create(tmp_path / "p", small_scan, quick)

    def until_three():
        for _ in run_steps(project, "reconstruct", scheduler=cluster.scheduler_address, abort=abort):
            if project.done("reconstruct").sum() == 3:
                abort.set()

    with pytest.raises(Aborted):
        until_three()
    assert project.done("reconstruct").sum() == 3
    assert not (project.path / SIGN).exists()
    run(small_scan, tmp_path / "p", quick, until="reconstruct", scheduler=cluster.scheduler_address)
    assert (project.path / "run.log").read_text().count("eV: found done") == 3
    for file in (finished.path / "project.zarr/reconstruction/0/c").rglob("*"):
        if file.is_file():
            assert (project.path / file.relative_to(finished.path)).read_bytes() == file.read_bytes()


def order_for(project, token="wanted", **different):
    place = Workplace(project, "reconstruct", project.record.fingerprint("reconstruct", project.recipe))
    order = Order.of(place, reconstruct_energy, token, 1)
    return (
        order
        if not different
        else type(order)(**{name: different.get(name, getattr(order, name)) for name in order.__slots__})
    )


def test_a_worker_of_another_version_says_so(own_project):
    with pytest.raises(ProjectError, match=r"runs napari-spectrotomo .*, and the run is by 0\.0\.1: install the same"):
        carry_out(order_for(own_project, version="0.0.1"), 0, ())


def test_a_worker_that_does_not_see_the_project_says_so(own_project, tmp_path, monkeypatch):
    monkeypatch.setattr(worker, "_LOOKS", 0)
    (own_project.path / SIGN).write_text("wanted")
    shutil.copytree(own_project.path, tmp_path / "another")
    (tmp_path / "another" / SIGN).write_text("not wanted any more")
    for folder in ("nowhere", "another"):
        with pytest.raises(ProjectError, match=r"does not see the project folder .* as the run does"):
            carry_out(order_for(own_project, token="wanted", path=str(tmp_path / folder)), 0, ())


@pytest.mark.parametrize(
    ("means", "said"),
    [
        ({"workers": 2, "scheduler": "tcp://127.0.0.1:1"}, "not both"),
        ({"workers": 0}, "1 or more"),
        ({"memory": "much"}, "no size"),
        ({"memory": "0GB"}, "is nothing"),
        ({"scheduler": "nonsense"}, "No dask scheduler answers"),
    ],
)
def test_wrong_means_of_working_are_refused_in_a_sentence(small_scan, quick, tmp_path, means, said):
    with pytest.raises(ParameterError, match=said):
        run(small_scan, tmp_path / "p", quick, until="align", **means)
