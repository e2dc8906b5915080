"""Viewers that close cleanly, and one finished small project for all tests that only look."""

from __future__ import annotations

import gc
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("napari")
pytest.importorskip("pytestqt")

TIMEOUT = 120_000  # ms; a busy machine is no failure


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep napari's and the plugin's settings out of the user's home."""
    from napari import settings

    settings._clear_plugin_settings_cache()
    monkeypatch.setattr(settings, "_CFG_PATH", str(tmp_path / "config" / "settings.yaml"))


@pytest.fixture(autouse=True)
def freed_here() -> Iterator[None]:
    """Free what a test leaves of its windows in this thread, lest a later test's threads do."""
    yield
    gc.collect()


@pytest.fixture
def scan_tiny(data_folder: Path) -> Path:
    return data_folder / "scan_tiny"


@pytest.fixture(scope="session")
def finished_folder(data_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project of scan_tiny as the workflow itself makes it, without the panels."""
    from napari_spectrotomo.workflow import run

    folder = tmp_path_factory.mktemp("finished") / "project"
    run(data_folder / "scan_tiny", folder, until="spectra")
    return folder


@pytest.fixture
def finished(finished_folder: Path, tmp_path: Path) -> Any:
    """A copy of the finished project, to do with as one likes."""
    from napari_spectrotomo.workflow import Project

    return Project.open(shutil.copytree(finished_folder, tmp_path / "project"))


@pytest.fixture
def model() -> Any:
    """A viewer without a window."""
    from napari.components import ViewerModel

    return ViewerModel()


@pytest.fixture
def settle(qtbot: Any) -> Iterator[Callable[[Any], None]]:
    """Wait until a viewer's long work has ended; whatever still runs at the end is stopped."""
    from napari_spectrotomo._napari.state import state_of

    seen = []

    def wait(viewer: Any) -> None:
        state = state_of(viewer)
        seen.append(state)
        qtbot.waitUntil(lambda: state.job is None, timeout=TIMEOUT)

    yield wait
    for state in seen:
        if state.job is not None:
            state.job.cancel()
            qtbot.waitUntil(lambda state=state: state.job is None, timeout=TIMEOUT)


@pytest.fixture
def panel(qtbot: Any) -> Callable[..., Any]:
    """Make a panel on a viewer, shown."""

    def make(cls: type, viewer: Any) -> Any:
        made = cls(viewer)
        qtbot.addWidget(made)
        made.resize(340, 700)
        made.show()
        return made

    return make


@pytest.fixture
def honest() -> Callable[[Any, Any], None]:
    """Check that all layers of a viewer lie on a project's grid, say so, and have names of their own that sort as their numbers."""
    import re

    def check(viewer: Any, project: Any) -> None:
        size = tuple(project.stack("registered").voxel_size)
        units = ["pixel", "nanometer", "nanometer", "nanometer"]
        for layer in viewer.layers:
            ndim = layer.ndim
            assert layer.axis_labels == ("energy", "z", "y", "x")[-ndim:], layer.name
            assert [str(u) for u in layer.units] == units[-ndim:], layer.name
            assert tuple(layer.scale) == (1.0, *size)[-ndim:], layer.name
            if ndim == 4:
                assert layer.metadata["energies_eV"].tolist() == project.energies.tolist(), layer.name
        names = [layer.name for layer in viewer.layers]
        assert len(set(names)) == len(names)
        numbered = [(re.sub(r"\d+$", "", n), int(re.search(r"\d+$", n)[0]), n) for n in names if re.search(r"\d+$", n)]
        assert sorted(numbered) == sorted(numbered, key=lambda entry: (entry[0], entry[2]))
        assert viewer.dims.axis_labels[-3:] == ("z", "y", "x")

    return check
