"""A file that lies about itself is refused with a sentence, before memory is taken for what it declares, and at once."""

import contextlib
import gzip
import json
import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import h5py
import numpy as np
import pytest
import tifffile
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_spectrotomo.errors import ReadError
from napari_spectrotomo.io import read_references, read_scan, read_stack
from napari_spectrotomo.io.athena import read_athena
from napari_spectrotomo.io.names import natural
from napari_spectrotomo.io.spectrum_text import read_spectrum_text
from napari_spectrotomo.io.tiff.folder import angles_in_list
from napari_spectrotomo.io.xradia.images import read_xradia
from napari_spectrotomo.segment import load_labels, load_masks

ROOM = 500 * 2**20
"""Bytes that reading any of these files may take beyond what the program itself does."""
IMAGES = np.random.default_rng(6).integers(1, 4000, (3, 40, 48)).astype(np.uint16)


def hdf5(path: Path, **more) -> None:
    """An FXI file; of a field that is a dict nothing is written but what it declares."""
    with h5py.File(path, "w") as file:
        for name, value in ({"img_tomo": IMAGES, "angle": np.arange(3.0), "X_eng": 8.333} | more).items():
            if isinstance(value, dict):
                file.create_dataset(name, **value)
            else:
                file[name] = value


def declared(shape, kind, pieces=None) -> dict:
    """A dataset of which nothing is written."""
    return {"shape": shape, "dtype": kind, "chunks": pieces}


