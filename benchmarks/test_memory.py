"""Peak memory of reconstructing 512³ voxels an energy, at two energies and at six: it must not grow with their number.

Peak memory is the operating system's own account of a fresh process, the interpreter and all libraries included. Reading,
correcting, looking for the axes, reconstructing and writing are in it. The limit is two energy volumes and 1 GiB; and three times
as many energies must not change the peak by more than a tenth of a volume, so that thirty change it by no more either.
`SPECTROTOMO_TABLES=DIR` keeps the table, as it stands in docs, in DIR/reconstruction_memory.md.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

import dask.array as da
import numpy as np
import pytest

from napari_spectrotomo import Scan, write_scan
from napari_spectrotomo.benchmark.machine import environment
from napari_spectrotomo.benchmark.reconstruction import pixel_size, views_of

SIZE, VIEWS, FEW, MANY = 512, 181, 2, 6
FLATS = 5
LIMIT = 2 * 4 * SIZE**3 + (1 << 30)
FLAT = 0.1 * 4 * SIZE**3
HEADS = ("through", "energies", "peak (MiB)", "in energy volumes", "s an energy")
PEAK = """
def peak():
    from pathlib import Path
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
"""
ROUTES = {
    "`spectrotomo run --until reconstruct`": """
import sys
from napari_spectrotomo.cli import app
app(["run", sys.argv[1], "--output", sys.argv[2], "--until", "reconstruct"], standalone_mode=False)
print(peak())
""",
    "`st.reconstruct`, energy by energy": """
import sys
import numpy as np
import napari_spectrotomo as st
stack = st.reconstruct(st.correct(st.read_scan(sys.argv[1])))
for volume in stack.data:
    assert np.isfinite(volume.compute()).all()
print(peak())
""",
}


def counts(energies):
    """Raw views of the section, its height falling from the middle slice, each view made as it is written."""
    angles = np.linspace(-90.0, 90.0, VIEWS)
    depth = 0.6 * views_of(SIZE, angles, (SIZE - 1) / 2 + 3.4)
    share = np.clip(1.4 - 3 * np.abs(np.linspace(-0.5, 0.5, SIZE)), 0, 1).astype(np.float32)
    grain = np.random.default_rng(0).normal(1, 0.01, (SIZE, SIZE)).astype(np.float32)

    def made(block_info=None):
        start, stop = block_info[None]["array-location"][0]
        passed = np.exp(-share[:, None] * depth[start:stop, None])
        return (200 + 20_000 * grain * passed).astype(np.uint16)

    chunks = ((1,) * VIEWS, (SIZE,), (SIZE,))
    views = da.map_blocks(made, chunks=chunks, dtype=np.uint16, meta=np.empty((0, 0, 0), np.uint16))
    flat = np.repeat((200 + 20_000 * grain)[None].astype(np.uint16), FLATS, axis=0)
    return Scan.from_arrays(
        [views] * energies,
        6500.0 + 10 * np.arange(energies),
        angles,
        flats=[flat] * energies,
        darks=[np.full((FLATS, SIZE, SIZE), 200, np.uint16)] * energies,
        pixel_size=1e3 * pixel_size(SIZE),
        exposure=1.0,
        flat_exposure=1.0,
    )


@pytest.fixture(scope="module")
def scans(tmp_path_factory):
    """Folders of the scans, FXI files on disk, by their number of energies; the short one is a part of the long one."""
    folder = tmp_path_factory.mktemp("scans")
    for energies in (FEW, MANY):
        (folder / str(energies)).mkdir()
    write_scan(counts(MANY), folder / str(MANY), format="fxi")
    for file in sorted((folder / str(MANY)).iterdir())[:FEW]:
        (folder / str(FEW) / file.name).hardlink_to(file)
    return folder


@pytest.mark.parametrize("route", ROUTES)
def test_peak_memory_is_that_of_two_volumes_whatever_the_number_of_energies(scans, tmp_path, route, table):
    if not Path("/proc/self/status").exists():
        pytest.skip("this system does not tell the peak memory of a process")
    peaks = {}
    for energies in (FEW, MANY):
        start = time.perf_counter()
        words = [sys.executable, "-c", PEAK + ROUTES[route], str(scans / str(energies)), str(tmp_path / str(energies))]
        told = subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()
        peaks[energies], seconds = int(told[-1]), (time.perf_counter() - start) / energies
        volumes = peaks[energies] / (4 * SIZE**3)
        table.append(f"| {route} | {energies} | {peaks[energies] / 2**20:.0f} | {volumes:.2f} | {seconds:.0f} |")
    assert max(peaks.values()) < LIMIT
    assert abs(peaks[MANY] - peaks[FEW]) < FLAT


@pytest.fixture(scope="module")
def table():
    """Rows of the table, printed and kept at the end."""
    rows = []
    yield rows
    lines = ["| " + " | ".join(HEADS) + " |", "|---|" + "---:|" * (len(HEADS) - 1), *rows]
    text = "\n".join(["; ".join(environment()) + ".", "", *lines, ""])
    print("\n" + text)
    if kept := os.environ.get("SPECTROTOMO_TABLES"):
        Path(kept).mkdir(parents=True, exist_ok=True)
        (Path(kept) / "reconstruction_memory.md").write_text(text, encoding="utf-8")
