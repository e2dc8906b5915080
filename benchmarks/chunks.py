"""Which chunks and shards suit `project.zarr`: written by energy, read by voxel, by slice and by slab of all energies.

    python benchmarks/chunks.py [--size 256] [--energies 8] [--output docs/benchmark]

Files come from the page cache, which is what a project on a beamline's disk is not: so the bytes that each way of reading
asks for (the system's account, ``rchar`` of /proc/self/io) are told beside its time. Noise is in the volumes, as float32 has it.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

import numpy as np
import zarr

from napari_spectrotomo.benchmark.machine import environment

HEADS = ("chunks", "shards", "files", "write an energy", "a voxel's spectrum", "a slice", "64 slices of all energies")


def choices(size):
    """Give (name, chunk, shard) of each choice; the first is that of the project."""
    slab = (min(64, size), size, size)
    return [
        ("64³", (64, 64, 64), slab),
        ("64³", (64, 64, 64), None),
        ("64³", (64, 64, 64), (size, size, size)),
        ("32³", (32, 32, 32), slab),
        ("128³", (128, 128, 128), (128, size, size)),
        ("64 slices", slab, None),
        ("a volume", (size, size, size), None),
    ]


def asked():
    """Bytes that this process has read so far, from the cache too."""
    lines = Path("/proc/self/io").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("rchar"))


def taken(work, rounds=3):
    """Least time in ms and the MB asked for."""
    times = []
    for _ in range(rounds):
        before, start = asked(), time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
        read = asked() - before
    return f"{1e3 * min(times):.0f} ms", f"{read / 1e6:.1f} MB"


def measured(folder, size, energies, chunk, shard, volume):
    array = zarr.create_array(
        folder,
        shape=(energies, size, size, size),
        dtype=np.float32,
        chunks=(1, *chunk),
        shards=None if shard is None else (1, *shard),
        fill_value=np.nan,
    )
    height = (shard or chunk)[0]

    def write(e):
        for top in range(0, size, height):
            array[e, top : top + height] = volume[top : top + height]

    start = time.perf_counter()
    for e in range(energies):
        write(e)
    seconds = (time.perf_counter() - start) / energies
    files = sum(len(names) for _, _, names in os.walk(folder)) / energies
    middle = size // 2
    voxel = taken(lambda: array[:, middle, middle, middle])
    plane = taken(lambda: array[0, middle])

    def slab():
        for e in range(energies):
            array[e, : min(64, size)]

    cells = [", ".join(one) for one in (voxel, plane, taken(slab, rounds=1))]
    return [f"{files:.0f} an energy", f"{1e3 * seconds:.0f} ms", *cells]


def main():
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--size", type=int, default=256)
    given.add_argument("--energies", type=int, default=8)
    given.add_argument("--output", type=Path, default=Path("docs/benchmark"))
    asked_for = given.parse_args()
    size, energies = asked_for.size, asked_for.energies
    volume = np.random.default_rng(0).normal(0.1, 0.02, (size, size, size)).astype(np.float32)
    rows = []
    for name, chunk, shard in choices(size):
        with tempfile.TemporaryDirectory() as folder:
            found = measured(Path(folder) / "a", size, energies, chunk, shard, volume)
        shards = "none" if shard is None else "a volume" if shard[0] == size else f"{shard[0]} slices"
        rows.append(f"| {name} | {shards} | " + " | ".join(found) + " |")
        print(rows[-1], flush=True)
    heads = ["| " + " | ".join(HEADS) + " |", "|" + "---|" * len(HEADS)]
    about = f"{energies} energies of {size}³ voxels; {'; '.join(environment())}."
    asked_for.output.mkdir(parents=True, exist_ok=True)
    (asked_for.output / "chunks.md").write_text("\n".join([about, "", *heads, *rows, ""]), encoding="utf-8")


if __name__ == "__main__":
    main()
