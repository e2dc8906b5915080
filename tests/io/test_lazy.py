"""Opening a scan of sixty energies reads headers and no pixels."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_spectrotomo.data import Scan
from napari_spectrotomo.io import read_scan, read_stack, write_scan
from napari_spectrotomo.workflow import describe

COUNTER = Path("/proc/self/io")
ENERGIES = 8300.0 + np.arange(60)
VIEWS, ROWS, COLUMNS = 4, 160, 160

pytestmark = pytest.mark.skipif(not COUNTER.exists(), reason="this system does not count the bytes a process reads")


def bytes_read(call: Callable[[], object]) -> int:
    """Bytes that a call reads from files, whichever library does it."""

    def so_far() -> int:
        return int(COUNTER.read_text().split()[1])  # rchar

    before = so_far()
    call()
    return so_far() - before


@pytest.fixture(params=["fxi", "data-exchange", "nxtomo", "xradia", "tiff"])
def folder(request, tmp_path, write_xradia) -> Path:
    """Sixty energies of four views, 12 MB in all."""
    views = np.random.default_rng(1).integers(0, 4000, (VIEWS, ROWS, COLUMNS)).astype(np.uint16)
    angles = [0.0, 45, 90, 135]
    if request.param == "xradia":
        for energy in ENERGIES:
            write_xradia(tmp_path / f"tomo_{energy}eV.txrm", views, angles, energy)
    elif request.param == "tiff":
        for energy in ENERGIES:
            tifffile.imwrite(tmp_path / f"tomo_{energy}eV.tif", views, photometric="minisblack")
        (tmp_path / "angles.txt").write_text("\n".join(map(str, angles)))
    else:
        write_scan(Scan.from_arrays([views] * 60, ENERGIES, angles, pixel_size=30.0), tmp_path, request.param)
    return tmp_path


def test_opening_and_describing_sixty_energies_reads_no_pixels(folder):
    pixels = 60 * VIEWS * ROWS * COLUMNS * 2
    assert bytes_read(lambda: read_scan(folder)) < 0.25 * pixels
    assert bytes_read(lambda: describe(folder)) < 0.35 * pixels
    scan = read_scan(folder)
    assert len(scan) == 60
    one = bytes_read(lambda: np.asarray(scan.projections[30]))
    assert 1 <= one / (pixels / 60) < 1.5


def test_opening_a_stack_reads_no_voxels(tmp_path):
    volume = np.random.default_rng(1).random((20, 90, 90)).astype(np.float32)
    for energy in ENERGIES[:20]:
        tifffile.imwrite(tmp_path / f"v_{energy}eV.tif", volume, photometric="minisblack")
    assert bytes_read(lambda: read_stack(tmp_path)) < 0.1 * 20 * volume.nbytes
