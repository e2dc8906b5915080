"""What all tests share: where the real data are, and that their absence is seen; and compiled kernels."""

import os
import tempfile
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings

settings.register_profile("no clock", deadline=None)  # how long an example takes is no truth about the code
settings.load_profile("no clock")

ROOT = Path(__file__).parents[1]


def pytest_configure() -> None:
    """Let the processes of a parallel run compile each kernel once among them, not once each.

    numba keeps what it compiled on disk, where the next process finds it. Processes that begin together would find nothing; so one
    compiles while the others wait for it. The lock of a kernel is taken after numba's own, as kernels compile those they call.
    """
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return
    from numba.core.compiler_lock import global_compiler_lock
    from numba.core.dispatcher import Dispatcher

    plain = Dispatcher.compile
    locks = Path(tempfile.gettempdir()) / f"spectrotomo-kernels-{os.getuid() if hasattr(os, 'getuid') else 0}"
    locks.mkdir(exist_ok=True)

    def compile_once(self, signature):
        name = f"{self.py_func.__module__}.{self.py_func.__qualname__}".replace("<", "").replace(">", "")
        with global_compiler_lock, FileLock(locks / name):
            return plain(self, signature)

    Dispatcher.compile = compile_once


def _data_folder() -> Path:
    """The folder of real scans: $SPECTROTOMO_DATA, else ``shared/data`` beside the checkout."""
    return Path(os.environ.get("SPECTROTOMO_DATA") or ROOT.parent / "shared" / "data")


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """Real scans and spectra; a test that asks for them skips where they are absent (in CI that is an error)."""
    folder = _data_folder()
    if not folder.is_dir():
        message = f"no real data at {folder}: set SPECTROTOMO_DATA"
        if os.environ.get("SPECTROTOMO_DATA_REQUIRED"):
            pytest.fail(message)
        pytest.skip(message)
    return folder
