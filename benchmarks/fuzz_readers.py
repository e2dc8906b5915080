"""Coverage-guided fuzzing of what reads files from elsewhere: whatever the bytes, a result or a `SpectrotomoError`.

    pip install atheris
    python benchmarks/fuzz_readers.py TARGET [-max_total_time=60] [other options of libFuzzer]

TARGET is one of those below; inputs that crash are left in the working folder as ``crash-…``, to be made a test of
``tests/io/test_hostile_files.py``.
"""

import contextlib
import importlib.util
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import atheris
import numpy as np
import tifffile

with atheris.instrument_imports(include=["napari_spectrotomo"]):
    from napari_spectrotomo.errors import SpectrotomoError
    from napari_spectrotomo.io.athena import read_athena
    from napari_spectrotomo.io.found import Found
    from napari_spectrotomo.io.spectrum_text import read_spectrum_text
    from napari_spectrotomo.io.tiff.file import tiff_frames, tiff_voxel_size
    from napari_spectrotomo.io.tiff.folder import angles_in_list, energies_in_list
    from napari_spectrotomo.io.xradia.images import read_xradia
    from napari_spectrotomo.io.xradia.ssrl_run import run_in
    from napari_spectrotomo.register import load_registration
    from napari_spectrotomo.workflow.alignment import Alignment
    from napari_spectrotomo.workflow.recipe import Recipe
    from napari_spectrotomo.workflow.record import Record
    from napari_spectrotomo.workflow.standards import read_standards

HOME = Path(tempfile.mkdtemp(prefix="fuzz"))


def pixels(frames) -> None:
    if frames.count * np.prod(frames.shape) * frames.dtype.itemsize < 2**26:
        frames.load(0, frames.count)


def xradia(path: Path) -> None:
    for image in read_xradia(path):
        pixels(image.frames)


def tiff(path: Path) -> None:
    tiff_voxel_size(path)
    pixels(tiff_frames(path))


def lists(path: Path) -> None:
    for read in (angles_in_list, energies_in_list):
        with contextlib.suppress(SpectrotomoError):
            read(path)


def script(path: Path) -> None:
    run = run_in(path.parent)
    if run is not None:
        run.completed([], Found(False, ()))


def oxides(path: Path) -> None:
    read_standards(path)


def xradia_seeds() -> list[bytes]:
    spec = importlib.util.spec_from_file_location(
        "io_files", Path(__file__).parents[1] / "tests" / "io" / "conftest.py"
    )
    files = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(files)
    images = np.arange(2 * 48 * 48, dtype=np.uint16).reshape(2, 48, 48)
    return [
        files._write_xradia(HOME / "seed", images, [0.0, 1.0], **more).read_bytes()
        for more in ({}, {"MosiacRows": 1, "MosiacColumns": 2, "XPosition": [0.0, 1.4], "YPosition": [0.0, 0.0]})
    ]


def tiff_seeds() -> list[bytes]:
    found = []
    for options in ({}, {"compression": "zlib"}, {"imagej": True}, {"ome": True}, {"bigtiff": True}):
        tifffile.imwrite(HOME / "seed.tif", np.zeros((3, 8, 8), np.uint16), photometric="minisblack", **options)
        found.append((HOME / "seed.tif").read_bytes())
    return found


RECORD = b'{"source": "a", "kind": "scan", "stages": {}, "inputs": [], "versions": {}, "scan": {}}'
PERL = b"# Athena project file\n@args = ('label','foil','bkg_eshift',0.5);\n@x = (6530,6540,6550);\n@y = (0.1,0.5,1);\n[record]\n"
XDI = b"# XDI/1.0\n# Column.1: energy eV\n# Column.2: mutrans\n# ---\n6530 0.1\n6540 0.5\n6550 1\n"
RUN = (
    b"ScanInfo\nTOMO 1\nENERGY 1\nFILES\na_8333.0_eV_000of001.xrm\n\nsete 8333\nsetexp 2\nmoveto t 12\ncollect b.xrm\n"
)
TARGETS: dict[str, tuple[str, Callable[[Path], object], list[bytes]]] = {
    "athena": ("a.prj", read_athena, [PERL, json.dumps({"a": {"x": [1, 2, 3], "y": [1, 2, 3]}}).encode()]),
    "spectrum": ("a.txt", read_spectrum_text, [XDI, b"energy_eV, a, b\n1,2,3\n2,,3\n3,4,5\n", b"1,5;2\n2,5;3\n3,5;4\n"]),
    "lists": ("a.txt", lists, [b"0 6530\n1 6540\n", b"0\n60\n120\n"]),
    "script": ("ScanInfo_a.txt", script, [RUN]),
    "standards": ("a.txt", oxides, [b"# oxides\n6540.0, 2\n6545, 3\na.xdi : b, 4\n"]),
    "xradia": ("a.txrm", xradia, []),
    "tiff": ("a.tif", tiff, []),
    "recipe": ("a.yaml", Recipe.load, [b"binarize:\n  method: otsu\nregister: {fixed: -1}\nread: {angles: [1, 2]}\n"]),
    "registration": ("registration.json", load_registration, []),
    "record": ("run.json", Record.load, [RECORD]),
    "alignment": (
        "alignment.json",
        Alignment.load,
        [b'{"energies_eV": [6530.0], "centers": [3.5], "tilt_deg": 0.0, "shifts": [[[0, 1]]], "found": {"6530.0000": {}}}'],
    ),
}  # fmt: skip


def seeds_of(name: str) -> list[bytes]:
    """What fuzzing begins with."""
    if name == "registration":
        eye = np.eye(4).tolist()
        quality = {f"{k}_{s}": [0.1] for k in ("mse", "dice") for s in ("raw", "global", "registered")}
        content = {
            "convention": "fixed (z,y,x,1) -> moving, voxel index",
            "energies_eV": [1.0],
            "fixed_index": 0,
            "shape": [2, 2, 2],
        }
        content |= {
            "voxel_size_nm": [1.0, 1.0, 1.0],
            "matrices": [eye],
            "transform": "affine",
            "particles": {"1": [eye]},
            "labels": None,
        }
        return [json.dumps(content | quality | {"particles": p}).encode() for p in (None, {"1": [eye]})]
    return {"xradia": xradia_seeds, "tiff": tiff_seeds}.get(name, lambda: TARGETS[name][2])()


def main() -> None:
    """Fuzz one target."""
    name, *options = sys.argv[1:]
    file, read, _ = TARGETS[name]
    place = SimpleNamespace(path=HOME / "in" / file, corpus=HOME / "corpus")
    place.path.parent.mkdir()
    place.corpus.mkdir()
    for k, seed in enumerate(seeds_of(name)):
        (place.corpus / f"seed{k}").write_bytes(seed)

    def one(content: bytes) -> None:
        place.path.write_bytes(content)
        with contextlib.suppress(SpectrotomoError):
            read(place.path)

    limits = ["-timeout=20", "-rss_limit_mb=3000", "-max_len=40000"]
    atheris.Setup([sys.argv[0], *limits, *options, str(place.corpus)], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