def energies_without_end(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["exchange/data"] = np.ones((20_000, 1, 1), np.uint8)
        file["exchange/energy"] = np.linspace(8.3, 8.4, 20_000)


def groups_in_a_circle(path: Path) -> None:
    with h5py.File(path, "w") as file:
        for k in range(300):
            file[f"g{k}"] = file["/"]


def link_to_a_pipe(path: Path) -> None:
    os.mkfifo(path.with_name("pipe.hdf"))
    hdf5(path, img_tomo=h5py.ExternalLink("pipe.hdf", "data"))


def pages(path: Path, count: int, last: int = 0) -> None:
    """Pages of no entries one after the other; `last` is where the last one says that the next is."""
    ends = [8 + 6 * (k + 1) for k in range(count - 1)] + [last]
    path.write_bytes(struct.pack("<2sHI", b"II", 42, 8) + b"".join(struct.pack("<HI", 0, end) for end in ends))


def packed_without_end(megabytes: int) -> bytes:
    """A zlib stream of so many MB of zeros, put together from one."""
    packer = zlib.compressobj(9)
    begin = packer.compress(b"") + packer.flush(zlib.Z_FULL_FLUSH)
    one = packer.compress(bytes(2**20)) + packer.flush(zlib.Z_FULL_FLUSH)
    return begin + one * megabytes


def tiff_bomb(path: Path) -> None:
    """An image of 1 MB whose one piece, longer than it, unpacks to some GB."""
    bomb = packed_without_end(4000)
    tags = [(256, 1024), (257, 1024), (258, 8), (259, 8), (262, 1), (273, 200), (277, 1), (278, 1024), (279, len(bomb))]
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    head = struct.pack("<2sHIH", b"II", 42, 8, len(tags)) + entries + struct.pack("<I", 0)
    path.write_bytes(head.ljust(200, b"\0") + bomb)


def far_page(path: Path) -> None:
    path.write_bytes(struct.pack("<2sHHHQ", b"II", 43, 8, 0, 2**64 - 9) + bytes(64))


def tiff_of_billions(path: Path) -> None:
    tifffile.imwrite(path, IMAGES[0], description="ImageJ=1.11a\nimages=1000000000\nslices=1000000000\n", metadata=None)


def compound(**header):
    """An Xradia file whose header holds other numbers: name of a field to its place, form and value."""
    fields = {
        "shift": (30, "<H"),
        "directory": (48, "<I"),
        "mini": (60, "<I"),
        "more": (68, "<I"),
        "cutoff": (56, "<I"),
    }

    def make(path: Path) -> None:
        content = bytearray(path.with_name("sound.txrm").read_bytes())
        for name, value in header.items():
            at, form = fields[name]
            struct.pack_into(form, content, at, value)
        path.write_bytes(content)

    return make


def chain_in_a_circle(path: Path) -> None:
    """Every sector's follower is itself, in a file that seems to be a terabyte long."""
    content = bytearray(path.with_name("sound.txrm").read_bytes())
    (table,) = struct.unpack_from("<I", content, 76)
    struct.pack_into("<128I", content, (table + 1) * 512, *range(128))
    path.write_bytes(content)
    os.truncate(path, 2**40)


def zarr_of(path: Path, shape, chunks, written: bool = True, **metadata) -> None:
    array = zarr.create_array(str(path), shape=shape, chunks=chunks, dtype=np.float32, compressors=None)
    if written:
        (path / "c").mkdir()
        (path / "c" / "stray").write_bytes(b"0")
    if metadata:
        file = path / "zarr.json"
        file.write_text(json.dumps(json.loads(file.read_text()) | metadata))
    assert array.shape == shape


def deep_json(path: Path) -> None:
    path.mkdir()
    (path / "zarr.json").write_text('{"a":' + "[" * 200_000)
    (path / "c").write_bytes(b"0")


GROUP = "@x = ({x});\n@y = ({x});\n[record]\n"
HOSTILE = {
    "a billion images never written": ("scan.h5", lambda p: hdf5(p, img_tomo=declared((10**9, 64, 64), "u2", (1, 64, 64)))),
    "a trillion angles": ("scan.h5", lambda p: hdf5(p, angle=declared((10**12,), "f8", (10**6,)))),
    "a trillion angles in one piece": ("scan.h5", lambda p: hdf5(p, angle=declared((10**12,), "f8"))),
    "a pixel size of half a GB of text": ("scan.h5", lambda p: hdf5(p, **{"Pixel Size": declared((1,), "S500000000")})),
    "an image in pieces of 3 GB": ("scan.h5", lambda p: hdf5(p, img_tomo=declared((3, 40000, 40000), "u2", (1, 40000, 40000)))),
    "twenty thousand energies": ("scan.h5", energies_without_end),
    "groups that hold one another": ("scan.h5", groups_in_a_circle),
    "a link to a pipe": ("scan.h5", link_to_a_pipe),
    "a million pages": ("many.tif", lambda p: pages(p, 1_000_000)),
    "pages in a circle": ("circle.tif", lambda p: pages(p, 4, 8)),
    "pixels that unpack without end": ("bomb.tif", tiff_bomb),
    "a page past the end of all files": ("far.tif", far_page),
    "a billion images in a description": ("described.tif", tiff_of_billions),
    "sectors of 2^60 bytes": ("bad.txrm", compound(shift=60)),
    "a directory that is not there": ("bad.txrm", compound(directory=2**31)),
    "a table of tables in a circle": ("bad.txrm", compound(more=0)),
    "another size of small streams": ("bad.txrm", compound(cutoff=2**31)),
    "a chain of sectors in a circle": ("bad.txrm", chain_in_a_circle),
    "a stack of 10^27 voxels": ("vast.zarr", lambda p: zarr_of(p, (3, 10**9, 10**9, 10**9), (1, 64, 64, 64))),
    "a stack of a billion energies": ("vast.zarr", lambda p: zarr_of(p, (10**9, 2, 2, 2), (1, 2, 2, 2))),
    "a stack of which nothing was written": ("vast.zarr", lambda p: zarr_of(p, (3, 900, 900, 900), (1, 9, 9, 9), written=False)),
    "a volume larger than memory": ("vast.zarr", lambda p: zarr_of(p, (3, 20_000, 20_000, 20_000), (1, 64, 64, 64))),
    "a codec that is not there": ("codec.zarr", lambda p: zarr_of(p, (3, 4, 4, 4), (1, 4, 4, 4), codecs=[{"name": "nobody"}])),
    "metadata of other kinds": ("kinds.zarr", lambda p: zarr_of(p, (3, 4, 4, 4), (1, 4, 4, 4), attributes={"spectrotomo": ["x"]})),
    "metadata nested without end": ("deep.zarr", deep_json),
    "a project that unpacks without end": ("bomb.prj", lambda p: p.write_bytes(gzip.compress(bytes(2**26 + 2**20), 1))),
    "a project nested without end": ("deep.prj", lambda p: p.write_bytes(b'{"a":' + b"[" * 10**6)),
    "quotes that never end": ("quotes.prj", lambda p: p.write_text(GROUP.format(x="'" + r"\'" * 10**6))),
    "lists that never end": ("lists.prj", lambda p: p.write_text("@x = (\n" * 10**6 + "[record]\n")),
    "ten million numbers": ("numbers.prj", lambda p: p.write_text(GROUP.format(x="1," * 10**7))),
    "a text of 17 MB": ("long.txt", lambda p: p.write_bytes(b"6530 1\n" * 2_500_000)),
    "a name of a million letters": ("name.csv", lambda p: p.write_text(f"energy_eV, {'a [' * 10**6}\n1,2\n2,3\n3,4\n")),
}  # fmt: skip
"""What a file declares or does, the name it has, and how it is made."""

READING = """
import json, resource, sys
from pathlib import Path
import dask.array, h5py, tifffile, zarr
import napari_spectrotomo as st
from napari_spectrotomo.io.stack import zarr as _

def everything(path):
    if path.suffix in (".prj", ".txt", ".csv"):
        return st.read_references(path)
    if path.suffix == ".zarr":
        return st.read_stack(path, energies=None if "billion" in str(path) else [8330, 8340, 8350]).data[0].compute()
    return [p.compute() for p in st.read_scan(path, energies=[8333.0] if path.suffix == ".tif" else None).projections]

said = {}
taken = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (taken + 8 * ROOM, taken + 8 * ROOM))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for path in map(Path, sys.argv[1:]):
    try:
        everything(path)
        said[str(path)] = ["nothing", "", 0]
    except Exception as error:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        said[str(path)] = [type(error).__name__, str(error), (peak - before) * 1024]
print(json.dumps(said))
""".replace("ROOM", str(ROOM))


@pytest.fixture(scope="module")
def said(tmp_path_factory, write_xradia_once):
    """What a process of its own, with little memory, says of each of the files; one that hangs is ended."""
    if not Path("/proc/self/statm").exists():
        pytest.skip("memory is measured on Linux only")
    folder, places = tmp_path_factory.mktemp("hostile"), {}
    for k, (what, (name, make)) in enumerate(HOSTILE.items()):
        own = folder / f"{k} {what.replace(' ', '_')}"
        own.mkdir()
        if name.endswith(".txrm"):
            write_xradia_once(own / "sound.txrm", IMAGES, [0.0, 1.0, 2.0])
        make(own / name)
        places[what] = own / name
    done = subprocess.run(
        [sys.executable, "-c", READING, *map(str, places.values())],
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    answers = json.loads(done.stdout.splitlines()[-1])
    return {what: answers[str(place)] for what, place in places.items()}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_file_that_declares_what_cannot_be_is_refused_without_taking_its_memory(said, what):
    kind, sentence, taken = said[what]
    assert kind in ("ReadError", "DataError"), (kind, sentence)
    assert HOSTILE[what][0].split(".")[0] in sentence
    assert len(sentence.splitlines()) == 1
    assert len(sentence) < 1500
    assert taken < ROOM


def test_a_sound_file_is_read_by_the_same_process(tmp_path):
    """Or what is refused above may be refused for another reason."""
    hdf5(tmp_path / "scan.h5")
    np.testing.assert_array_equal(np.asarray(read_scan(tmp_path / "scan.h5").projections[0]), IMAGES)
    tifffile.imwrite(tmp_path / "sound.tif", np.zeros((1500, 1500), np.uint8), compression="zlib", rowsperstrip=1500)
    assert read_scan(tmp_path / "sound.tif", energies=[8333.0]).projections[0].compute().shape == (1, 1500, 1500)


def test_a_file_of_a_larger_set_stands_for_its_own_pages(tmp_path):
    """OME-TIFF may name other files, anywhere; and what is not there would be zeros."""
    tifffile.imwrite(tmp_path / "secret.tif", IMAGES + 1, photometric="minisblack")
    others = "".join(
        f'<TiffData FirstZ="{z}" IFD="0" PlaneCount="1"><UUID FileName="{name}">urn:uuid:{z}</UUID></TiffData>'
        for z, name in enumerate(("own.tif", "../secret.tif", "gone.tif"))
    )
    ome = (
        '<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" UUID="urn:uuid:0"><Image ID="Image:0">'
        '<Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint16" SizeX="48" SizeY="40" SizeZ="3" SizeC="1" SizeT="1">'
        f"{others}</Pixels></Image></OME>"
    )
    (tmp_path / "in").mkdir()
    tifffile.imwrite(tmp_path / "in" / "own.tif", IMAGES[0], description=ome, metadata=None, photometric="minisblack")
    found = read_scan(tmp_path / "in" / "own.tif", energies=[8333.0]).projections[0].compute()
    np.testing.assert_array_equal(found, IMAGES[:1])


def test_masks_and_labels_of_another_shape_are_refused_before_their_pixels_are_unpacked(tmp_path):
    tiff_bomb(tmp_path / "bomb.tif")
    for load, shape in ((load_labels, (3, 4, 5)), (load_masks, (2, 3, 4, 5))):
        with pytest.raises(ReadError, match=r"bomb\.tif have shape \(1024, 1024\)"):
            load(tmp_path / "bomb.tif", shape)
    with pytest.raises(ReadError, match="unpacks to more than"):
        load_labels(tmp_path / "bomb.tif", (1, 1024, 1024))


@pytest.mark.parametrize("name", ["angles.txt", "eng_list.txt", "ScanInfo_1.txt"])
def test_a_pipe_or_a_folder_is_no_list(tmp_path, name):
    tifffile.imwrite(tmp_path / "a_8333eV.tif", IMAGES[0], photometric="minisblack")
    for make in (os.mkfifo, os.mkdir):
        make(tmp_path / name)
        if name.startswith("Scan"):
            assert len(read_scan(tmp_path, angles=[0.0])) == 1
        else:
            with pytest.raises(ReadError, match=f"{name} cannot be read: it is no file"):
                read_scan(tmp_path)
        (tmp_path / name).unlink() if make is os.mkfifo else (tmp_path / name).rmdir()


def test_names_in_a_run_s_lists_open_no_file(tmp_path, write_xradia):
    """What ScanInfo and the run script list is compared with the names that are here, and opened nowhere."""
    os.mkfifo(tmp_path / "pipe.xrm")
    (tmp_path / "run").mkdir()
    write_xradia(tmp_path / "run" / "a_8333.0_eV.xrm", IMAGES[:1], 12.0)
    (tmp_path / "run" / "ScanInfo_a.txt").write_text("TOMO 0\nENERGY 1.2.3\nFILES\n../pipe.xrm\na_8333.0_eV.xrm\n")
    (tmp_path / "run" / "script.txt").write_text("sete 8333\ncollect ../pipe.xrm\ncollect /etc/passwd\n")
    scan = read_scan(tmp_path / "run")
    assert scan.projections[0].shape == (1, 40, 48)
    assert any("lists 1 files that are not here" in doubt for doubt in scan.metadata["doubts"])


@pytest.mark.parametrize("path", ["a\0b", "~nobody-of-this-name/a", "x" * 5000])
def test_what_no_file_can_be_called_is_said(path):
    for read in (read_scan, read_stack, read_references):
        with pytest.raises(ReadError, match=r"null character|[Nn]o file|no such|cannot be looked at"):
            read(path)


def test_digits_that_are_none_sort_too():
    assert sorted(["5²", "5", "10"], key=natural) == ["5", "5²", "10"]


def refused_or_read(read, path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with contextlib.suppress(ReadError):
        read(path)


ODD = st.sampled_from(
    ["nan", "inf", "-1e999", "1e-400", "''", "undef", "'", "\\", ");", "@x = (", "[record]", "\0", "٣", "1_0"]
)


@settings(max_examples=60, derandomize=True)
@given(
    x=st.lists(st.floats() | ODD, max_size=5), y=st.lists(st.floats() | ODD, max_size=5), args=st.lists(ODD, max_size=6)
)
def test_no_athena_project_crashes(tmp_path_factory, x, y, args):
    lists = {"args": args, "x": x, "y": y}
    text = "".join(f"@{name} = ({','.join(map(str, values))});\n" for name, values in lists.items()) + "[record]\n"
    refused_or_read(read_athena, tmp_path_factory.getbasetemp() / "a.prj", text.encode("utf-8", "replace"))


NAMES = ["x", "y", "args", "label", "bkg_eshift"]
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**400), 10**400) | st.floats() | st.text(max_size=3),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.sampled_from(NAMES), inside, max_size=4),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=60, derandomize=True)
@given(groups=st.dictionaries(st.sampled_from(["a", "b", "_c"]), PLAIN, max_size=3))
def test_no_athena_project_in_json_crashes(tmp_path_factory, groups):
    refused_or_read(read_athena, tmp_path_factory.getbasetemp() / "a.prj", json.dumps(groups).encode())


