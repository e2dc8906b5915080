"""How registration grows from 64³ to 512³ voxels and from one thread to two, in seconds and memory; and its peers at 128³.

Memory is the peak of a process of its own beyond what it held before, the two masks included, in float32 volumes of that size.
`SPECTROTOMO_TABLES=DIR` keeps the table of growth, as it stands in docs, in DIR/registration_growth.md.
"""

import os
import subprocess
import sys
from pathlib import Path

import dask
import numpy as np
import pytest

from napari_spectrotomo import register_pair
from napari_spectrotomo.benchmark.machine import environment
from napari_spectrotomo.benchmark.registration import ENGINES, Phantom, motion, warp_seconds
from napari_spectrotomo.benchmark.registration.study import warm_up
from napari_spectrotomo.benchmark.registration.summary import PACKAGES

SIZES, THREADS, PEERS_AT = (64, 128, 256, 512), (1, 2), 128
HEADS = ("voxels", "threads", "seconds", "in warps", "memory (MB)", "in float32 volumes", "mean TRE (voxel)")
MEASURE = """
import sys
from pathlib import Path
import dask, numpy as np
from napari_spectrotomo import register_pair
from napari_spectrotomo.benchmark.registration.engines import ENGINES
from napari_spectrotomo.benchmark.registration.study import warm_up

def field(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name + ":"))

with dask.config.set(num_workers=int(sys.argv[2])):
    warm_up((ENGINES["ours"],))
    fixed, moving = (np.load(Path(sys.argv[1]) / name) for name in ("fixed.npy", "moving.npy"))
    Path("/proc/self/clear_refs").write_text("5")
    before = field("VmRSS")
    register_pair(fixed, moving)
    print(1024 * (field("VmHWM") - before))
"""


@pytest.fixture(scope="module")
def pair(request, tmp_path_factory):
    """Two masks of a size, their true transform, and where they lie on disk."""
    folder = tmp_path_factory.mktemp("pair")
    phantom = Phantom.draw(request.param, 1)
    truth = motion("rotation", request.param, np.random.default_rng(1))
    fixed, moving = phantom.mask(), phantom.mask(truth)
    np.save(folder / "fixed.npy", fixed)
    np.save(folder / "moving.npy", moving)
    return fixed, moving, truth, folder


@pytest.fixture(scope="module")
def warps():
    """Seconds of one trilinear warp by scipy, a size."""
    return {}


@pytest.fixture(scope="module")
def growth():
    """Rows of the table, printed and kept at the end."""
    rows = []
    yield rows
    lines = ["| " + " | ".join(HEADS) + " |", "|" + "---:|" * len(HEADS), *rows]
    text = "\n".join(["; ".join(environment(PACKAGES)) + ".", "", *lines, ""])
    print("\n" + text)
    if kept := os.environ.get("SPECTROTOMO_TABLES"):
        Path(kept).mkdir(parents=True, exist_ok=True)
        (Path(kept) / "registration_growth.md").write_text(text, encoding="utf-8")


def error(matrix, truth, mask):
    points = np.argwhere(mask)[::37]
    return float(np.linalg.norm(np.c_[points, np.ones(len(points))] @ (matrix - truth)[:3].T, axis=1).mean())


def peak_memory(folder, threads):
    """Bytes beyond what the process held before, the masks included; NaN where the system does not tell."""
    if not Path("/proc/self/clear_refs").exists():
        return np.nan
    words = [sys.executable, "-c", MEASURE, str(folder), str(threads)]
    return float(subprocess.run(words, capture_output=True, text=True, check=True).stdout)


@pytest.mark.benchmark(group="one registration")
@pytest.mark.parametrize("pair", SIZES, indirect=True, ids="{}".format)
@pytest.mark.parametrize("threads", THREADS)
def test_growth(benchmark, pair, warps, growth, threads):
    fixed, moving, truth, folder = pair
    size = len(fixed)
    if size not in warps:
        warps[size] = warp_seconds(size)
    warm_up((ENGINES["ours"],))
    with dask.config.set(num_workers=threads):
        found = benchmark.pedantic(register_pair, (fixed, moving), rounds=3 if size < 256 else 1)
    memory = peak_memory(folder, threads)
    numbers = {
        "seconds": benchmark.stats.stats.min if benchmark.enabled else np.nan,
        "memory": memory,
        "tre": error(found.matrix, truth, fixed),
    }
    benchmark.extra_info.update(numbers)
    growth.append(
        f"| {size}³ | {threads} | {numbers['seconds']:.3g} | {numbers['seconds'] / warps[size]:.2g} "
        f"| {memory / 1e6:.0f} | {memory / (4 * fixed.size):.2f} | {numbers['tre']:.3f} |"
    )


@pytest.mark.benchmark(group=f"one registration of {PEERS_AT}³ by each engine")
@pytest.mark.parametrize("pair", [PEERS_AT], indirect=True, ids="{}".format)
@pytest.mark.parametrize("engine", list(ENGINES.values()), ids=lambda engine: engine.name)
def test_engines(benchmark, pair, engine):
    if not engine.installed():
        pytest.skip(f"{engine.label} is not installed: pip install {engine.needs}")
    fixed, moving, truth, _ = pair
    warm_up((engine,))
    matrix, _ = benchmark.pedantic(engine.solve, (fixed, moving, None), rounds=1)
    benchmark.extra_info["tre"] = error(matrix, truth, fixed)
    assert benchmark.extra_info["tre"] < 1
