"""What all tests share: where the real data are, and that their absence is seen."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("no clock", deadline=None)  # how long an example takes is no truth about the code
settings.load_profile("no clock")

ROOT = Path(__file__).parents[1]


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