HEADS = st.sampled_from(["energy_eV", "i0", "# Column.1: energy eV", '"'])


@settings(max_examples=100, derandomize=True)
@given(
    rows=st.lists(st.lists(st.floats() | ODD | HEADS, max_size=4), max_size=6),
    between=st.sampled_from([" ", ",", ";", "\t", ", "]),
)  # fmt: skip
def test_no_text_crashes_as_a_spectrum_or_a_list(tmp_path_factory, rows, between):
    content = "\n".join(between.join(map(str, row)) for row in rows).encode("utf-8", "replace")
    for read in (read_spectrum_text, angles_in_list):
        refused_or_read(read, tmp_path_factory.getbasetemp() / "a.txt", content)


@settings(max_examples=150, derandomize=True)
@given(
    damage=st.lists(
        st.tuples(st.integers(0, 4999), st.sampled_from([0, 1, 2, 127, 128, 254, 255])), min_size=1, max_size=12
    )
)
def test_no_damage_to_a_compound_file_crashes(tmp_path_factory, write_xradia_once, damage):
    sound = tmp_path_factory.getbasetemp() / "sound.txrm"
    if not sound.exists():
        write_xradia_once(sound, IMAGES, [0.0, 1.0, 2.0], MosiacRows=1, MosiacColumns=3)
    content = bytearray(sound.read_bytes())
    for at, value in damage:  # its first sectors, and its last ones, where the directory and the tables are
        content[at if at < 512 else -(at - 511)] = value
    refused_or_read(read_xradia, tmp_path_factory.getbasetemp() / "bad.txrm", content)
